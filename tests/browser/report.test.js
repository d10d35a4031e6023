// The report page where it is read: a browser.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { launch, openReport, sampleFolder, scratchFolder } from "./browser.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

let browser;
let folder;
let run;

before(async () => {
  folder = sampleFolder();
  run = JSON.parse(readFileSync(join(folder, "run.json"), "utf8"));
  browser = await launch();
});

after(() => browser?.close());

// Runs `body` with the page; every page must come without complaint and from one file alone.
async function withPage(options, body, from = folder) {
  const page = await openReport(browser, from, options);
  try {
    assert.equal(await page.evaluate(() => document.documentElement.dataset.ready), "true");
    await body(page);
    assert.deepEqual(page.faults, []);
    assert.deepEqual(page.requests, [`file://${join(from, "report.html")}`]);
  } finally {
    await page.context().close();
  }
}

const UNITS = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  "/s": 1,
  "k/s": 1e3,
  "": 1,
  KiB: 1024,
  MiB: 2 ** 20,
  "%": 0.01,
  B: 1,
};

// "~7.86 ms" -> 7860000
function numberOf(text) {
  const [, digits, unit] = /^~?([\d.,]+)\s?(\S*)$/.exec(text) ?? assert.fail(`no number: ${text}`);
  return Number(digits.replaceAll(",", "")) * (UNITS[unit] ?? assert.fail(`unit of ${text}`));
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

// {"group / row": [cell text per target]}
function sheetOf(page) {
  return page.evaluate(() => {
    const rows = {};
    for (const body of document.querySelectorAll(".sheet tbody")) {
      const group = body.querySelector(".group th").firstChild.textContent.trim();
      for (const row of body.querySelectorAll("tr:not(.group)")) {
        rows[`${group} / ${row.cells[0].textContent}`] = [...row.querySelectorAll("td .v")].map(
          (cell) => cell.textContent,
        );
      }
    }
    return rows;
  });
}

test("the first screen answers: question, headline, validity, objectives", () =>
  withPage({}, async (page) => {
    assert.equal(await page.textContent("h1"), run.headline);
    assert.equal(await page.title(), `chat: ${run.headline}`);
    assert.equal(await page.textContent(".question"), run.scenario.question);
    assert.match(await page.textContent("#verdict"), /^VALID all 8 checks/);
    assert.deepEqual(await page.locator(".objectives td strong").allTextContents(), [
      "met",
      "missed",
      "not judged",
    ]);
    const box = await page.locator("#figures").boundingBox();
    assert.ok(box.y < 900, "the figures begin on the first screen");
  }));

test("the figures of the table are those of run.json", () =>
  withPage({}, async (page) => {
    const sheet = await sheetOf(page);
    const say = (trial) => trial.steps.find(({ name }) => name === "say");
    const heard = (trial) => trial.deliveries[0];
    const medians = {
      "Load / offered": (trial) => trial.offered_per_s,
      "Load / achieved": (trial) => trial.achieved_per_s,
      "Load / connections": (trial) => trial.users[0].connected,
      "Server / CPU per message": (trial) => trial.server.cpu_us_per_completed * 1e3,
      "Server / CPU per delivery": (trial) => trial.server.cpu_us_per_delivery * 1e3,
      "Server / RSS per connection": (trial) => trial.server.rss_bytes_per_connection,
      "Server / RSS peak": (trial) => trial.server.max_rss_bytes,
      "Generator / busiest thread": (trial) => trial.generator.cpu_utilisation,
      "Generator / sends late by, p99": (trial) => trial.users[0].schedule.lateness_ns.p99,
      "Errors / share": (trial) =>
        sum(trial.steps.map(({ count, ok }) => count - ok)) /
        sum(trial.steps.map(({ count }) => count)),
    };
    for (const p of ["p50", "p90", "p99"]) {
      medians[`say: response time / ${p}`] = (trial) => say(trial).response_time_ns[p];
      medians[`say: service time / ${p}`] = (trial) => say(trial).service_time_ns[p];
      medians[`heard: delivery time / ${p}`] = (trial) => heard(trial).delivery_time_ns[p];
    }
    for (const [row, figure] of Object.entries(medians)) {
      run.targets.forEach((target, i) => {
        const want = median(target.trials.map(figure));
        const got = numberOf(sheet[row][i]);
        assert.ok(
          Math.abs(got - want) <= want * 0.005,
          `${row} of ${target.name}: ${sheet[row][i]} is not ${want}`,
        );
      });
    }
    for (const name of ["expected", "received", "lost", "duplicated", "reordered", "unexpected"]) {
      run.targets.forEach((target, i) =>
        assert.equal(
          numberOf(sheet[`heard: completeness / ${name}`][i]),
          sum(target.trials.map((trial) => heard(trial)[name])),
        ),
      );
    }
    assert.deepEqual(sheet["Errors / timeout"], ["0", "5"]);
    assert.equal(
      sheet["say: response time / p99.9"][1],
      "failed",
      "failures rank above every success",
    );
  }));

test("the page decodes every histogram to the percentiles of run.json", () =>
  withPage({}, async (page) => {
    const differing = await page.evaluate(async () => {
      const found = [];
      let seen = 0;
      const visit = async (node, path) => {
        if (typeof node?.histogram === "string" && "p9999" in node && node.count > 0) {
          const h = {
            ...(await decodeHistogram(node.histogram)),
            above: node.above,
            max: node.max,
          };
          const got = quantilesOfTails(h, [0.5, 0.1, 0.05, 0.01, 0.001, 0.0001]);
          const want = [node.p50, node.p90, node.p95, node.p99, node.p999, node.p9999];
          const n = h.count + h.above;
          const same = got.every(
            (value, i) => value === want[i] || n * [0.5, 0.1, 0.05, 0.01, 0.001, 0.0001][i] < 1,
          );
          if (h.count !== node.count || !same) {
            found.push({ path, got, want });
          }
          seen++;
        } else if (node && typeof node === "object") {
          for (const [name, child] of Object.entries(node)) {
            await visit(child, `${path}.${name}`);
          }
        }
      };
      await visit(await loadRun(), "");
      return { found, seen };
    });
    assert.ok(differing.seen >= 50, `${differing.seen} histograms`);
    assert.deepEqual(differing.found, []);
  }));

// Of each canvas: how many pixels are painted, and how many in each target's colour.
function inkOf(page) {
  return page.evaluate(() => {
    // Read from copies: the chart's own canvas stays as the page made it.
    const copy = (width, height) =>
      Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", {
        willReadFrequently: true,
      });
    const probe = copy(1, 1);
    const rgb = (name) => {
      probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
      probe.fillRect(0, 0, 1, 1);
      return [...probe.getImageData(0, 0, 1, 1).data];
    };
    const colours = [rgb("--t0"), rgb("--t1")];
    return [...document.querySelectorAll(".chart canvas")].map((canvas) => {
      const context = copy(canvas.width, canvas.height);
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const ink = { painted: 0, targets: [0, 0], width: canvas.width };
      for (let i = 0; i < data.length; i += 4) {
        ink.painted += data[i + 3] > 0;
        colours.forEach((colour, t) => {
          ink.targets[t] +=
            data[i + 3] > 200 &&
            colour.slice(0, 3).every((part, c) => Math.abs(part - data[i + c]) < 12);
        });
      }
      return ink;
    });
  });
}

test("the packed timelines are those of run.json", () =>
  withPage({}, async (page) => {
    const packed = await page.evaluate(async () => {
      const trial = loadSeries()[1][1];
      return {
        base: await trial.base(),
        say: await trial.steps(1),
        join: await trial.steps(0),
        heard: await trial.deliveries(0),
      };
    });
    const { timeline } = run.targets[1].trials[1];
    const near = (got, want) => (want === null ? got === null : Math.abs(got - want) <= want / 900);
    for (const [name, values] of Object.entries(packed.base)) {
      timeline.forEach((row, i) => assert.ok(Math.abs(values[i] - row[name]) <= 1024, name));
    }
    timeline.forEach((row, i) => {
      assert.equal(packed.say.failed[i], row.steps[1].failed);
      assert.equal(packed.say.completed[i], row.steps[1].completed);
      assert.equal(packed.heard.received[i], row.deliveries[0].received);
      for (const p of ["p50", "p99"]) {
        assert.ok(near(packed.say[p][i], row.steps[1].response_time_ns[p]));
        assert.ok(near(packed.heard[p][i], row.deliveries[0].delivery_time_ns[p]));
        assert.equal(packed.join[p][i], null);
      }
    });
    assert.equal(sum(packed.say.failed), 6);
  }));

for (const colorScheme of ["light", "dark"]) {
  test(`every chart is drawn in the targets' colours, ${colorScheme}`, () =>
    withPage({ colorScheme }, async (page) => {
      const inks = await inkOf(page);
      assert.ok(inks.length >= 6, `${inks.length} charts`);
      inks.forEach((ink, i) => {
        assert.ok(ink.painted > 2000, `chart ${i}: ${ink.painted} pixels`);
        assert.ok(ink.targets[1] > 100, `chart ${i}: ${ink.targets} pixels of the targets`);
      });
      assert.ok(inks[0].targets[0] > 300, "both curves stand in the percentile chart");
    }));
}

/** Charts follow the colour scheme by an event, which comes when it comes; a minute is for ever. */
async function repainted(page) {
  for (let tries = 0; tries < 600; tries++) {
    if ((await inkOf(page))[0].targets[0] > 300) {
      return true;
    }
    await page.waitForTimeout(100);
  }
  return false;
}

const scales = (page) =>
  page.evaluate(() =>
    [...charts]
      .filter((chart) => chart.root.closest("#timeline-charts"))
      .map(({ scales: { x } }) => [x.min, x.max]),
  );

test("dragging over one chart of the timeline zooms them all, a button resets", () =>
  withPage({}, async (page) => {
    const whole = await scales(page);
    assert.deepEqual(whole[0], [-5, 14]);
    const over = page.locator("#timeline-charts .u-over").nth(1);
    await over.scrollIntoViewIfNeeded();
    const box = await over.boundingBox();
    await page.mouse.move(box.x + box.width * 0.4, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30);
    await page.mouse.move(box.x + box.width * 0.7, box.y + 30);
    await page.mouse.up();
    await page.waitForFunction(() =>
      [...charts].every(
        (chart) => !chart.root.closest("#timeline-charts") || chart.scales.x.min > 0,
      ),
    );
    const zoomed = await scales(page);
    for (const [min, max] of zoomed) {
      assert.ok(Math.abs(min - 2.6) < 0.2 && Math.abs(max - 8.3) < 0.2, `${min} to ${max}`);
    }
    assert.ok(
      Math.abs(
        Number(await page.inputValue("#timeline ~ .controls input >> nth=0")) - zoomed[0][0],
      ) < 0.01,
    );
    await page.click("text=Whole trial");
    assert.deepEqual(await scales(page), whole);
  }));

test("the keyboard zooms too, and chooses the time and the trial", () =>
  withPage({}, async (page) => {
    await page.locator("#timeline ~ .controls input").nth(0).fill("3");
    await page.locator("#timeline ~ .controls input").nth(1).fill("9");
    await page.keyboard.press("Tab");
    assert.ok((await scales(page)).every(([min, max]) => min === 3 && max === 9));
    await page.locator("#timeline ~ .controls select").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector("#timeline-charts figure:has-text('Failed')");
    await page
      .locator("#percentiles ~ .controls select")
      .selectOption({ label: "say: response time" });
    await page.waitForSelector("#percentile-chart[aria-label*='say: response time']");
    const cells = await page
      .locator("section[aria-labelledby=percentiles] tbody tr")
      .nth(6)
      .locator("td")
      .allTextContents();
    assert.equal(cells[0], "8.49 ms");
  }));

test("a line of the percentile chart ends where failures begin", () =>
  withPage({}, async (page) => {
    await page
      .locator("#percentiles ~ .controls select")
      .selectOption({ label: "say: response time" });
    await page.waitForSelector("#percentile-chart[aria-label*='say: response time']");
    const ends = await page.evaluate(() => {
      const chart = [...charts].find(({ root }) => root.closest("#percentile-chart"));
      const [xs, ...lines] = chart.data;
      return [lines[2], lines[5]].map((line) => xs[line.findLastIndex((value) => value !== null)]);
    });
    const django = run.targets[1].trials.flatMap(({ steps }) => steps[1]);
    const failed = 1 - sum(django.map(({ ok }) => ok)) / sum(django.map(({ count }) => count));
    assert.ok(
      Math.abs(ends[1] + Math.log10(failed)) < 0.02,
      `ends at ${ends[1]}, ${-Math.log10(failed)} expected`,
    );
    assert.ok(Math.abs(ends[0] - Math.log10(3000)) < 0.02, `ends at ${ends[0]}`);
  }));

test("dark and light follow the system, paper is always light", () =>
  withPage({ colorScheme: "dark" }, async (page) => {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await paper(), "rgb(20, 23, 26)");
    const dark = await page.evaluate(() => paint("--t0"));
    await page.emulateMedia({ colorScheme: "light" });
    assert.equal(await paper(), "rgb(255, 255, 255)");
    assert.ok(await repainted(page), "the charts changed with it");
    await page.emulateMedia({ colorScheme: "dark", media: "print" });
    assert.equal(await paper(), "rgb(255, 255, 255)");
    assert.notEqual(await page.evaluate(() => paint("--t0")), dark);
    assert.ok(await repainted(page), "the charts changed with it");
    assert.equal(await page.locator("nav").isVisible(), false);
  }));

for (const width of [320, 390, 768]) {
  test(`nothing scrolls sideways at ${width} pixels`, () =>
    withPage({ viewport: { width, height: 800 } }, async (page) => {
      await page.evaluate(() =>
        document.querySelectorAll("details").forEach((details) => {
          details.open = true;
        }),
      );
      const [content, room] = await page.evaluate(() => [
        document.scrollingElement.scrollWidth,
        innerWidth,
      ]);
      assert.ok(content <= room, `${content} pixels in ${room}`);
      (await inkOf(page)).forEach((ink) => assert.ok(ink.width <= width));
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

test("text from outside stays text", async () => {
  const hostile = sampleFolder("hostile");
  await withPage(
    {},
    async (page) => {
      assert.match(await page.textContent("h1"), /^<\/script><script>document\.title='owned'/);
      assert.doesNotMatch(await page.title(), /^owned$/);
      assert.equal(await page.locator("img").count(), 0);
      assert.equal(await page.locator("script").count(), 3);
      assert.match(
        await page.locator("#errors ~ .scroll pre").first().textContent(),
        /^<\/script>/,
      );
      assert.match(await page.textContent("#verdict"), /^INVALID/);
      const struck = await page.locator(".sheet tbody tr:not(.group) td:nth-child(3) s").count();
      assert.equal(
        struck,
        await page.locator(".sheet tbody tr:not(.group)").count(),
        "django's figures are struck through",
      );
      assert.equal(await page.locator(".sheet td:nth-child(2) s").count(), 0);
    },
    hostile,
  );
});

test("the page's policy lets nothing else run and nothing out", () =>
  withPage({}, async (page) => {
    const outcome = await page.evaluate(async () => {
      const script = document.createElement("script");
      script.textContent = "window.owned = true";
      document.body.append(script);
      const fetched = await fetch("data:text/plain,x").then(
        () => true,
        () => false,
      );
      return { ran: window.owned === true, fetched };
    });
    assert.deepEqual(outcome, { ran: false, fetched: false });
    assert.equal(page.faults.length > 0, true);
    page.faults.length = 0; // the browser's own words about what it refused
  }));

for (const kind of ["bare", "empty"]) {
  test(`a ${kind} record has a page too`, async () => {
    await withPage(
      {},
      async (page) => {
        assert.ok(await page.locator("section[aria-labelledby=repeat]").isVisible());
        assert.equal(await page.locator("#evidence > .verdict").count(), 0);
      },
      sampleFolder(kind),
    );
  });
}

test("streams have curves, a timeline and details", async () => {
  const streams = sampleFolder("streams");
  const run = JSON.parse(readFileSync(join(streams, "run.json"), "utf8"));
  await withPage(
    {},
    async (page) => {
      const select = page.locator("#percentiles ~ .controls select");
      await select.selectOption({ label: "ticks (stream): gap between events" });
      await page.waitForSelector("#percentile-chart[aria-label*='gap between events']");
      await page
        .locator("#timeline ~ .controls select")
        .nth(1)
        .selectOption({ label: "ticks: gap between events" });
      await page.waitForSelector("#timeline-charts figure:has-text('ticks: gap')");
      const events = await page.evaluate(async () => (await loadSeries()[0][0].streams(0)).events);
      const want = run.targets[0].trials[0].timeline.map((row) => row.streams[0].events);
      assert.deepEqual(events, want);
      await page.locator("#details ~ details > summary").first().click();
      await page.waitForSelector("h3:has-text('Streams')");
    },
    streams,
  );
});

test("a comparison of runs is a page of the same kind", async () => {
  const page = join(scratchFolder(), "report.html");
  const program = join(process.env.LG_BUILD ?? join(import.meta.dirname, "../../build/debug"), "loadgen");
  execFileSync(program, ["compare", folder, folder, "--format", "html", "--out", page], {
    stdio: "ignore",
  });
  await withPage(
    {},
    async (page) => {
      const legend = await page.locator("#percentiles ~ div figcaption").first().textContent();
      for (const name of ["A node", "B node", "A django", "B django"]) {
        assert.ok(legend.includes(name), `${name} in ${legend}`);
      }
      assert.equal(await page.locator("table.comparison").count(), 2);
      assert.equal(await page.locator("#environment").count(), 0);
      assert.equal(await page.locator("nav a:visible").count(), 6);
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate(() => axe.run(document));
      assert.deepEqual(violations.map(({ id }) => id), []);
    },
    dirname(page),
  );
});

test("an hour of ten targets with twenty steps is a page that one can send and open", async (t) => {
  const hour = sampleFolder("hour");
  try {
    const bytes = statSync(join(hour, "report.html")).size;
    await withPage(
      {},
      async (page) => {
        const drawn = await page.evaluate(() => Math.round(performance.now()));
        t.diagnostic(`${bytes} bytes, drawn ${drawn} ms after it was asked for`);
        assert.ok(bytes < 12e6, `${bytes} bytes`);
        assert.deepEqual((await scales(page))[0], [-30, 3599]);
        const points = () =>
          page.evaluate(() => [...charts].find((c) => c.root.closest("#timeline-charts")).data[0].length);
        assert.equal(await points(), 726, "five seconds to a point");
        await page.locator("#timeline ~ .controls input").nth(0).fill("100");
        await page.locator("#timeline ~ .controls input").nth(1).fill("400");
        await page.keyboard.press("Tab");
        assert.equal(await points(), 3630, "every second, once there is room");
        await page.click("text=Whole trial");
        assert.equal(await points(), 726);
        await page.locator("#timeline ~ .controls select").first().selectOption("steps 19");
        await page.waitForSelector("#timeline-charts figure:has-text('step-20: response time')");
        assert.equal(await page.locator("#details ~ details table").count(), 0, "made when opened");
        await page.locator("#details ~ details summary").first().click();
        await page.waitForSelector("#details ~ details table");
      },
      hour,
    );
  } finally {
    rmSync(hour, { recursive: true });
  }
});

test("times that are all zero can be drawn, on a logarithmic axis too", () =>
  withPage({}, async (page) => {
    await page
      .locator("#percentiles ~ .controls select")
      .selectOption({ label: "say: wait for a free connection" });
    await page.waitForSelector("#percentile-chart[aria-label*='wait for a free']");
    await page.locator("#percentiles ~ .controls input").check();
    await page.waitForFunction(
      () => document.querySelectorAll("#percentile-chart canvas").length === 1,
    );
  }));

test("without JavaScript the first screen is whole", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`file://${join(folder, "report.html")}`);
  assert.equal(await page.textContent("h1"), run.headline);
  assert.ok((await page.locator(".sheet tbody tr").count()) > 30);
  assert.ok(await page.locator("noscript").isVisible());
  await context.close();
});

test("steps at once have their rows", async () => {
  const groups = sampleFolder("groups");
  const kept = JSON.parse(readFileSync(join(groups, "run.json"), "utf8"));
  await withPage(
    {},
    async (page) => {
      const labels = await page.locator(".sheet tbody th").allTextContents();
      const group = kept.targets[0].trials[0].steps.find(({ name }) => name === "page");
      assert.ok(group, "the sample has a group");
      assert.ok(labels.some((text) => text.startsWith("page")), labels.join());
    },
    groups,
  );
  rmSync(groups, { recursive: true });
});
