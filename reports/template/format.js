// Numbers for readers: three significant digits and a unit, as in the rest of the report.

function threeDigits(value) {
  if (value === 0) {
    return "0";
  }
  const places = 2 - Math.floor(Math.log10(Math.abs(value) * (1 + 5e-4)));
  return value.toFixed(Math.max(0, Math.min(20, places)));
}

function inUnits(value, units) {
  const size = Math.abs(value);
  const unit = units.find(([from]) => size >= from * 0.9995) ?? units[units.length - 1];
  return threeDigits(value / unit[1]) + unit[2];
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function showTime(ns) {
  if (!isNumber(ns)) {
    return "-";
  }
  return ns === 0
    ? "0 s"
    : inUnits(ns, [
        [7.2e12, 3.6e12, " h"],
        [6e11, 6e10, " min"],
        [1e9, 1e9, " s"],
        [1e6, 1e6, " ms"],
        [1e3, 1e3, " us"],
        [0, 1, " ns"],
      ]);
}

function showRate(perSecond) {
  return !isNumber(perSecond)
    ? "-"
    : inUnits(perSecond, [
        [1e9, 1e9, "G/s"],
        [1e6, 1e6, "M/s"],
        [1e3, 1e3, "k/s"],
        [0, 1, "/s"],
      ]);
}

function showBytes(bytes) {
  if (!isNumber(bytes)) {
    return "-";
  }
  return Math.abs(bytes) < 1024
    ? `${Math.round(bytes)} B`
    : inUnits(bytes, [
        [2 ** 40, 2 ** 40, " TiB"],
        [2 ** 30, 2 ** 30, " GiB"],
        [2 ** 20, 2 ** 20, " MiB"],
        [0, 1024, " KiB"],
      ]);
}

function showCount(count) {
  return isNumber(count) ? count.toLocaleString("en-US", { maximumFractionDigits: 0 }) : "-";
}

function showShare(share) {
  return isNumber(share) ? `${Number(threeDigits(share * 100))} %` : "-";
}

function showCores(cores) {
  return isNumber(cores) ? `${cores.toFixed(2)} cores` : "-";
}

function showRatio(value) {
  return isNumber(value) ? threeDigits(value) : "-";
}

// 2026-11-20T08:00:00.000Z as 2026-11-20 08:00:00 UTC; another form stays as it is.
function showDate(text) {
  return text.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z$/, "$1 $2 UTC");
}

// Text becomes text nodes only: whatever a server said, it never becomes markup.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (value !== false && value !== undefined && value !== null) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined));
  return node;
}

function section(id, title, ...children) {
  return el("section", { "aria-labelledby": id }, el("h2", { id }, title), ...children);
}

// head: [text...]; rows: [[cell...]...], a cell is text or a node; texts: columns without numbers
function table(label, head, rows, texts = []) {
  const isText = new Set([0, ...texts]);
  const cell = (tag, attributes) => (content, i) =>
    el(tag, { ...attributes, class: isText.has(i) ? "text" : null }, content);
  const body = rows.map((row) =>
    el(
      "tr",
      { class: row.class },
      row.map((content, i) =>
        i === 0 ? cell("th", { scope: "row" })(content, i) : cell("td", {})(content, i),
      ),
    ),
  );
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": label },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, head.map(cell("th", { scope: "col" })))),
      el("tbody", {}, body),
    ),
  );
}

function key(index) {
  return el("span", { class: `key t${index % 8}` });
}
