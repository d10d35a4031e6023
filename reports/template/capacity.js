// The evidence of a search for capacity: throughput, objectives and CPU against load, each trial by
// its verdict, the scalability law, and every trial.

const VERDICTS = {
  holds: ["--good", "holds"],
  fails: ["--bad", "fails"],
  unclear: ["--soft", "unclear"],
  generator: ["--line", "not counted"],
  disturbed: ["--line", "not counted"],
};

const UNITS_OF = {
  ns: showTime,
  share: showShare,
  per_s: showRate,
  count: showCount,
  bytes_per_s: (value) => `${showBytes(value)}/s`,
};

// A mark that differs in shape as well as in colour; size in CSS pixels.
function drawMark(context, x, y, verdict, size, edge) {
  const [colour] = VERDICTS[verdict] ?? ["--soft"];
  context.beginPath();
  context.strokeStyle = paint(colour === "--line" ? "--soft" : colour);
  context.fillStyle = verdict === "holds" ? paint(colour) : paint("--paper");
  context.lineWidth = size / 3;
  if (verdict === "fails") {
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x - size, y + size);
    context.lineTo(x + size, y - size);
  } else if (verdict === "holds" || verdict === "unclear") {
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
  } else {
    context.rect(x - size * 0.6, y - size * 0.6, size * 1.2, size * 1.2);
  }
  context.stroke();
  if (edge && verdict === "holds") {
    context.strokeStyle = edge;
    context.stroke();
  }
}

// The legend of the marks, drawn as the marks are.
function verdictKey() {
  const one = (verdict) => {
    const canvas = el("canvas", { width: 24, height: 24, "aria-hidden": "true", class: "mark" });
    const draw = () => {
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, 24, 24);
      drawMark(context, 12, 12, verdict, 7);
    };
    draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    return el("span", { class: "reading" }, canvas, VERDICTS[verdict][1]);
  };
  return ["holds", "fails", "unclear", "disturbed"].map(one);
}

// Where to draw a value that cannot be drawn to scale: at the edge.
function placed(chart, value, axisName) {
  const { min, max } = chart.scales[axisName];
  return chart.valToPos(Math.min(Math.max(value, min), max), axisName, true);
}

function clipped(chart, draw) {
  const { ctx: context, bbox } = chart;
  context.save();
  context.beginPath();
  context.rect(bbox.left - 12, bbox.top - 12, bbox.width + 24, bbox.height + 24);
  context.clip();
  draw(context, bbox);
  context.restore();
}

// A line across the chart at a value of y, or of x.
function drawLimit(chart, value, scale, colour, dash) {
  clipped(chart, (context, { left, top, width, height }) => {
    const { min, max } = chart.scales[scale];
    if (!(value >= min && value <= max)) {
      return;
    }
    const at = chart.valToPos(value, scale, true);
    context.strokeStyle = paint(colour);
    context.lineWidth = 1.5 * devicePixelRatio;
    context.setLineDash(dash.map((d) => d * devicePixelRatio));
    context.beginPath();
    context.moveTo(scale === "y" ? left : at, scale === "y" ? at : top);
    context.lineTo(scale === "y" ? left + width : at, scale === "y" ? at : top + height);
    context.stroke();
  });
}

// Between the greatest rate that holds and the least that does not lies the answer.
function drawAnswer(chart, target, index) {
  clipped(chart, (context, { top, height }) => {
    if (target.end !== "not_monotone" && target.low_per_s > 0 && isNumber(target.high_per_s)) {
      const from = placed(chart, target.low_per_s, "x");
      const to = placed(chart, target.high_per_s, "x");
      context.fillStyle = paint(`--t${index % 8}`);
      context.globalAlpha = 0.25;
      context.fillRect(from, top, Math.max(to - from, 2 * devicePixelRatio), height);
    }
  });
}

// 1, 2 and 5 of each power of ten: where a logarithmic axis has its ticks.
function niceTicks(chart, axisIndex, min, max) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(min)); 10 ** power <= max; power++) {
    ticks.push(...[1, 2, 5].map((digit) => digit * 10 ** power));
  }
  return ticks.filter((tick) => tick >= min && tick <= max);
}

// The mean of the trials at each of xs; null where there is none.
function meansAt(xs, trials, x, y) {
  return xs.map((at) => {
    const values = trials.filter((trial) => x(trial) === at).map(y);
    const known = values.filter(isNumber);
    return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  });
}

// Whether a linear axis would hide the small ones; of what has no logarithm it never is.
function spans(values) {
  return values.length > 0 && Math.min(...values) > 0 && Math.max(...values) > 8 * Math.min(...values);
}

// options: {id, title, lists: [trials of each target], x, y, show, xLabel, limits, draw, note, zero}
function trialChart(page, options) {
  const { lists, x, y } = options;
  const counted = lists.map((trials) => trials.filter(({ verdict }) => countsFor(verdict)));
  const xs = [...new Set(lists.flat().map(x))].sort((a, b) => a - b);
  const values = [...lists.flat().map(y).filter(isNumber), ...options.limits];
  const logX = spans(xs);
  const logY = spans(values) && !options.zero;
  const low = Math.min(...values.filter((value) => !logY || value > 0));
  const high = Math.max(...values, 0);
  const box = el("div", { class: "chart", role: "img", "aria-label": `${options.title}; figures in the table of trials` });
  const node = el(
    "figure",
    { id: options.id },
    el(
      "figcaption",
      {},
      el("b", {}, options.title),
      page.targets.map(({ name }, index) =>
        el("span", { class: `reading t${index % 8}` }, el("span", { class: "swatch" }), name),
      ),
      options.note ? el("span", { class: "soft" }, options.note) : null,
    ),
    box,
  );
  const marks = (chart) =>
    clipped(chart, (context) =>
      lists.forEach((trials) =>
        trials.forEach((trial) => {
          const value = y(trial);
          const size = 4 * devicePixelRatio;
          drawMark(
            context,
            placed(chart, x(trial), "x"),
            placed(chart, isNumber(value) ? value : Infinity, "y"),
            trial.verdict ?? "unclear",
            size,
          );
        }),
      ),
    );
  const mount = () =>
    makeChart(
      box,
      {
        height: 300,
        padding: [14, 16, 0, 0],
        scales: {
          x: {
            time: false,
            distr: logX ? 3 : 1,
            range: () => (logX ? [xs[0] / 1.15, xs.at(-1) * 1.15] : [0, xs.at(-1) * 1.05]),
          },
          y: { distr: logY ? 3 : 1, range: () => (logY ? [low / 1.4, high * 1.4] : [0, high > 0 ? high * 1.1 : 1]) },
        },
        axes: [
          axis({ ...(logX ? { splits: niceTicks, filter: (chart, ticks) => ticks } : {}), values: (chart, ticks) => ticks.map((tick) => options.showX(tick)), space: 60, label: options.xLabel, labelSize: 22 }),
          axis({ ...(logY ? { splits: niceTicks, filter: (chart, ticks) => ticks } : {}), size: 68, values: (chart, ticks) => ticks.map((tick) => options.show(tick)) }),
        ],
        series: [
          {},
          ...page.targets.map((target, index) => ({
            stroke: targetPaint(index),
            width: 1.5,
            spanGaps: true,
            points: { show: false },
          })),
        ],
        cursor: { show: false },
        hooks: { drawAxes: [(chart) => options.draw?.(chart)], draw: [marks] },
      },
      [xs, ...counted.map((trials) => meansAt(xs, trials, x, y))],
    );
  return { node, mount };
}

function countsFor(verdict) {
  return verdict !== "generator" && verdict !== "disturbed";
}

function loadCharts(page) {
  const lists = page.targets.map(({ trials }) => trials);
  const bands = (chart) => page.targets.forEach((target, index) => drawAnswer(chart, target, index));
  const common = { lists, x: (trial) => trial.rate_per_s, showX: showRate, xLabel: "arrivals asked for", limits: [] };
  const charts = [
    trialChart(page, {
      ...common,
      id: "chart-throughput",
      title: "Iterations completed",
      y: (trial) => trial.achieved_per_s,
      show: showRate,
      note: "dashed: all that arrive are completed",
      draw: (chart) => {
        bands(chart);
        clipped(chart, (context) => {
          const { min, max } = chart.scales.x;
          context.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
          context.strokeStyle = paint("--soft");
          context.beginPath();
          for (let i = 0; i <= 60; i++) {
            const value = min > 0 ? min * (max / min) ** (i / 60) : (max * i) / 60;
            context.lineTo(chart.valToPos(value, "x", true), chart.valToPos(Math.max(value, 1e-9), "y", true));
          }
          context.stroke();
        });
      },
    }),
    ...page.objectives.map((text, i) =>
      trialChart(page, {
        ...common,
        id: `chart-objective-${i}`,
        title: text,
        y: (trial) => trial.observed[i],
        show: UNITS_OF[page.limits[i].unit],
        limits: isNumber(page.limits[i].limit) ? [page.limits[i].limit] : [],
        note: "dashed: the limit; at the upper edge: failed",
        draw: (chart) => {
          bands(chart);
          drawLimit(chart, page.limits[i].limit, "y", "--bad", [6, 4]);
        },
      }),
    ),
  ];
  if (lists.flat().some(({ server_cores }) => isNumber(server_cores))) {
    charts.push(
      trialChart(page, {
        ...common,
        id: "chart-cpu",
        title: "Cores used by the server",
        y: (trial) => trial.server_cores,
        show: (value) => String(Number(value.toFixed(2))),
        limits: [1, page.cores],
        zero: true,
        note: `dashed: one core, and the machine's ${page.cores}`,
        draw: (chart) => {
          bands(chart);
          drawLimit(chart, 1, "y", "--soft", [4, 4]);
          drawLimit(chart, page.cores, "y", "--soft", [4, 4]);
        },
      }),
    );
  }
  return charts;
}

function curvesSection(page) {
  const charts = loadCharts(page);
  return {
    node: section(
      "curves",
      "Against load",
      el(
        "p",
        { class: "soft" },
        "Each mark is a trial; the lines join their means; the shaded strips lie between the rate ",
        "that holds and the one that does not.",
      ),
      el("p", { class: "controls" }, verdictKey()),
      el("div", { class: "panels" }, charts.map(({ node }) => node)),
    ),
    mount: () => charts.forEach(({ mount }) => mount()),
  };
}

// ---- closed users: throughput against concurrency ----

function drawLaw(chart, usl, index) {
  const line = (field) => usl.band.map((point) => [point.users, point[field]]);
  const path = (context, points) =>
    points.forEach(([n, value]) =>
      context.lineTo(chart.valToPos(n, "x", true), chart.valToPos(value, "y", true)),
    );
  clipped(chart, (context) => {
    context.fillStyle = paint(`--t${index % 8}`);
    context.globalAlpha = 0.2;
    context.beginPath();
    path(context, line("low_per_s"));
    path(context, line("high_per_s").reverse());
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = paint(`--t${index % 8}`);
    context.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    context.lineWidth = 1.5 * devicePixelRatio;
    context.beginPath();
    path(context, line("best_per_s"));
    context.stroke();
  });
}

// A parameter that may not be negative never quite reaches 0.
const showParameter = (value) => (value < 1e-6 ? "0" : String(Number(value.toPrecision(3))));

const showInterval = (value, interval, show = showParameter) =>
  interval ? `${show(value)} [${interval.map((end) => (isNumber(end) ? show(end) : "none")).join(", ")}]` : show(value);

function lawTable(page) {
  const known = page.targets.map((target, index) => ({ target, index })).filter(({ target }) => target.usl);
  return known.length === 0
    ? null
    : table(
        "The scalability law",
        ["target", "lambda", "sigma", "kappa", "peak, users", "greatest residual"],
        known.map(({ target: { name, usl }, index }) => [
          el("span", {}, key(index), name),
          showInterval(usl.lambda_per_s, usl.lambda_ci95, showRate),
          showInterval(usl.sigma, usl.sigma_ci95),
          showInterval(usl.kappa, usl.kappa_ci95),
          usl.peak_is_measured && usl.peak_users_ci95
            ? usl.peak_users_ci95.map(showParameter).join(" to ")
            : "none within the measured range",
          showShare(usl.worst_residual),
        ]),
      );
}

function scalabilitySection(page) {
  const lists = page.targets.map(({ curve }) => curve);
  if (lists.every((curve) => curve.length === 0)) {
    return { node: null, mount: () => {} };
  }
  const chart = trialChart(page, {
    id: "chart-law",
    title: "Iterations completed by closed users without think time",
    lists,
    x: (trial) => trial.users,
    y: (trial) => trial.achieved_per_s,
    show: showRate,
    showX: showCount,
    xLabel: "users",
    limits: [],
    note: "dotted, with its 95 % band: the law",
    draw: (drawn) =>
      page.targets.forEach(({ usl }, index) => usl?.band.length > 0 && drawLaw(drawn, usl, index)),
  });
  return {
    node: section(
      "law",
      "Scalability",
      el(
        "p",
        { class: "soft" },
        "The Universal Scalability Law: lambda is the throughput of one user, sigma the share that ",
        "is done one after the other, kappa the cost of keeping each other informed. Intervals of ",
        "95 %, wider where the trials lie off the law. A peak is claimed only where it was measured.",
      ),
      chart.node,
      lawTable(page),
    ),
    mount: chart.mount,
  };
}

// ---- every trial ----

function trialRows(target, index) {
  return [...target.trials, ...target.curve].map((trial) => [
    el("span", {}, key(index), target.name),
    trial.users === null ? showRate(trial.rate_per_s) : `${trial.users} user${trial.users === 1 ? "" : "s"}`,
    trial.phase.replaceAll("_", " "),
    showTime(trial.length_s * 1e9),
    trial.verdict ?? "measured",
    showRate(trial.achieved_per_s),
    showTime(trial.p50_ns),
    showTime(trial.p99_ns),
    showShare(trial.failed_share),
    isNumber(trial.server_cores) ? trial.server_cores.toFixed(2) : "-",
    trial.generator_cores.toFixed(2),
    trial.why,
  ]);
}

function showRecovery({ recovered, recovery_s: after, watched_s: watched }) {
  if (recovered === null) {
    return "";
  }
  const when = after > 0 ? `in ${after} s` : "at once";
  return `objectives met again: ${recovered ? when : `not within ${watched} s`}`;
}

function overloadRows(target, index) {
  return (target.overload?.trials ?? []).map((trial) => [
    el("span", {}, key(index), target.name),
    showRate(trial.rate_per_s),
    "overload",
    showTime(trial.length_s * 1e9),
    trial.verdict ?? "measured",
    showRate(trial.goodput_per_s),
    showTime(trial.p50_ns),
    showTime(trial.p99_ns),
    showShare(trial.refused_share),
    isNumber(trial.server_cores) ? trial.server_cores.toFixed(2) : "-",
    trial.generator_cores.toFixed(2),
    trial.why || showRecovery(trial),
  ]);
}

function trialsSection(page) {
  const rows = page.targets.flatMap((target, index) => [...trialRows(target, index), ...overloadRows(target, index)]);
  return section(
    "trials",
    "Every trial",
    el(
      "details",
      {},
      el("summary", {}, `${rows.length} trials: the search as it went, then the closed ones by their users, then the overloads`),
      table(
        "Every trial",
        ["target", "load", "phase", "length", "verdict", "completed", "p50", "p99", "failed", "server cores", "generator cores", "why"],
        rows,
        [2, 4, 11],
      ),
    ),
  );
}

function main() {
  const page = JSON.parse(document.getElementById("search").textContent);
  const curves = curvesSection(page);
  const law = scalabilitySection(page);
  const parts = [curves.node, law.node, trialsSection(page), repeatSection(page)];
  document.getElementById("evidence").append(...parts.filter((part) => part !== null));
  curves.mount();
  law.mount();
  for (const link of document.querySelectorAll("nav a")) {
    link.hidden = document.querySelector(link.hash) === null;
  }
  document.documentElement.dataset.ready = "true";
}

try {
  main();
} catch (error) {
  document
    .getElementById("evidence")
    .prepend(el("p", { class: "verdict bad" }, `The charts could not be drawn (${error.message}).`));
  document.documentElement.dataset.ready = "failed";
  throw error;
}
