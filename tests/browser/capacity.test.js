// The page of a search for capacity where it is read: a browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, openPage, sampleFolder } from "./browser.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

let browser;
let folder;
let found;

before(async () => {
  folder = sampleFolder("capacity");
  found = JSON.parse(readFileSync(join(folder, "capacity.json"), "utf8"));
  browser = await launch();
});

after(() => browser?.close());

async function withPage(options, body) {
  const page = await openPage(browser, join(folder, "capacity.html"), options);
  try {
    assert.equal(await page.evaluate(() => document.documentElement.dataset.ready), "true");
    await body(page);
    assert.deepEqual(page.faults, []);
    assert.equal(page.requests.length, 1);
  } finally {
    await page.context().close();
  }
}

test("the first screen answers with the interval, the objectives and whether it was found", () =>
  withPage({}, async (page) => {
    assert.equal(
      await page.textContent("h1"),
      "node carries 2.00k/s to 2.06k/s, django carries 300/s to 309/s: " +
        "node 6.47 to 6.87 times as much",
    );
    assert.deepEqual(await page.locator(".question code").allTextContents(), found.objectives);
    assert.deepEqual(await page.locator(".verdict strong").allTextContents(), ["FOUND", "FOUND"]);
    assert.match(await page.locator(".verdict").nth(1).textContent(), /metastable: .* 20\.2 s/);
    const box = await page.locator("#figures").boundingBox();
    assert.ok(box.y < 900, "the figures begin on the first screen");
  }));

test("what an overload does is said beside the answer and in the figures", () =>
  withPage({}, async (page) => {
    const said = await page.locator(".verdict").allTextContents();
    found.targets.forEach(({ overload }, i) => assert.ok(said[i].includes(overload.answer), said[i]));
    const group = page.locator("tr.group", { hasText: "In an overload" });
    assert.equal(await group.count(), 1);
    const goodput = page.locator("tr", { hasText: "(goodput)" }).locator("td");
    assert.deepEqual(await goodput.allTextContents(), ["1.95k/s, 98 %", "95.0/s, 32 %"]);
  }));

test("the links lead to what is there", () =>
  withPage({}, async (page) => {
    const links = await page.locator("nav a:visible").allTextContents();
    assert.deepEqual(links, [
      "Figures",
      "Instances",
      "Claims",
      "Against load",
      "Scalability",
      "Trials",
      "Repeat",
    ]);
  }));

test("every trial stands in the table, and the command to repeat them", () =>
  withPage({}, async (page) => {
    const trials = found.targets.flatMap(({ trials, curve, overload }) => [
      ...trials,
      ...curve,
      ...overload.trials,
    ]);
    await page.click("#trials ~ details summary");
    const verdicts = await page
      .locator("#trials ~ details tbody tr td:nth-child(5)")
      .allTextContents();
    assert.deepEqual(
      verdicts,
      trials.map(({ verdict }) => verdict ?? "measured"),
    );
    assert.equal(await page.locator("#repeat ~ pre").textContent(), found.command);
  }));

test("the instances are those of capacity.json", () =>
  withPage({}, async (page) => {
    const shown = await page
      .locator("section[aria-labelledby=sizing] tbody strong")
      .allTextContents();
    const wanted = found.targets.flatMap(({ sizing }) => sizing.map(({ instances }) => instances));
    assert.deepEqual(shown.map(Number), wanted);
    assert.equal(wanted.length, 6);
  }));

// Of the canvas of a figure: pixels in each of these colours.
function inkOf(page, id) {
  return page.evaluate((chart) => {
    const canvas = document.querySelector(`#${chart} canvas`);
    const copy = Object.assign(document.createElement("canvas"), {
      width: canvas.width,
      height: canvas.height,
    }).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const count = (name) => {
      copy.fillStyle = paint(name);
      copy.fillRect(0, 0, 1, 1);
      const wanted = copy.getImageData(0, 0, 1, 1).data;
      let n = 0;
      for (let i = 0; i < data.length; i += 4) {
        const same = [0, 1, 2].every((c) => Math.abs(wanted[c] - data[i + c]) < 12);
        n += same && data[i + 3] > 200;
      }
      return n;
    };
    return { good: count("--good"), bad: count("--bad"), t0: count("--t0"), t1: count("--t1") };
  }, id);
}

for (const colorScheme of ["light", "dark"]) {
  test(`trials are drawn by verdict, lines by target, limits, ${colorScheme}`, () =>
    withPage({ colorScheme }, async (page) => {
      for (const id of ["chart-throughput", "chart-objective-0", "chart-cpu"]) {
        const ink = await inkOf(page, id);
        assert.ok(ink.good > 100 && ink.bad > 100, `${id}: ${JSON.stringify(ink)}`);
        assert.ok(ink.t0 > 100 && ink.t1 > 100, `${id}: ${JSON.stringify(ink)}`);
      }
      const law = await inkOf(page, "chart-law");
      assert.ok(law.t0 > 100, JSON.stringify(law));
    }));
}

test("a chart has an end on both sides, and holds every trial", () =>
  withPage({}, async (page) => {
    const scales = await page.evaluate(() =>
      [...charts].map(({ scales: { x, y } }) => [x.min, x.max, y.min, y.max]),
    );
    const rates = found.targets.flatMap(({ trials }) => trials.map(({ rate_per_s: r }) => r));
    assert.equal(scales.length, 5);
    for (const [min, max, low, high] of scales.slice(0, 4)) {
      assert.ok(min <= Math.min(...rates) && max >= Math.max(...rates), `${min} ${max}`);
      assert.ok(Number.isFinite(low) && Number.isFinite(high) && low < high, `${low} ${high}`);
    }
    const [, , low, high] = scales[1];
    assert.ok(low < 50e6 && high > 50e6, "the limit of the objective is on the chart");
  }));

for (const width of [320, 390, 768]) {
  test(`nothing scrolls sideways at ${width} pixels`, () =>
    withPage({ viewport: { width, height: 800 } }, async (page) => {
      await page.evaluate(() =>
        document.querySelectorAll("details").forEach((details) => {
          details.open = true;
        }),
      );
      const content = await page.evaluate(() => document.scrollingElement.scrollWidth);
      assert.ok(content <= width, `${content} pixels in ${width}`);
    }));
}

for (const options of [
  { colorScheme: "light" },
  { colorScheme: "dark" },
  { viewport: { width: 390, height: 844 } },
]) {
  test(`axe finds no violation, ${JSON.stringify(options)}`, () =>
    withPage(options, async (page) => {
      await page.evaluate(() =>
        document.querySelectorAll("details").forEach((details) => {
          details.open = true;
        }),
      );
      await page.evaluate(axeSource);
      const { violations, passes } = await page.evaluate(() => axe.run(document));
      assert.ok(passes.length > 20);
      assert.deepEqual(
        violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 120))]),
        [],
      );
    }));
}
