// Puts the page together.  `document.documentElement.dataset.ready` says when all is drawn.

// The record without its seconds, as report/pack.c packed it.
async function loadRun() {
  const packed = document.getElementById("run").textContent;
  return JSON.parse(new TextDecoder().decode(await inflate(bytesOfBase64(packed))));
}

async function main() {
  const run = await loadRun();
  const percentiles = percentileSection(run);
  const timeline = timelineSection(run, loadSeries());
  const parts = [
    percentiles.node,
    timeline.node,
    detailsSection(run),
    errorsSection(run),
    checksSection(run),
    // Of runs compared each has its own; what differs stands above.
    ...(document.getElementById("compared")
      ? []
      : [environmentSection(run), scenarioSection(run), repeatSection(run)]),
  ];
  document.getElementById("evidence").append(...parts.filter((part) => part !== null));
  await timeline.mount?.();
  await percentiles.ready;
  for (const link of document.querySelectorAll("nav a")) {
    link.hidden = document.querySelector(link.hash) === null;
  }
  document.documentElement.dataset.ready = "true";
}

main().catch((error) => {
  document
    .getElementById("evidence")
    .prepend(
      el(
        "p",
        { class: "verdict bad" },
        `The evidence below could not be drawn (${error.message}); `,
        "the figures above and run.json stand.",
      ),
    );
  document.documentElement.dataset.ready = "failed";
  throw error;
});
