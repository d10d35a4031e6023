// Percentile curves, made from every recorded value.

const CURVE_POINTS = 600;

async function loadCurve(object) {
  const decoded = await decodeHistogram(object.histogram);
  return { ...decoded, above: object.above, max: object.max ?? 0 };
}

// [{target, index, all: merged, trials: [histogram...]}...]
async function loadCurves(run, measure) {
  return Promise.all(
    run.targets.map(async (target, index) => {
      const objects = target.trials.map(measure.of).filter((object) => object?.histogram);
      const trials = await Promise.all(objects.map(loadCurve));
      return { target, index, trials, all: { ...mergeHistograms(trials), beyond: measure.beyond } };
    }),
  );
}

function tailLabel(tails) {
  return `${Number((100 * (1 - 10 ** -tails)).toFixed(Math.max(0, Math.ceil(tails) - 1)))} %`;
}

// Between the round percentiles there is room on a wide chart only for 50 %.
function tailTicks(chart, axisIndex, from, to) {
  const ticks = chart.width < 640 ? [] : [Math.log10(2)];
  for (let i = 0; i <= to + 1e-9; i++) {
    ticks.push(i);
  }
  return ticks.filter((tick) => tick >= from - 1e-9).sort((a, b) => a - b);
}

function curveData(curves) {
  const most = Math.max(10, ...curves.map(({ all }) => all.count + all.above));
  const end = Math.log10(most);
  const even = Array.from({ length: CURVE_POINTS + 1 }, (_, i) => (end * i) / CURVE_POINTS);
  // So that a curve is read exactly where the axis has a label.
  const round = [Math.log10(2), 1, 2, 3, 4, 5, 6].filter((x) => x < end);
  const xs = [...new Set([...even, ...round])].sort((a, b) => a - b);
  const tails = xs.map((x) => 10 ** -x);
  const lines = [];
  for (const { index, all, trials } of curves) {
    for (const trial of trials.length > 1 ? trials : []) {
      lines.push({ index, thin: true, values: quantilesOfTails(trial, tails) });
    }
    lines.push({ index, thin: false, values: quantilesOfTails(all, tails) });
  }
  return { xs, tails, lines };
}

function curveChart(box, data, logarithmic, onmove) {
  const series = data.lines.map(({ index, thin }) => ({
    stroke: targetPaint(index),
    width: thin ? 1 : 2,
    alpha: thin ? 0.4 : 1,
    points: { show: false },
  }));
  return makeChart(
    box,
    {
      height: 340,
      scales: {
        x: { time: false, range: (chart, min, max) => [min, max] },
        y:
          logarithmic && spansAny(data)
            ? { distr: 3 }
            : { range: (chart, min, max) => [0, max > 0 ? max * 1.05 : 1] },
      },
      axes: [
        axis({
          splits: tailTicks,
          values: (chart, ticks) => ticks.map(tailLabel),
          space: 48,
          label: "share of events that took at most this long",
          labelSize: 24,
        }),
        axis({
          size: 68,
          values: (chart, ticks) => ticks.map((tick) => (tick === null ? "" : showTime(tick))),
        }),
      ],
      series: [{}, ...series],
      cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false } },
      hooks: { setCursor: [onmove] },
    },
    [
      data.xs,
      ...data.lines.map(({ values }) =>
        logarithmic ? values.map((value) => (value > 0 ? value : null)) : values,
      ),
    ],
  );
}

const TABLE_TAILS = [
  ["p50", 0.5],
  ["p90", 0.1],
  ["p95", 0.05],
  ["p99", 0.01],
  ["p99.9", 0.001],
  ["p99.99", 0.0001],
];

// As everywhere: "-" if less than one event lies above, "~" below ten, "failed" or "lost" among
// those that are.
function shownQuantile(h, value, tail) {
  const above = (h.count + h.above) * tail;
  if (above < 1 - 1e-9) {
    return "-";
  }
  return value === null ? (h.beyond ?? "failed") : (above < 10 - 1e-9 ? "~" : "") + showTime(value);
}

function curveTable(curves) {
  const tails = TABLE_TAILS.map(([, tail]) => tail);
  const columns = curves.map(({ all }) => quantilesOfTails(all, tails));
  const rows = TABLE_TAILS.map(([name, tail], row) => [
    name,
    ...curves.map(({ all }, i) => shownQuantile(all, columns[i][row], tail)),
  ]);
  rows.push(["max of the successes", ...curves.map(({ all }) => showTime(all.max || null))]);
  rows.push(["succeeded", ...curves.map(({ all }) => showCount(all.count))]);
  rows.push([curves[0]?.all.beyond ?? "failed", ...curves.map(({ all }) => showCount(all.above))]);
  return table(
    "Percentiles of all trials together",
    [
      "all trials together",
      ...curves.map(({ target, index }) => el("span", {}, key(index), target.name)),
    ],
    rows,
  );
}

function curveReadings(curves, data) {
  const where = el("b");
  const readings = curves.map(({ target, index }) => reading(index, target.name));
  const whole = data.lines.filter(({ thin }) => !thin);
  const show = (at) => {
    where.textContent = `${tailLabel(data.xs[at])} took at most`;
    readings.forEach(({ say }, i) =>
      say(shownQuantile(curves[i].all, whole[i].values[at], data.tails[at])),
    );
  };
  const p99 = data.xs.reduce(
    (best, x, i) => (Math.abs(x - 2) < Math.abs(data.xs[best] - 2) ? i : best),
    0,
  );
  show(p99);
  return {
    node: el(
      "figcaption",
      {},
      where,
      readings.map(({ node }) => node),
    ),
    move: (chart) => show(chart.cursor.idx ?? p99),
  };
}

function spansAny(data) {
  return data.lines.some((line) => line.values.some((value) => value > 0));
}

// A tail that spans more than two decades hides everything else on a linear axis.
function spansDecades(data) {
  const values = data.lines.flatMap((line) => line.values).filter((value) => value > 0);
  return values.length > 0 && Math.max(...values) > 60 * Math.min(...values);
}

function percentileSection(run) {
  const measures = listMeasures(run);
  const place = el("div");
  const log = el("input", { type: "checkbox", onchange: () => draw(true) });
  const select = measureSelect(measures, () => draw(false));
  let chart = null;
  let shape = null;
  let turn = 0;
  async function draw(keepScale) {
    const mine = ++turn;
    const measure = measures.find(({ id }) => id === select.value);
    const curves = await loadCurves(run, measure);
    if (mine !== turn) {
      return; // another choice was made meanwhile
    }
    const data = curveData(curves);
    const readings = curveReadings(curves, data);
    const box = el("div", {
      class: "chart",
      role: "img",
      id: "percentile-chart",
      "aria-label":
        `Percentile curves, ${measure.group}: ${measure.label}; ` + "figures in the table below",
    });
    [chart, shape].filter((old) => old).forEach(dropChart);
    log.checked = keepScale ? log.checked : spansDecades(data);
    const distribution = distributionFigure(curves, measure);
    place.replaceChildren(
      el("figure", {}, readings.node, box),
      curveTable(curves),
      ...[distribution?.node].filter((node) => node),
    );
    chart = curveChart(box, data, log.checked, readings.move);
    shape = distribution?.mount();
  }
  const ready = measures.length > 0 ? draw(false) : Promise.resolve();
  return {
    ready,
    node: section(
      "percentiles",
      "Percentiles",
      el(
        "p",
        { class: "soft" },
        "Made from every recorded value. A bold line is all trials of a target together, a thin ",
        "one a single trial; a line ends where failures begin. Drag to zoom, double-click to ",
        "zoom out.",
      ),
      el(
        "div",
        { class: "controls" },
        el("label", {}, "Time ", select),
        el("label", {}, log, "logarithmic time axis"),
      ),
      place,
    ),
  };
}
