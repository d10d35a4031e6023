// The trend page where it is read: a browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, openPage, sampleFolder } from "./browser.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

let browser;
let file;

before(async () => {
  file = join(sampleFolder("trend"), "trend.html");
  browser = await launch();
});

after(() => browser?.close());

// Every page must come without complaint and from one file alone.
async function withPage(options, body) {
  const page = await openPage(browser, file, options);
  try {
    assert.equal(await page.evaluate(() => document.documentElement.dataset.ready), "true");
    await body(page);
    assert.deepEqual(page.faults, []);
    assert.deepEqual(
      page.requests.filter((url) => !url.startsWith("file://")),
      [],
    );
  } finally {
    await page.context().close();
  }
}

const chartOf = (page, metric, heading) =>
  page
    .locator(".trends")
    .nth(heading)
    .locator("figure", { has: page.locator(`b:text-is("${metric}"), b:has-text("${metric}")`) });

test("the first screen names what got worse, since when, and the last good commit", () =>
  withPage({}, async (page) => {
    const headline = await page.textContent("h1");
    assert.match(headline, /^shop, node: CPU per completed has got worse \(1\.50 times\), first seen 2025-11-24/);
    assert.equal(await page.title(), `nightly: ${headline}`);
    const first = page.locator(".changes tbody tr").first();
    assert.match(await first.textContent(), /^shop, node: CPU per completedworse: 315 us to 459 us1\.50 times/);
    const box = await first.boundingBox();
    assert.ok(box.y + box.height < 900, "it is on the first screen");
  }));

test("each series has a chart that is drawn, in the order of scenario and target", () =>
  withPage({}, async (page) => {
    assert.equal(await page.locator("figure.trend canvas").count(), 24);
    assert.deepEqual(await page.locator("#evidence h3").allTextContents(), [
      "chat, django",
      "chat, node",
      "shop, django",
      "shop, node",
    ]);
    const inked = await page.evaluate(() =>
      [...document.querySelectorAll("figure.trend canvas")].every((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.some((byte) => byte !== 0);
      }),
    );
    assert.ok(inked, "no chart is empty");
    assert.deepEqual(
      await page.locator("figure[data-tonight=regressed] b").allTextContents(),
      ["CPU per completedworse"],
    );
  }));

test("a click on the last night opens its report", () =>
  withPage({}, async (page) => {
    const over = page.locator("figure[data-tonight=regressed] .u-over");
    const { width, height } = await over.boundingBox();
    await over.click({ position: { x: width - 1, y: height / 2 } });
    await page.waitForURL(/runs\/20251201T020000Z-shop\/report\.html$/);
    assert.match(await page.textContent(".brand"), /loadgen report/);
  }));

test("the value of the last night leads to its report, too", () =>
  withPage({}, async (page) => {
    await page.click("figure[data-tonight=regressed] .now a");
    await page.waitForURL(/20251201T020000Z-shop\/report\.html$/);
  }));

test("the keyboard walks through the nights, says each, and opens a report", () =>
  withPage({}, async (page) => {
    const figure = page.locator("figure[data-tonight=regressed]");
    const chart = figure.locator(".chart");
    await chart.focus();
    await page.keyboard.press("ArrowLeft");
    assert.match(await figure.locator(".says").textContent(), /^2025-11-30 02:00 UTC, \d+ us, commit/);
    assert.equal(await chart.getAttribute("aria-valuenow"), "183");
    await page.keyboard.press("End");
    assert.match(await chart.getAttribute("aria-valuetext"), /^2025-12-01/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/20251201T020000Z-shop\/report\.html$/);
  }));

test("nights without data, breaks, outliers and changes are said in words", () =>
  withPage({}, async (page) => {
    const say = async (metric, heading, keys) => {
      const figure = chartOf(page, metric, heading);
      await figure.locator(".chart").focus();
      for (const key of keys) {
        await page.keyboard.press(key);
      }
      return figure.locator(".says").textContent();
    };
    const left = (count) => Array(count).fill("ArrowLeft");
    assert.match(await say("CPU per completed", 3, left(7)), /worse from here \(confirmed by nights\)/);
    assert.match(await say("response p99", 3, left(4)), /far from its neighbours/);
    assert.match(await say("peak RSS", 1, ["End"]), /exited with code 1 before it was ready/);
    const right = Array(4).fill("ArrowRight");
    assert.match(await say("peak RSS", 2, ["Home", ...right]), /2025-06-05 02:00 UTC, interrupted/);
    const toBreak = Array(61).fill("ArrowRight");
    assert.match(await say("errors", 2, ["Home", ...toBreak]), /changed before: kernel Linux 6\.1\.0-18/);
  }));

test("all nights are listed with links to their reports", () =>
  withPage({}, async (page) => {
    await page.click("#nights ~ details summary");
    const rows = page.locator(".nights tbody tr");
    assert.equal(await rows.count(), 184);
    assert.match(await rows.first().textContent(), /^2025-12-01 02:00 UTC/);
    assert.deepEqual(await rows.first().locator("a").allTextContents(), ["chat", "shop"]);
    assert.equal(await rows.last().locator("a").count(), 0, "old runs have been deleted");
  }));

test("without scripts the changes and last night's values are there", () =>
  withPageWithoutScripts(async (page) => {
    assert.equal(await page.locator(".changes tbody tr").count(), 4);
    assert.equal(await page.locator(".tonight tbody tr").count(), 24);
  }));

async function withPageWithoutScripts(body) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`file://${file}`);
  await body(page);
  await context.close();
}

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing to complain of (${colorScheme})`, () =>
    withPage({ colorScheme, bypassCSP: true }, async (page) => {
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate(() => axe.run(document));
      assert.deepEqual(
        violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)]),
        [],
      );
    }));
}

test("on a phone nothing is wider than the screen", () =>
  withPage({ viewport: { width: 390, height: 844 } }, async (page) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${wide} px`);
  }));
