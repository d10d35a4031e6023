// The histogram: how the times of each target are spread.

const BINS_PER_DECADE = 24;

const binOf = (ns) => Math.floor(Math.log10(Math.max(1, ns)) * BINS_PER_DECADE);
const binLow = (bin) => 10 ** (bin / BINS_PER_DECADE);

// The share of a target's events in each bin of equal width on a logarithmic axis.
function binned(curves) {
  const values = curves.flatMap(({ all }) => all.slots.map(([value]) => value));
  if (values.length === 0) {
    return null;
  }
  // One pass, as a spread over thousands of slots would be too many arguments.
  const [first, last] = values.reduce(
    ([low, high], value) => [Math.min(low, binOf(value)), Math.max(high, binOf(value))],
    [Infinity, -Infinity],
  );
  const count = last - first + 2;
  const shares = curves.map(({ all }) => {
    const bins = new Array(count).fill(0);
    const events = all.count + all.above;
    for (const [value, n] of all.slots) {
      bins[binOf(value) - first] += n / events;
    }
    return bins;
  });
  return { xs: Array.from({ length: count }, (_, i) => binLow(first + i)), shares };
}

function distributionFigure(curves, measure) {
  const data = binned(curves);
  if (data === null) {
    return null;
  }
  const readings = curves.map(({ target, index }) => reading(index, target.name));
  const where = el("span", { class: "soft" });
  const move = (chart) => {
    const at = chart.cursor.idx;
    const known = isNumber(at) && at + 1 < data.xs.length;
    where.textContent = known ? `${showTime(data.xs[at])} to ${showTime(data.xs[at + 1])}` : "";
    readings.forEach(({ say }, i) => say(known ? showShare(data.shares[i][at]) : ""));
  };
  const box = el("div", {
    class: "chart",
    role: "img",
    "aria-label": `Distribution, ${measure.group}: ${measure.label}`,
  });
  const node = el(
    "figure",
    { id: "distribution" },
    el(
      "figcaption",
      {},
      el("b", {}, "Distribution"),
      el("span", { class: "soft" }, "share of events in equal steps of a logarithmic axis"),
      where,
      readings.map((one) => one.node),
    ),
    box,
  );
  const mount = () =>
    makeChart(
      box,
      {
        height: 200,
        scales: { x: { time: false, distr: 3, range: (c, min, max) => [min, max] }, y: { range: (c, min, max) => [0, max * 1.08] } },
        axes: [
          axis({ values: (c, ticks) => ticks.map((tick) => (tick === null ? "" : showTime(tick))) }),
          axis({ size: 68, values: (c, ticks) => ticks.map(showShare) }),
        ],
        series: [
          {},
          ...curves.map(({ index }) => ({
            stroke: targetPaint(index),
            width: 1.6,
            paths: uPlot.paths.stepped({ align: 1 }),
            points: { show: false },
          })),
        ],
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false } },
        hooks: { setCursor: [move] },
      },
      [data.xs, ...data.shares],
    );
  return { node, mount };
}
