// Months at a glance: a small chart for each series. A click on a night opens its report.

// 2026-11-20T02:00:00Z as 20 Nov, and with its year in full.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function shortDate(at) {
  const [, month, day] = /^\d{4}-(\d\d)-(\d\d)T/.exec(at) ?? [];
  return month ? `${Number(day)} ${MONTHS[month - 1]}` : at;
}

function minuteDate(at) {
  return showDate(at).replace(/:\d\d UTC$/, " UTC");
}

const SHOW = {
  ns: showTime,
  us: (value) => showTime(isNumber(value) ? value * 1e3 : value),
  per_s: showRate,
  bytes: showBytes,
  share: showShare,
};
const showIn = (unit) => SHOW[unit] ?? showCount;

const WORDS = {
  regressed: "worse",
  suspected: "suspected",
  improved: "better",
  young: "young",
  no_data: "no data",
};

// ---- what is drawn over and under the line ----

// Where the level lies between two changes: [{from, to, level}], of the nights that have a value.
function levels(series) {
  const kept = series.changes.filter(({ state }) => state !== "refuted");
  const cuts = [
    ...new Set([0, ...kept.map(({ night }) => night), ...series.breaks.map(({ night }) => night)]),
  ].sort((a, b) => a - b);
  return cuts
    .map((from, i) => {
      const to = (cuts[i + 1] ?? series.value.length) - 1;
      const values = series.value.slice(from, to + 1).filter(isNumber).sort((a, b) => a - b);
      const middle = values.length / 2;
      const level =
        (values[Math.ceil(middle) - 1] + values[Math.floor(middle)]) / 2;
      return { from, to, level, count: values.length };
    })
    .filter(({ count }) => count > 0);
}

function paintOf(change) {
  const pending = change.state === "suspected" || change.state === "unclear";
  if (!change.regression) {
    return "--good";
  }
  return change.open || pending ? "--bad" : "--soft";
}

function upright(chart, at, dash, colour) {
  const { top, height } = chart.bbox;
  const x = Math.round(chart.valToPos(at, "x", true)) + 0.5;
  chart.ctx.save();
  chart.ctx.strokeStyle = paint(colour);
  chart.ctx.lineWidth = 1.5 * devicePixelRatio;
  chart.ctx.setLineDash(dash.map((part) => part * devicePixelRatio));
  chart.ctx.beginPath();
  chart.ctx.moveTo(x, top);
  chart.ctx.lineTo(x, top + height);
  chart.ctx.stroke();
  chart.ctx.restore();
}

function dot(chart, night, value, radius, colour, hollow) {
  chart.ctx.save();
  chart.ctx.beginPath();
  chart.ctx.arc(
    chart.valToPos(night, "x", true),
    chart.valToPos(value, "y", true),
    radius * devicePixelRatio,
    0,
    2 * Math.PI,
  );
  chart.ctx.lineWidth = 1.5 * devicePixelRatio;
  chart.ctx.strokeStyle = paint(colour);
  chart.ctx.fillStyle = paint(hollow ? "--paper" : colour);
  chart.ctx.fill();
  chart.ctx.stroke();
  chart.ctx.restore();
}

function levelLine(chart, { from, to, level }) {
  const y = chart.valToPos(level, "y", true);
  chart.ctx.save();
  chart.ctx.strokeStyle = paint("--ink");
  chart.ctx.lineWidth = 1.2 * devicePixelRatio;
  chart.ctx.globalAlpha = 0.55;
  chart.ctx.beginPath();
  chart.ctx.moveTo(chart.valToPos(from - 0.4, "x", true), y);
  chart.ctx.lineTo(chart.valToPos(to + 0.4, "x", true), y);
  chart.ctx.stroke();
  chart.ctx.restore();
}

// A night without a value leaves a tick at the foot, so that the gap is seen to be one.
function missingTick(chart, night) {
  const { top, height } = chart.bbox;
  const x = chart.valToPos(night, "x", true);
  chart.ctx.save();
  chart.ctx.strokeStyle = paint("--soft");
  chart.ctx.lineWidth = 1.5 * devicePixelRatio;
  chart.ctx.beginPath();
  chart.ctx.moveTo(x, top + height);
  chart.ctx.lineTo(x, top + height - 5 * devicePixelRatio);
  chart.ctx.stroke();
  chart.ctx.restore();
}

function marks(series) {
  const segments = levels(series);
  const last = series.value.length - 1;
  return (chart) => {
    series.missing.forEach(({ night }) => missingTick(chart, night));
    series.breaks.forEach(({ night }) => upright(chart, night - 0.5, [2, 3], "--soft"));
    segments.forEach((segment) => levelLine(chart, segment));
    series.changes
      .filter(({ state }) => state !== "refuted")
      .forEach((change) => upright(chart, change.night - 0.5, [], paintOf(change)));
    series.outliers.forEach(({ night }) => dot(chart, night, series.value[night], 3, "--soft", true));
    if (isNumber(series.value[last])) {
      const bad = series.tonight === "regressed" || series.tonight === "suspected";
      dot(chart, last, series.value[last], 3.2, bad ? "--bad" : "--t0", false);
    }
  };
}

// ---- one chart ----

// All that is to be said of one night of a series.
function sayNight(trend, series, night) {
  const why = (list) => list.find((remark) => remark.night === night)?.why;
  const show = showIn(series.unit);
  const { at, commit } = trend.nights[night];
  const change = series.changes.find((one) => one.night === night);
  return [
    minuteDate(at),
    why(series.missing) ?? show(series.value[night]),
    commit ? `commit ${commit.slice(0, 12)}` : null,
    change ? `${change.regression ? "worse" : "better"} from here (${change.state.replaceAll("_", " ")})` : null,
    why(series.outliers) ?? null,
    why(series.breaks) ? `changed before: ${why(series.breaks)}` : null,
    trend.reports[series.scenario]?.[night] ? null : "no report",
  ]
    .filter((part) => part !== null)
    .join(", ");
}

function badge(series) {
  const word = WORDS[series.tonight];
  return word ? el("span", { class: `badge ${series.tonight}` }, word) : null;
}

// The last night's value, with a link to its report.
function lastValue(trend, series) {
  const last = trend.nights.length - 1;
  const value = showIn(series.unit)(series.value[last]);
  const report = trend.reports[series.scenario]?.[last];
  return report ? el("a", { href: report }, value) : value;
}

// The line of words under the title where no night is pointed at.
function sayAll(series) {
  const better = series.less_is_better ? "less is better" : "more is better";
  return isNumber(series.detectable_share)
    ? `${better}; would show ${showShare(series.detectable_share)}`
    : `${better}; ${series.nights} nights so far`;
}

function range(series) {
  return (chart, min, max) => {
    const room = max > min ? (max - min) * 0.08 : Math.abs(max) * 0.1 || (series.unit === "share" ? 0.001 : 1);
    return series.value.some((value) => value < 0) ? [min - room, max + room] : [Math.max(0, min - room), max + room];
  };
}

function options(trend, series, point) {
  const show = showIn(series.unit);
  const last = trend.nights.length - 1;
  return {
    height: 118,
    padding: [8, 22, 0, 0],
    scales: {
      x: { time: false, range: () => [-0.6, last + 0.6] },
      y: { range: range(series) },
    },
    axes: [
      axis({
        size: 22,
        gap: 4,
        space: 64,
        grid: { show: false },
        incrs: [1, 2, 5, 7, 14, 30, 60, 90, 180, 365],
        values: (chart, ticks) =>
          ticks.map((tick) => (trend.nights[tick] ? shortDate(trend.nights[tick].at) : "")),
      }),
      axis({
        size: 62,
        space: 30,
        values: (chart, ticks) => ticks.map((tick) => show(tick)),
        ...(show === showBytes ? { incrs: POWERS_OF_TWO } : {}),
      }),
    ],
    series: [
      {},
      { show: true, stroke: "transparent", points: { show: false } },
      { show: true, stroke: "transparent", points: { show: false } },
      {
        stroke: () => paint("--t0"),
        width: 1.4,
        points: { show: last < 3 },
        spanGaps: false,
      },
    ],
    bands: [{ series: [2, 1], fill: () => paint("--grid") }],
    // Nothing is dragged here, so no click is taken for the end of it.
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false, click() {} } },
    hooks: { draw: [marks(series)], setCursor: [(chart) => point(chart.cursor.idx)] },
  };
}

function trendFigure(trend, series, index) {
  const title = `${series.scenario}, ${series.target}: ${series.metric}`;
  const says = el("span", { class: "says" });
  const count = trend.nights.length;
  let at = count - 1;
  const point = (night) => {
    at = isNumber(night) ? night : at;
    says.textContent = isNumber(night) ? sayNight(trend, series, night) : sayAll(series);
    says.title = says.textContent;
    box.setAttribute("aria-valuenow", String(at + 1));
    box.setAttribute("aria-valuetext", sayNight(trend, series, at));
  };
  const open = () => {
    const to = trend.reports[series.scenario]?.[at];
    if (to) {
      location.href = to;
    }
  };
  const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7, Home: -count, End: count };
  const keys = (event) => {
    if (event.key in step) {
      const night = Math.min(count - 1, Math.max(0, at + step[event.key]));
      chart.setCursor({ left: chart.valToPos(night, "x"), top: 0 });
      point(night);
      event.preventDefault();
    } else if (event.key === "Enter") {
      open();
    }
  };
  const box = el("div", {
    class: "chart",
    role: "slider",
    tabindex: "0",
    "aria-label": `${title}: nights; Enter opens the report`,
    "aria-valuemin": "1",
    "aria-valuemax": String(count),
    onclick: open,
    onkeydown: keys,
    onblur: () => point(null),
  });
  const node = el(
    "figure",
    { class: "trend", id: `series-${index}`, "data-tonight": series.tonight },
    el(
      "figcaption",
      {},
      el("b", {}, series.metric, badge(series)),
      el("span", { class: "now" }, lastValue(trend, series)),
      says,
    ),
    box,
  );
  let chart = null;
  const mount = () => {
    const xs = trend.nights.map((_, night) => night);
    chart = makeChart(box, options(trend, series, point), [xs, series.low, series.high, series.value]);
    point(null);
  };
  return { node, mount };
}

// ---- all of them ----

const LEGEND = [
  ["M0 7H25", "--t0", "median of a night's trials, with their range"],
  ["M0 7H25", "--ink", "level between changes"],
  ["M12 0V14", "--bad", "worse from here"],
  ["M12 0V14", "--good", "better from here"],
  ["M12 0V3M12 6V9M12 12V15", "--soft", "machine, system or scenario changed: no comparison across"],
  ["M9 7a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", "--soft", "outlier, kept"],
  ["M12 9V14", "--soft", "no data"],
];

function legend() {
  const svg = (d, colour) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    node.setAttribute("viewBox", "0 0 25 14");
    node.setAttribute("aria-hidden", "true");
    path.setAttribute("d", d);
    path.setAttribute("fill", "none");
    path.setAttribute("stroke-width", "1.5");
    path.style.stroke = `var(${colour})`;
    node.append(path);
    return node;
  };
  return el(
    "ul",
    { class: "legend" },
    LEGEND.map(([d, colour, text]) => el("li", {}, svg(d, colour), text)),
  );
}

// [[scenario, target, [series with their index...]]...] in the order of the data.
function groups(trend) {
  const found = new Map();
  trend.series.forEach((series, index) => {
    const key = JSON.stringify([series.scenario, series.target]);
    const group = found.get(key) ?? [series.scenario, series.target, []];
    group[2].push([series, index]);
    found.set(key, group);
  });
  return [...found.values()];
}

function seriesSection(trend) {
  const mounts = [];
  const group = ([scenario, target, list]) => [
    el("h3", {}, `${scenario}, ${target}`),
    el(
      "div",
      { class: "trends" },
      list.map(([series, index]) => {
        const figure = trendFigure(trend, series, index);
        mounts.push(figure.mount);
        return figure.node;
      }),
    ),
  ];
  const node = section(
    "series",
    "Series",
    el(
      "p",
      { class: "soft" },
      "One chart for each series, one point for each night. A click on a night, or Enter, opens its report; ",
      "the arrow keys walk through the nights.",
    ),
    legend(),
    groups(trend).map(group),
  );
  return { node, mount: () => mounts.forEach((mount) => mount()) };
}

function main() {
  const trend = JSON.parse(document.getElementById("trend").textContent);
  if (trend.series.length > 0 && trend.nights.length > 0) {
    const all = seriesSection(trend);
    document.getElementById("evidence").append(all.node);
    all.mount();
  }
  for (const link of document.querySelectorAll("nav a")) {
    link.hidden = document.querySelector(link.hash) === null;
  }
  if (location.hash) {
    document.querySelector(location.hash)?.scrollIntoView(); // the charts were not there before
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
