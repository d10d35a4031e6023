// What all charts share.  Colours are read when a chart is drawn, so that a change of theme or the
// step onto paper needs a redraw only.

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
  const chart = new uPlot(
    {
      width: width(),
      padding: [12, 12, 0, 0],
      legend: { show: false },
      ...options,
    },
    data,
    box,
  );
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

// A part of a caption: whose line it is, what it reads.
function reading(index, text) {
  const value = el("span");
  const node = el(
    "span",
    { class: `reading t${index % 8}` },
    el("span", { class: "swatch" }),
    `${text}\u00a0`,
    value,
  );
  return {
    node,
    say: (shown) => {
      value.textContent = shown;
    },
  };
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
    add(
      `d ${name}`,
      `${name} (deliveries)`,
      "delivery time",
      from("deliveries", name, "delivery_time_ns"),
      "lost",
    );
    add(
      `s ${name}`,
      `${name} (deliveries)`,
      "first to last receiver",
      from("deliveries", name, "spread_time_ns"),
    );
  }
  const ofStreams = [
    ["gap_time_ns", "gap between events"],
    ["first_event_time_ns", "first event"],
    ["reconnect_time_ns", "reconnection"],
    ["pause_time_ns", "longest pause of a download"],
  ];
  for (const { name } of trials.flatMap((trial) => trial.streams)) {
    for (const [field, label] of ofStreams) {
      add(`${field} ${name}`, `${name} (stream)`, label, from("streams", name, field));
    }
  }
  const times = [
    ["response_time_ns", "response time"],
    ["service_time_ns", "service time"],
    ["first_byte_time_ns", "time to first byte"],
    ["schedule_lag_ns", "schedule lag (generator)"],
    ["slot_wait_ns", "wait for a free connection"],
    ["failed_time_ns", "time to failure"],
  ];
  for (const { name, setup } of trials.flatMap((trial) => trial.steps)) {
    for (const [field, label] of times) {
      add(`${field} ${name}`, setup ? `${name} (set-up)` : name, label, from("steps", name, field));
    }
  }
  for (const { name } of trials.flatMap((trial) => trial.users)) {
    add(
      `i ${name}`,
      `${name} (users)`,
      "whole iteration",
      from("users", name, "iteration_time_ns"),
    );
    add(`c ${name}`, `${name} (users)`, "connecting", from("users", name, "connect_time_ns"));
  }
  const known = (measure) => trials.some((trial) => (measure.of(trial)?.count ?? 0) > 0);
  const rank = (measure) =>
    measure.group.endsWith("(set-up)") || measure.group.endsWith("(users)") ? 1 : 0;
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
