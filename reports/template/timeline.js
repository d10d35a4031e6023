// The timeline: what happened in each second, on charts that zoom together.

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
function timelineAxis(columns) {
  return [...new Set(columns.flatMap(({ base }) => base.at_s))].sort((a, b) => a - b);
}

function onAxis(xs, at, values) {
  if (!values) {
    return xs.map(() => null);
  }
  if (at.length === xs.length) {
    return values; // every target has all seconds, as a rule
  }
  const index = new Map(at.map((x, i) => [x, i]));
  return xs.map((x) => values[index.get(x)] ?? null);
}

// A long run has more seconds than a chart has room for: some stand in for each other then.  Counts
// add up, memory and times show the worst of them, in flight the last, CPU the mean.
const POINTS = 900;
const sumOf = (values) => values.reduce((total, value) => total + value, 0);
const knownOf = (values) => values.filter(isNumber);
const worstOf = (values) => {
  const known = knownOf(values);
  return known.length > 0 ? Math.max(...known) : null;
};
const meanOf = (values) => {
  const known = knownOf(values);
  return known.length > 0 ? sumOf(known) / known.length : null;
};
const FOLDS = {
  at_s: (values) => values[0],
  length_s: sumOf,
  scheduled: sumOf,
  completed: sumOf,
  failed: sumOf,
  in_flight: (values) => values[values.length - 1],
  generator_cpu_cores: meanOf,
  server_cpu_cores: meanOf,
  server_rss_bytes: worstOf,
  p50: worstOf,
  p99: worstOf,
};

function folded(columns, width) {
  const fold = (named) =>
    Object.fromEntries(
      Object.entries(named)
        .filter(([name]) => name in FOLDS)
        .map(([name, values]) => [
          name,
          Array.from({ length: Math.ceil(values.length / width) }, (_, i) =>
            FOLDS[name](values.slice(i * width, (i + 1) * width)),
          ),
        ]),
    );
  return width === 1
    ? columns
    : columns.map((column) => ({
        ...column,
        base: fold(column.base),
        measured: fold(column.measured),
      }));
}

const per =
  (count) =>
  ({ base }) =>
    base[count].map((value, i) => (base.length_s[i] > 0 ? value / base.length_s[i] : null));
const plain =
  (name) =>
  ({ base }) =>
    base[name];
const time =
  (p) =>
  ({ measured }) =>
    measured[p];

// The panels: title, how values read, and the lines, each [suffix, dashed, column -> values].
function timelinePanels(view) {
  return [
    [
      "Rate of iterations",
      showRate,
      [
        ["offered", true, per("scheduled")],
        ["achieved", false, per("completed")],
      ],
    ],
    [
      view.measure.label,
      showTime,
      [
        ["p50", true, time("p50")],
        ["p99", false, time("p99")],
      ],
    ],
    ["Failed", showRate, [["", false, per("failed")]]],
    ["In flight at the end of each second", showCount, [["", false, plain("in_flight")]]],
    ["Server CPU", showCores, [["", false, plain("server_cpu_cores")]]],
    ["Server memory (RSS)", showBytes, [["", false, plain("server_rss_bytes")]]],
    ["Generator CPU", showCores, [["", false, plain("generator_cpu_cores")]]],
  ];
}

// What happened once: [{at, index, text}...] in the order of time.
function timelineEvents(run, trialIndex, columns) {
  const events = [];
  run.targets.forEach((target, index) => {
    const trial = target.trials[trialIndex];
    if (!trial) {
      return;
    }
    const { at_s, length_s } = columns[index].base;
    const end = at_s.length > 0 ? at_s[at_s.length - 1] + length_s[length_s.length - 1] : 0;
    if (trial.server.ended) {
      const text = trial.server.ended.split("\n")[0];
      events.push({ at: end, index, text: `${target.name} died: ${text}` });
    } else if (trial.interrupted) {
      events.push({ at: end, index, text: `${target.name}: the trial was interrupted` });
    }
    for (const step of trial.steps.filter(({ setup }) => !setup)) {
      for (const error of step.error_rows) {
        const what = error.code ? `${error.class} ${error.code}` : error.class;
        events.push({
          at: error.first_at_s,
          index,
          text: `${target.name}, ${step.name}: first of ${showCount(error.count)} ${what}`,
        });
      }
    }
  });
  return events.sort((a, b) => a.at - b.at);
}

function eventMarks(events) {
  return (chart) => {
    const { left, top, width, height } = chart.bbox;
    chart.ctx.save();
    chart.ctx.lineWidth = devicePixelRatio;
    chart.ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const { at, index } of events) {
      const x = chart.valToPos(at, "x", true);
      if (x >= left && x <= left + width) {
        chart.ctx.strokeStyle = targetPaint(index)();
        chart.ctx.beginPath();
        chart.ctx.moveTo(x, top);
        chart.ctx.lineTo(x, top + height);
        chart.ctx.stroke();
      }
    }
    chart.ctx.restore();
  };
}

const EVENTS_SHOWN = 12;

function eventList(events) {
  if (events.length === 0) {
    return null;
  }
  const line = ({ at, index, text }) =>
    el("li", {}, key(index), `${Number(at.toFixed(3))} s: ${text}`);
  return el(
    "div",
    { class: "note" },
    el("h3", {}, "Events"),
    el("ul", { class: "events" }, events.slice(0, EVENTS_SHOWN).map(line)),
    events.length > EVENTS_SHOWN
      ? el("p", { class: "soft" }, `and ${events.length - EVENTS_SHOWN} more: see the errors.`)
      : null,
  );
}

function panelData([, , lines], columns) {
  const xs = timelineAxis(columns);
  const ofColumn = (column) =>
    lines.map(([, , values]) => onAxis(xs, column.base.at_s, values(column)));
  return [xs, ...columns.flatMap(ofColumn)];
}

function panelSeries([, , lines], columns, few) {
  return columns.flatMap(({ index }) =>
    lines.map(([, dashed]) => ({
      stroke: targetPaint(index),
      width: dashed ? 1.2 : 1.8,
      dash: dashed ? [5, 4] : [],
      points: { show: few },
    })),
  );
}

function panelChart(panel, columns, linked, marks) {
  const [title, show, lines] = panel;
  const captions = columns.map(({ target, index }) => reading(index, target.name));
  let data = panelData(panel, columns);
  const series = panelSeries(panel, columns, data[0].length < 3);
  if (data.slice(1).every((column) => column.every((value) => !isNumber(value)))) {
    return null;
  }
  if (title === "Failed" && data.slice(1).every((column) => column.every((value) => !value))) {
    return {
      node: el("p", { class: "soft note" }, "Failed: nothing, in any second of this trial."),
      mount() {},
      update() {},
    };
  }
  const second = el("span", { class: "soft" });
  const legend =
    lines.length === 1
      ? null
      : el(
          "span",
          { class: "soft" },
          lines.map(([suffix, dashed]) => `${suffix} ${dashed ? "dashed" : "solid"}`).join(", "),
        );
  const move = (chart) => {
    const at = chart.cursor.idx;
    second.textContent = isNumber(at) ? `at ${data[0][at]} s` : "";
    captions.forEach(({ say }, i) =>
      say(
        !isNumber(at)
          ? ""
          : lines.map((_, line) => show(data[1 + i * lines.length + line][at])).join(", "),
      ),
    );
  };
  const box = el("div", { class: "chart", role: "img", "aria-label": `${title} over time` });
  const node = el(
    "figure",
    {},
    el(
      "figcaption",
      {},
      el("b", {}, title),
      legend,
      second,
      captions.map((caption) => caption.node),
    ),
    box,
  );
  let chart = null;
  const mount = () => {
    chart = linked.add(
      makeChart(
        box,
        {
          height: 170,
          scales: {
            x: { time: false, range: (chart, min, max) => [min, max] },
            y: { range: (chart, min, max) => [0, max > 0 ? max * 1.08 : 1] },
          },
          axes: [
            axis({
              size: 32,
              gap: 8,
              values: (chart, ticks) => ticks.map((tick) => `${Number(tick.toFixed(3))} s`),
            }),
            axis({
              size: 68,
              space: 34,
              values: (chart, ticks) => ticks.map((tick) => show(tick)),
              ...(show === showBytes ? { incrs: POWERS_OF_TWO } : {}),
            }),
          ],
          series: [{}, ...series],
          cursor: {
            y: false,
            points: { size: 6 },
            drag: { x: true, y: false },
            sync: {
              key: "timeline",
              setSeries: false,
              filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
            },
          },
          hooks: {
            setCursor: [move],
            drawClear: [warmupShade],
            draw: [marks],
            setScale: [linked.scaled],
          },
        },
        data,
      ),
    );
  };
  const update = (finer) => {
    data = panelData(panel, finer);
    chart.setData(data, false);
  };
  return { node, mount, update };
}

// Charts that zoom together, by mouse or by the two fields.
function linkedZoom(before, onrange) {
  const members = new Set();
  let busy = false;
  const zoom = (min, max) => {
    busy = true;
    before(min, max);
    members.forEach((chart) => chart.setScale("x", { min, max }));
    busy = false;
    onrange(min, max);
  };
  return {
    add(chart) {
      members.add(chart);
      return chart;
    },
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

function timelineMeasures(run, series) {
  const t = series.findIndex((trials) => trials.some(({ rows }) => rows > 0));
  if (t < 0) {
    return [];
  }
  const trial = run.targets[t].trials[series[t].findIndex(({ rows }) => rows > 0)];
  const deliveries = trial.deliveries.map(({ name }, index) => ({
    id: `deliveries ${index}`,
    kind: "deliveries",
    index,
    label: `${name}: delivery time`,
  }));
  const streams = trial.streams.map(({ name }, index) => ({
    id: `streams ${index}`,
    kind: "streams",
    index,
    label: `${name}: gap between events`,
    hidden: trial.streams[index].kind !== "events",
  }));
  const steps = trial.steps.map(({ name, setup }, index) => ({
    id: `steps ${index}`,
    kind: "steps",
    index,
    label: `${name}: response time`,
    setup,
  }));
  const shown = [...deliveries, ...streams, ...steps].filter(({ setup, hidden }) => !setup && !hidden);
  return shown;
}

const NO_SECONDS = Object.fromEntries(BASE_COLUMNS.map(([name]) => [name, []]));

// One column per target: {target, index, base, measured}.
function loadColumns(run, series, trialIndex, measure) {
  return Promise.all(
    run.targets.map(async (target, index) => {
      const trial = series[index][trialIndex];
      const base = trial ? await trial.base() : NO_SECONDS;
      const measured = trial ? await trial[measure.kind](measure.index) : {};
      return { target, index, base, measured };
    }),
  );
}

function timelineSection(run, series) {
  const measures = timelineMeasures(run, series);
  if (measures.length === 0) {
    return { ready: Promise.resolve(), node: null };
  }
  const most = Math.max(...run.targets.map(({ trials }) => trials.length));
  const trial = el(
    "select",
    { onchange: draw },
    Array.from({ length: most }, (_, i) => el("option", { value: i }, `${i + 1} of ${most}`)),
  );
  const measure = el(
    "select",
    { onchange: draw },
    measures.map(({ id, label }) => el("option", { value: id }, label)),
  );
  const from = el("input", { type: "number", step: "any", onchange: typed });
  const to = el("input", { type: "number", step: "any", onchange: typed });
  const place = el("div", { id: "timeline-charts" });
  let columns = [];
  let panels = [];
  let width = 1;
  const grain = el("p", { class: "soft note" });
  // As many seconds to a point as the range at hand asks for.
  function refine(min, max) {
    const seconds = timelineAxis(columns).filter((at) => at >= min && at <= max).length;
    const wanted = Math.max(1, Math.ceil(seconds / POINTS));
    if (wanted !== width) {
      width = wanted;
      const finer = folded(columns, width);
      panels.forEach((panel) => panel.update(finer));
      sayGrain();
    }
  }
  function sayGrain() {
    grain.textContent =
      width === 1
        ? ""
        : `Each point stands for ${width} seconds: rates and CPU are means, times and memory the ` +
          "highest of their seconds. Zoom in for single seconds.";
  }
  const linked = linkedZoom(refine, (min, max) => {
    from.value = Number(min.toFixed(2));
    to.value = Number(max.toFixed(2));
  });
  let whole = [0, 1];
  let turn = 0;
  function typed() {
    const [min, max] = [from.valueAsNumber, to.valueAsNumber];
    if (max > min) {
      linked.zoom(min, max);
    }
  }
  async function draw() {
    const mine = ++turn;
    const view = { measure: measures.find(({ id }) => id === measure.value) };
    const trialIndex = Number(trial.value);
    const loaded = await loadColumns(run, series, trialIndex, view.measure);
    if (mine !== turn) {
      return; // another choice was made meanwhile
    }
    columns = loaded;
    const xs = timelineAxis(columns);
    width = Math.max(1, Math.ceil(xs.length / POINTS));
    const shown = folded(columns, width);
    sayGrain();
    const events = timelineEvents(run, trialIndex, columns);
    linked.clear();
    panels = timelinePanels(view)
      .map((panel) => panelChart(panel, shown, linked, eventMarks(events)))
      .filter((panel) => panel !== null);
    place.replaceChildren(
      ...panels.map(({ node }) => node),
      grain,
      ...[eventList(events)].filter((list) => list !== null),
    );
    panels.forEach(({ mount }) => mount());
    whole = xs.length > 0 ? [xs[0], xs[xs.length - 1]] : [0, 1];
    linked.zoom(...whole);
  }
  const node = section(
    "timeline",
    "Timeline",
    el(
      "p",
      { class: "soft" },
      "Seconds count from the start of the measured window; the shaded part before it is warm-up ",
      "and counts nowhere. A percentile of one second rests on few events: read its course, not its ",
      "value. Drag over any chart to zoom all of them. Dotted lines are events.",
    ),
    el(
      "div",
      { class: "controls" },
      most > 1 ? el("label", {}, "Trial ", trial) : null,
      el("label", {}, "Time ", measure),
      el("label", {}, "From ", from, " s"),
      el("label", {}, "to ", to, " s"),
      el("button", { type: "button", onclick: () => linked.zoom(...whole) }, "Whole trial"),
    ),
    place,
  );
  return { node, mount: draw };
}
