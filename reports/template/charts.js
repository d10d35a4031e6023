// The charts: percentile curves and the timeline.  Colours are read when a chart is drawn, so that a
// change of theme or the step onto paper needs a redraw only.

const CURVE_POINTS = 600;
const charts = new Set();
const POWERS_OF_TWO = Array.from({ length: 50 }, (_, i) => 2 ** i);

function paint(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function targetPaint(index) {
  return () => paint(`--t${index % 8}`);
}

function axis(options) {
  return {
    stroke: () => paint("--soft"),
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    grid: { stroke: () => paint("--grid"), width: 1 },
    ticks: { show: false },
    size: 28,
    ...options,
  };
}

// A chart that fills the width of its box.  Returns the uPlot.
function makeChart(box, options, data) {
  const width = () => Math.max(240, box.clientWidth);
  const chart = new uPlot({
    width: width(), padding: [12, 12, 0, 0], legend: { show: false }, ...options,
  }, data, box);
  charts.add(chart);
  new ResizeObserver(() => {
    if (chart.width !== width()) {
      chart.setSize({ width: width(), height: options.height });
    }
  }).observe(box);
  return chart;
}

function dropChart(chart) {
  charts.delete(chart);
  chart.destroy();
}

function redrawCharts() {
  for (const chart of charts) {
    const box = chart.root.parentElement;
    chart.setSize({ width: Math.max(240, box.clientWidth), height: chart.height });
    chart.redraw(false, true);
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawCharts);
matchMedia("print").addEventListener("change", redrawCharts);

// One line of a caption: what a line looks like, whose it is, what it reads.
function reading(index, text, dashed) {
  const value = el("span");
  const node = el("span", { class: `reading t${index % 8}` },
    el("span", { class: dashed ? "swatch dash" : "swatch" }), `${text}\u00a0`, value);
  return { node, say: (shown) => { value.textContent = shown; } };
}

// ---- what there is to draw ----

// Every time that was measured, as {id, group, label, of: trial -> histogram object or
// null, beyond: what became of events that rank above all values}.
function listMeasures(run) {
  const measures = new Map();
  const add = (id, group, label, of, beyond = "failed") => {
    if (!measures.has(id)) {
      measures.set(id, { id, group, label, of, beyond });
    }
  };
  const from = (kind, name, field) => (trial) =>
    trial[kind].find((one) => one.name === name)?.[field] ?? null;
  const trials = run.targets.flatMap((target) => target.trials);
  for (const { name } of trials.flatMap((trial) => trial.deliveries)) {
    add(`d ${name}`, `${name} (deliveries)`, "delivery time", from("deliveries", name, "delivery_time_ns"), "lost");
    add(`s ${name}`, `${name} (deliveries)`, "first to last receiver", from("deliveries", name, "spread_time_ns"));
  }
  const times = [["response_time_ns", "response time"], ["service_time_ns", "service time"],
    ["first_byte_time_ns", "time to first byte"], ["schedule_lag_ns", "schedule lag (generator)"],
    ["slot_wait_ns", "wait for a free connection"], ["failed_time_ns", "time to failure"]];
  for (const { name, setup } of trials.flatMap((trial) => trial.steps)) {
    for (const [field, label] of times) {
      add(`${field} ${name}`, setup ? `${name} (set-up)` : name, label, from("steps", name, field));
    }
  }
  for (const { name } of trials.flatMap((trial) => trial.users)) {
    add(`i ${name}`, `${name} (users)`, "whole iteration", from("users", name, "iteration_time_ns"));
    add(`c ${name}`, `${name} (users)`, "connecting", from("users", name, "connect_time_ns"));
  }
  const known = (measure) => trials.some((trial) => (measure.of(trial)?.count ?? 0) > 0);
  const rank = (measure) => (measure.group.endsWith("(set-up)") || measure.group.endsWith("(users)")
    ? 1 : 0);
  return [...measures.values()].filter(known).sort((a, b) => rank(a) - rank(b));
}

function measureSelect(measures, onchange) {
  const groups = new Map();
  for (const measure of measures) {
    const group = groups.get(measure.group) ?? el("optgroup", { label: measure.group });
    group.append(el("option", { value: measure.id }, `${measure.group}: ${measure.label}`));
    groups.set(measure.group, group);
  }
  return el("select", { onchange }, [...groups.values()]);
}

// ---- percentile curves ----

async function loadCurve(object) {
  const decoded = await decodeHistogram(object.histogram);
  return { ...decoded, above: object.above, max: object.max ?? 0 };
}

// [{target, index, all: merged, trials: [histogram...]}...]
async function loadCurves(run, measure) {
  return Promise.all(run.targets.map(async (target, index) => {
    const objects = target.trials.map(measure.of).filter((object) => object?.histogram);
    const trials = await Promise.all(objects.map(loadCurve));
    return { target, index, trials, all: { ...mergeHistograms(trials), beyond: measure.beyond } };
  }));
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
  const xs = Array.from({ length: CURVE_POINTS + 1 }, (_, i) => (end * i) / CURVE_POINTS);
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
    stroke: targetPaint(index), width: thin ? 1 : 2, alpha: thin ? 0.4 : 1, points: { show: false },
  }));
  return makeChart(box, {
    height: 340,
    scales: {
      x: { time: false, range: (chart, min, max) => [min, max] },
      y: logarithmic ? { distr: 3 } : { range: (chart, min, max) => [0, max > 0 ? max * 1.05 : 1] },
    },
    axes: [
      axis({ splits: tailTicks, values: (chart, ticks) => ticks.map(tailLabel), space: 48,
        label: "share of events that took at most this long", labelSize: 24 }),
      axis({ size: 68, values: (chart, ticks) => ticks.map((tick) => (tick === null ? "" : showTime(tick))) }),
    ],
    series: [{}, ...series],
    cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false } },
    hooks: { setCursor: [onmove] },
  }, [data.xs, ...data.lines.map(({ values }) => values)]);
}

const TABLE_TAILS = [["p50", 0.5], ["p90", 0.1], ["p95", 0.05], ["p99", 0.01], ["p99.9", 0.001],
  ["p99.99", 0.0001]];

// As everywhere: "-" if less than one event lies above, "~" below ten, "failed" or "lost" among those.
function shownQuantile(h, value, tail) {
  const above = (h.count + h.above) * tail;
  if (above < 1 - 1e-9) {
    return "-";
  }
  return value === null ? h.beyond ?? "failed" : (above < 10 - 1e-9 ? "~" : "") + showTime(value);
}

function curveTable(curves) {
  const tails = TABLE_TAILS.map(([, tail]) => tail);
  const columns = curves.map(({ all }) => quantilesOfTails(all, tails));
  const rows = TABLE_TAILS.map(([name, tail], row) =>
    [name, ...curves.map(({ all }, i) => shownQuantile(all, columns[i][row], tail))]);
  rows.push(["max of the successes", ...curves.map(({ all }) => showTime(all.max || null))]);
  rows.push(["succeeded", ...curves.map(({ all }) => showCount(all.count))]);
  rows.push([curves[0]?.all.beyond ?? "failed", ...curves.map(({ all }) => showCount(all.above))]);
  return table("Percentiles of all trials together", ["all trials together",
    ...curves.map(({ target, index }) => el("span", {}, key(index), target.name))], rows);
}

function curveReadings(curves, data) {
  const where = el("b");
  const readings = curves.map(({ target, index }) => reading(index, target.name));
  const whole = data.lines.filter(({ thin }) => !thin);
  const show = (at) => {
    where.textContent = `${tailLabel(data.xs[at])} took at most`;
    readings.forEach(({ say }, i) =>
      say(shownQuantile(curves[i].all, whole[i].values[at], data.tails[at])));
  };
  const p99 = data.xs.reduce((best, x, i) => (Math.abs(x - 2) < Math.abs(data.xs[best] - 2) ? i : best), 0);
  show(p99);
  return { node: el("figcaption", {}, where, readings.map(({ node }) => node)),
    move: (chart) => show(chart.cursor.idx ?? p99) };
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
    const box = el("div", { class: "chart", role: "img", id: "percentile-chart",
      "aria-label": `Percentile curves, ${measure.group}: ${measure.label}; figures in the table below` });
    if (chart) {
      dropChart(chart);
    }
    log.checked = keepScale ? log.checked : spansDecades(data);
    place.replaceChildren(el("figure", {}, readings.node, box), curveTable(curves));
    chart = curveChart(box, data, log.checked, readings.move);
  }
  const ready = measures.length > 0 ? draw(false) : Promise.resolve();
  return { ready, node: section("percentiles", "Percentiles",
    el("p", { class: "soft" }, "Made from every recorded value. A bold line is all trials of a target together, a thin one a single trial; a line ends where failures begin. Drag to zoom, double-click to zoom out."),
    el("div", { class: "controls" }, el("label", {}, "Time ", select),
      el("label", {}, log, "logarithmic time axis")), place) };
}

// ---- timeline ----

function warmupShade(chart) {
  const { left, top, width, height } = chart.bbox;
  const zero = Math.min(left + width, Math.max(left, chart.valToPos(0, "x", true)));
  if (zero > left) {
    chart.ctx.save();
    chart.ctx.fillStyle = paint("--warm");
    chart.ctx.fillRect(left, top, zero - left, height);
    chart.ctx.restore();
  }
}

// Trials of unequal length share one axis of seconds; what a target lacks is a gap.
function timelineAxis(rows) {
  return [...new Set(rows.flat().map((row) => row.at_s))].sort((a, b) => a - b);
}

function columnOf(xs, rows, value) {
  const at = new Map(rows.map((row) => [row.at_s, value(row)]));
  return xs.map((x) => at.get(x) ?? null);
}

const per = (count) => (row) => (row.length_s > 0 ? row[count] / row.length_s : null);

// The panels: title, how values read, and the lines, each [suffix, dashed, row -> value].
function timelinePanels(view) {
  const [kind, i] = [view.measure.kind, view.measure.index];
  const time = (p) => (row) => row[kind]?.[i]?.[view.measure.field]?.[p] ?? null;
  return [
    ["Rate of iterations", showRate, [["offered", true, per("scheduled")], ["achieved", false, per("completed")]]],
    [view.measure.label, showTime, [["p50", true, time("p50")], ["p99", false, time("p99")]]],
    ["Failed", showRate, [["", false, per("failed")]]],
    ["In flight at the end of each second", showCount, [["", false, (row) => row.in_flight]]],
    ["Server CPU", showCores, [["", false, (row) => row.server_cpu_cores]]],
    ["Server memory (RSS)", showBytes, [["", false, (row) => row.server_rss_bytes]]],
    ["Generator CPU", showCores, [["", false, (row) => row.generator_cpu_cores]]],
  ];
}

function panelChart(panel, xs, columns, linked) {
  const [title, show, lines] = panel;
  const captions = [];
  const series = [];
  const data = [xs];
  columns.forEach(({ target, rows, index }) => lines.forEach(([suffix, dashed, value]) => {
    data.push(columnOf(xs, rows, value));
    captions.push(reading(index, `${target.name} ${suffix}`.trim(), dashed));
    series.push({ stroke: targetPaint(index), width: dashed ? 1.2 : 1.8, dash: dashed ? [5, 4] : [],
      points: { show: xs.length < 3 } });
  }));
  if (data.slice(1).every((column) => column.every((value) => value === null))) {
    return null;
  }
  if (title === "Failed" && data.slice(1).every((column) => column.every((value) => !value))) {
    return { node: el("p", { class: "soft note" }, "Failed: nothing, in any second of this trial."), mount() {} };
  }
  const second = el("span", { class: "soft" });
  const move = (chart) => {
    const at = chart.cursor.idx;
    second.textContent = isNumber(at) ? `at ${xs[at]} s` : "";
    captions.forEach(({ say }, i) => say(isNumber(at) ? show(data[i + 1][at]) : ""));
  };
  const box = el("div", { class: "chart", role: "img", "aria-label": `${title} over time` });
  const node = el("figure", {}, el("figcaption", {}, el("b", {}, title), second,
    captions.map((caption) => caption.node)), box);
  const mount = () => linked.add(makeChart(box, {
    height: 170,
    scales: { x: { time: false, range: (chart, min, max) => [min, max] },
      y: { range: (chart, min, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [axis({ size: 32, gap: 8, values: (chart, ticks) => ticks.map((tick) => `${Number(tick.toFixed(3))} s`) }),
      axis({ size: 68, space: 34, values: (chart, ticks) => ticks.map((tick) => show(tick)),
        ...(show === showBytes ? { incrs: POWERS_OF_TWO } : {}) })],
    series: [{}, ...series],
    cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false },
      sync: { key: "timeline", setSeries: false,
        filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } } },
    hooks: { setCursor: [move], drawClear: [warmupShade], setScale: [linked.scaled] },
  }, data));
  return { node, mount };
}

// Charts that zoom together, by mouse or by the two fields.
function linkedZoom(onrange) {
  const members = new Set();
  let busy = false;
  const zoom = (min, max) => {
    busy = true;
    members.forEach((chart) => chart.setScale("x", { min, max }));
    busy = false;
    onrange(min, max);
  };
  return {
    add: (chart) => members.add(chart),
    clear() {
      members.forEach(dropChart);
      members.clear();
    },
    scaled(chart, scale) {
      if (scale === "x" && !busy && members.has(chart)) {
        const { min, max } = chart.scales.x;
        queueMicrotask(() => zoom(min, max));
      }
    },
    zoom,
  };
}

function timelineMeasures(run) {
  const trial = run.targets.flatMap((target) => target.trials).find(({ timeline }) => timeline.length > 0);
  if (!trial) {
    return [];
  }
  const deliveries = trial.deliveries.map(({ name }, index) => ({ id: `deliveries ${index}`,
    kind: "deliveries", index, field: "delivery_time_ns", group: name, label: `${name}: delivery time` }));
  const steps = trial.steps.map(({ name, setup }, index) => ({ id: `steps ${index}`, kind: "steps",
    index, field: "response_time_ns", group: name, label: `${name}: response time`, setup }));
  return [...deliveries, ...steps.filter(({ setup }) => !setup)];
}

function timelineSection(run) {
  const measures = timelineMeasures(run);
  if (measures.length === 0) {
    return { ready: Promise.resolve(), node: null };
  }
  const most = Math.max(...run.targets.map(({ trials }) => trials.length));
  const trial = el("select", { onchange: draw }, Array.from({ length: most }, (_, i) =>
    el("option", { value: i }, `${i + 1} of ${most}`)));
  const measure = el("select", { onchange: draw }, measures.map(({ id, label }) =>
    el("option", { value: id }, label)));
  const from = el("input", { type: "number", step: "any", onchange: typed });
  const to = el("input", { type: "number", step: "any", onchange: typed });
  const place = el("div", { id: "timeline-charts" });
  const linked = linkedZoom((min, max) => {
    from.value = Number(min.toFixed(2));
    to.value = Number(max.toFixed(2));
  });
  let whole = [0, 1];
  function typed() {
    const [min, max] = [from.valueAsNumber, to.valueAsNumber];
    if (max > min) {
      linked.zoom(min, max);
    }
  }
  function draw() {
    const columns = run.targets.map((target, index) =>
      ({ target, index, rows: target.trials[trial.value]?.timeline ?? [] }));
    const xs = timelineAxis(columns.map(({ rows }) => rows));
    const view = { measure: measures.find(({ id }) => id === measure.value) };
    linked.clear();
    const panels = timelinePanels(view).map((panel) => panelChart(panel, xs, columns, linked))
      .filter((panel) => panel !== null);
    place.replaceChildren(...panels.map(({ node }) => node));
    panels.forEach(({ mount }) => mount());
    whole = xs.length > 0 ? [xs[0], xs[xs.length - 1]] : [0, 1];
    linked.zoom(...whole);
  }
  const node = section("timeline", "Timeline",
    el("p", { class: "soft" }, "Seconds count from the start of the measured window; the shaded part before it is warm-up and counts nowhere. Drag over any chart to zoom all of them."),
    el("div", { class: "controls" },
      most > 1 ? el("label", {}, "Trial ", trial) : null, el("label", {}, "Time ", measure),
      el("label", {}, "From ", from, " s"), el("label", {}, "to ", to, " s"),
      el("button", { type: "button", onclick: () => linked.zoom(...whole) }, "Whole trial")), place);
  return { node, mount: draw };
}
