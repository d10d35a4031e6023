// Unpacks the timelines: loadgen/report/series.h says how they are packed.

const BASE_COLUMNS = [
  ["at_s", 1e-3],
  ["length_s", 1e-3],
  ["scheduled", 1],
  ["completed", 1],
  ["failed", 1],
  ["in_flight", 1],
  ["generator_cpu_cores", 1e-4],
  ["server_cpu_cores", 1e-4],
  ["server_rss_bytes", 1024],
];
const STEP_COLUMNS = [["completed", 1], ["failed", 1], ["p50"], ["p99"]];
const DELIVERIES_COLUMNS = [["received", 1], ["p50"], ["p99"]];
const STREAM_COLUMNS = [["events", 1], ["bytes", 1], ["p50"], ["p99"]];
const SERIES_SLOT = 2; // 0: no time, 1: among the failures

// Whole numbers: ZigZag LEB128, each the difference to the one before it in its column.
function readColumns(bytes, columns, rows) {
  const result = {};
  let at = 0;
  for (const [name, unit] of columns) {
    const values = new Array(rows);
    let last = 0;
    for (let row = 0; row < rows; row++) {
      let zigzag = 0;
      let scale = 1;
      let byte;
      do {
        byte = bytes[at++];
        zigzag += (byte & 127) * scale;
        scale *= 128;
      } while (byte >= 128);
      last += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      values[row] = unit ? known(last, unit, name) : timeOfSlot(last);
    }
    result[name] = values;
  }
  return result;
}

function known(value, unit, name) {
  return value === -1 && name !== "at_s" ? null : value * unit;
}

function timeOfSlot(packed) {
  return packed < SERIES_SLOT ? null : slotHigh(packed - SERIES_SLOT);
}

// {rows, base(), steps(i), deliveries(i), streams(i)}: promises of columns, each unpacked once.
function trialSeries({ rows, base, steps, deliveries, streams }) {
  const cache = new Map();
  const unpack = (pack, columns) => {
    if (!cache.has(pack)) {
      cache.set(
        pack,
        inflate(bytesOfBase64(pack)).then((bytes) => readColumns(bytes, columns, rows)),
      );
    }
    return cache.get(pack);
  };
  const from = (packs, columns) => (i) =>
    i in packs ? unpack(packs[i], columns) : Promise.resolve({});
  return {
    rows,
    base: () => unpack(base, BASE_COLUMNS),
    steps: from(steps, STEP_COLUMNS),
    deliveries: from(deliveries, DELIVERIES_COLUMNS),
    streams: from(streams, STREAM_COLUMNS),
  };
}

// Per target, per trial.
function loadSeries() {
  return JSON.parse(document.getElementById("series").textContent).map((trials) =>
    trials.map(trialSeries),
  );
}
