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
    ["In flight at the end of each second", showCount, [["", false, (row) => row.in_flight]]],
    ["Server CPU", showCores, [["", false, (row) => row.server_cpu_cores]]],
    ["Server memory (RSS)", showBytes, [["", false, (row) => row.server_rss_bytes]]],
    ["Generator CPU", showCores, [["", false, (row) => row.generator_cpu_cores]]],
  ];
}

function panelChart(panel, xs, columns, linked) {
  const [title, show, lines] = panel;
  const captions = columns.map(({ target, index }) => reading(index, target.name));
  const series = [];
  const data = [xs];
  columns.forEach(({ rows, index }) =>
    lines.forEach(([, dashed, value]) => {
      data.push(columnOf(xs, rows, value));
      series.push({
        stroke: targetPaint(index),
        width: dashed ? 1.2 : 1.8,
        dash: dashed ? [5, 4] : [],
        points: { show: xs.length < 3 },
      });
    }),
  );
  if (data.slice(1).every((column) => column.every((value) => value === null))) {
    return null;
  }
  if (title === "Failed" && data.slice(1).every((column) => column.every((value) => !value))) {
    return {
      node: el("p", { class: "soft note" }, "Failed: nothing, in any second of this trial."),
      mount() {},
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
    second.textContent = isNumber(at) ? `at ${xs[at]} s` : "";
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
  const mount = () =>
    linked.add(
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
          hooks: { setCursor: [move], drawClear: [warmupShade], setScale: [linked.scaled] },
        },
        data,
      ),
    );
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
  const trial = run.targets
    .flatMap((target) => target.trials)
    .find(({ timeline }) => timeline.length > 0);
  if (!trial) {
    return [];
  }
  const deliveries = trial.deliveries.map(({ name }, index) => ({
    id: `deliveries ${index}`,
    kind: "deliveries",
    index,
    field: "delivery_time_ns",
    group: name,
    label: `${name}: delivery time`,
  }));
  const steps = trial.steps.map(({ name, setup }, index) => ({
    id: `steps ${index}`,
    kind: "steps",
    index,
    field: "response_time_ns",
    group: name,
    label: `${name}: response time`,
    setup,
  }));
  return [...deliveries, ...steps.filter(({ setup }) => !setup)];
}

function timelineSection(run) {
  const measures = timelineMeasures(run);
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
    const columns = run.targets.map((target, index) => ({
      target,
      index,
      rows: target.trials[trial.value]?.timeline ?? [],
    }));
    const xs = timelineAxis(columns.map(({ rows }) => rows));
    const view = { measure: measures.find(({ id }) => id === measure.value) };
    linked.clear();
    const panels = timelinePanels(view)
      .map((panel) => panelChart(panel, xs, columns, linked))
      .filter((panel) => panel !== null);
    place.replaceChildren(...panels.map(({ node }) => node));
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
      "value. Drag over any chart to zoom all of them.",
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
