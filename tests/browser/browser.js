// What the browser tests share: Debian's Chromium, and the pages of the sample run.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));

// A folder that is gone when this process has ended.
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), "lg-report-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// A folder with the report of the sample run; LG_BUILD names the build folder.
export function sampleFolder(...kind) {
  const program = join(process.env.LG_BUILD ?? join(root, "build/debug"), "tests/sample_folder");
  if (!existsSync(program)) {
    throw new Error(`${program} is missing: cmake --build --preset debug --target sample_folder`);
  }
  const folder = scratchFolder();
  execFileSync(program, [folder, ...kind], { stdio: "inherit" });
  return folder;
}

// No time limit is the question of any test: this one ends what hangs, on a busy machine, too.
const PATIENCE = 120000; // ms

export function launch() {
  return chromium.launch({
    timeout: PATIENCE,
    executablePath: process.env.LG_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

// The page of a report folder, fully drawn.  page.faults collects whatever it complains of.
export function openReport(browser, folder, options = {}) {
  return openPage(browser, join(folder, "report.html"), options);
}

export async function openPage(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.faults = [];
  page.requests = [];
  page.on(
    "console",
    (message) => ["error", "warning"].includes(message.type()) && page.faults.push(message.text()),
  );
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("request", (request) => page.requests.push(request.url()));
  await page.goto(`file://${file}`);
  await page.waitForFunction(() => document.documentElement.dataset.ready);
  return page;
}
