// For the eye: node screenshots.js FOLDER [PAGE.html] writes the page in every dress.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { launch, openPage, sampleFolder } from "./browser.js";

const dresses = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
};

const [out = "screenshots", file = join(sampleFolder(), "report.html")] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const browser = await launch();
for (const [name, options] of Object.entries(dresses)) {
  const page = await openPage(browser, resolve(file), options);
  await page.screenshot({ path: join(out, `${name}-first.png`) });
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
  if (page.faults.length > 0) {
    console.log(name, page.faults);
  }
  if (name === "dark") {
    await page.pdf({ path: join(out, "print.pdf"), format: "A4", printBackground: true });
  }
}
await browser.close();
