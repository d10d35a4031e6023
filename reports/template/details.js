// The evidence below the charts, from the run record.

const PERCENTILE_HEAD = [
  "succeeded",
  "failed, lost",
  "min",
  "p50",
  "p90",
  "p95",
  "p99",
  "p99.9",
  "p99.99",
  "max",
  "mean",
];

function percentileCells(h, beyond) {
  const fields = ["p50", "p90", "p95", "p99", "p999", "p9999"];
  const quantiles = TABLE_TAILS.map(([, tail], i) =>
    shownQuantile({ ...h, beyond }, h[fields[i]], tail),
  );
  return [
    showCount(h.count),
    showCount(h.above),
    showTime(h.min),
    ...quantiles,
    showTime(h.max),
    showTime(h.mean),
  ];
}

const STEP_TIMES = [
  ["response_time_ns", "response"],
  ["service_time_ns", "service"],
  ["first_byte_time_ns", "first byte"],
  ["schedule_lag_ns", "schedule lag"],
  ["slot_wait_ns", "slot wait"],
  ["failed_time_ns", "failed after"],
];

function timesTable(trial) {
  const rows = [];
  const add = (name, h, beyond = "failed") =>
    h && h.count + h.above > 0 && rows.push([name, ...percentileCells(h, beyond)]);
  for (const step of trial.steps) {
    STEP_TIMES.forEach(([field, label]) => add(`${step.name}: ${label}`, step[field]));
  }
  for (const one of trial.deliveries) {
    add(`${one.name}: delivery`, one.delivery_time_ns, "lost");
    add(`${one.name}: first to last`, one.spread_time_ns);
  }
  for (const one of trial.streams) {
    add(`${one.name}: first event`, one.first_event_time_ns);
    add(`${one.name}: gap between events`, one.gap_time_ns);
    add(`${one.name}: reconnection`, one.reconnect_time_ns);
    add(`${one.name}: longest pause`, one.pause_time_ns);
  }
  for (const users of trial.users) {
    add(`${users.name}: iteration`, users.iteration_time_ns);
    add(`${users.name}: connecting`, users.connect_time_ns);
    add(`${users.name}: lateness of sends`, users.schedule.lateness_ns);
  }
  return table("Times of this trial", ["time", ...PERCENTILE_HEAD], rows);
}

function stepsTable(trial) {
  return table(
    "Steps of this trial",
    ["step", "users", "exchanges", "ok", "failed", "bytes in", "bytes out"],
    trial.steps.map((step) => [
      step.name + (step.setup ? " (set-up)" : ""),
      step.users,
      showCount(step.count),
      showCount(step.ok),
      showCount(step.count - step.ok),
      showBytes(step.bytes_in),
      showBytes(step.bytes_out),
    ]),
    [1],
  );
}

function accountingTable(trial) {
  const names = [
    "scheduled",
    "completed",
    "failed",
    "timed_out",
    "shed",
    "dropped",
    "in_flight_at_end",
  ];
  return table(
    "Where every arrival went",
    ["users", ...names.map((name) => name.replaceAll("_", " "))],
    trial.users.map((users) => [
      users.name,
      ...names.map((name) => showCount(users.accounting[name])),
    ]),
  );
}

const LOAD_ROWS = [
  ["arrivals", (users) => users.schedule.process],
  ["intended", (users) => showRate(users.intended_per_s)],
  ["offered", (users) => showRate(users.offered_per_s)],
  ["achieved", (users) => showRate(users.achieved_per_s)],
  ["connections", (users) => `${showCount(users.connected)} of ${showCount(users.connections)}`
    + (users.streams > 1 ? `, ${showCount(users.streams)} users on each` : "")],
  ["reconnects", (users) => showCount(users.reconnects)],
  ["WebSockets with compression", (users) => showCount(users.compressed)],
  [
    "TLS handshakes (resumed)",
    (users) => `${showCount(users.tls_handshakes)} (${showCount(users.tls_resumed)})`,
  ],
  ["variation of the gaps between sends (CV)", (users) => showRatio(users.schedule.gap_cv)],
  ["fit to the declared arrivals, p", (users) => showRatio(users.schedule.fit_p)],
  ["sends late by over 1 ms: generator", (users) => showCount(users.schedule.blame.generator)],
  [
    "sends late by over 1 ms: no free connection",
    (users) => showCount(users.schedule.blame.no_connection),
  ],
  [
    "sends late by over 1 ms: still connecting",
    (users) => showCount(users.schedule.blame.connecting),
  ],
];

function loadTable(trial) {
  return table(
    "Load of this trial",
    ["users", ...trial.users.map(({ name }) => name)],
    LOAD_ROWS.map(([name, show]) => [name, ...trial.users.map(show)]),
  );
}

function deliveriesTable(trial) {
  const names = [
    "messages",
    "expected",
    "received",
    "lost",
    "duplicated",
    "reordered",
    "unexpected",
  ];
  return trial.deliveries.length === 0
    ? null
    : table(
        "Completeness of delivery",
        ["deliveries", ...names],
        trial.deliveries.map((one) => [one.name, ...names.map((name) => showCount(one[name]))]),
      );
}

function streamsTable(trial) {
  const counts = [
    "opened",
    "failed",
    "reconnects",
    "events",
    "stalls",
    "missing",
    "duplicated",
    "reordered",
    "coalesced",
  ];
  return trial.streams.length === 0
    ? null
    : table(
        "Streams of events, and downloads",
        ["stream", "kind", ...counts, "expected gap", "deviation", "jitter", "each, p50 of bytes/s"],
        trial.streams.map((one) => [
          one.name,
          one.kind,
          ...counts.map((name) => showCount(one[name])),
          showTime(one.expected_gap_ns),
          showTime(one.gap_sd_ns),
          showTime(one.jitter_ns),
          showBytes(one.throughput_bytes_per_s?.p50),
        ]),
        [1],
      );
}

function definitions(pairs) {
  return el(
    "dl",
    {},
    pairs
      .filter(([, value]) => value !== "" && value !== null && value !== undefined)
      .map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

function serverList({ server }) {
  if (!server.sampled) {
    return el("p", { class: "soft" }, "The server's processes were not sampled.");
  }
  const us = (value) => (isNumber(value) ? showTime(value * 1e3) : null);
  return definitions([
    ["CPU in the window", showTime(server.cpu_s * 1e9)],
    ["CPU per completed iteration", us(server.cpu_us_per_completed)],
    ["CPU per delivery", us(server.cpu_us_per_delivery)],
    ["RSS idle, peak", `${showBytes(server.idle_rss_bytes)}, ${showBytes(server.max_rss_bytes)}`],
    [
      "RSS per connection",
      isNumber(server.rss_bytes_per_connection) ? showBytes(server.rss_bytes_per_connection) : null,
    ],
    ["processes at most", showCount(server.processes)],
    ["ready after", showTime(server.ready_s * 1e9)],
    ["ended", server.ended ? el("pre", { tabindex: "0" }, server.ended) : null],
  ]);
}

// What is made when it is first opened: a long run has thousands of rows here.
function lazyDetails(summary, make, open = false) {
  const details = el("details", { ontoggle: fill }, summary);
  function fill() {
    if (details.open && details.childElementCount === 1) {
      details.append(...make().filter((part) => part !== null));
    }
  }
  details.open = open;
  return details;
}

function trialDetails(trial, open) {
  const summary = el(
    "summary",
    {},
    `Trial ${trial.number} `,
    el(
      "span",
      { class: "soft" },
      `${showDate(trial.started_at)}, ${showTime(trial.duration_s * 1e9)} after `,
      `${showTime(trial.warmup_s * 1e9)} of warm-up`,
      trial.interrupted ? ", interrupted" : "",
    ),
  );
  const parts = () => [
    el("h3", {}, "Steps"),
    stepsTable(trial),
    el("h3", {}, "Times"),
    timesTable(trial),
    trial.deliveries.length > 0 ? el("h3", {}, "Deliveries") : null,
    deliveriesTable(trial),
    trial.streams.length > 0 ? el("h3", {}, "Streams") : null,
    streamsTable(trial),
    el("h3", {}, "Load"),
    loadTable(trial),
    el("h3", {}, "Where every arrival went"),
    accountingTable(trial),
    el("h3", {}, "Server"),
    serverList(trial),
  ];
  return lazyDetails(summary, parts, open);
}

function targetDetails(target, index) {
  const summary = el(
    "summary",
    {},
    key(index),
    target.name,
    " ",
    el("span", { class: "soft" }, `${target.label ? `${target.label}, ` : ""}${target.url}`),
  );
  return lazyDetails(summary, () => [
    definitions(Object.entries(target.versions)),
    ...target.trials.map((trial, i) => trialDetails(trial, i === 0)),
  ]);
}

function detailsSection(run) {
  return section("details", "Details", run.targets.map(targetDetails));
}

function errorsSection(run) {
  const rows = run.targets.flatMap((target, index) =>
    target.trials.flatMap((trial) =>
      trial.steps.flatMap((step) =>
        step.error_rows.map((error) => [
          el("span", {}, key(index), target.name),
          String(trial.number),
          step.name,
          error.code ? `${error.class} ${error.code}` : error.class,
          showCount(error.count),
          `${Number(error.first_at_s.toFixed(3))} s`,
          error.sample ? el("pre", { tabindex: "0" }, error.sample) : "",
        ]),
      ),
    ),
  );
  return section(
    "errors",
    "Errors",
    rows.length === 0
      ? el("p", {}, "Every exchange succeeded.")
      : table(
          "Errors by target, trial, step and class",
          [
            "target",
            "trial",
            "step",
            "class and code",
            "count",
            "first at",
            "what the first one looked like",
          ],
          rows,
          [2, 3, 6],
        ),
  );
}

// The arrival certificate: whether the load was the one that was asked for.
function arrivalsTable(run) {
  const rows = run.targets.flatMap((target, index) =>
    target.trials.flatMap((trial) =>
      trial.users
        .filter(({ schedule }) => schedule.process !== "none")
        .map((users) => [
          el("span", {}, key(index), target.name),
          String(trial.number),
          users.name,
          users.schedule.process,
          showRate(users.intended_per_s),
          showRate(users.offered_per_s),
          showRatio(users.schedule.gap_cv),
          showRatio(users.schedule.fit_p),
          showTime(users.schedule.lateness_ns?.p99),
          ...["generator", "no_connection", "connecting"].map((cause) =>
            showCount(users.schedule.blame[cause]),
          ),
        ]),
    ),
  );
  return table(
    "What the generator promised of its arrivals, and kept",
    [
      "target",
      "trial",
      "users",
      "declared",
      "intended",
      "offered",
      "CV of gaps",
      "fit, p",
      "late, p99",
      "late over 1 ms: generator",
      "no connection",
      "connecting",
    ],
    rows,
    [2, 3],
  );
}

function checksSection(run) {
  const rows = run.targets.flatMap((target, index) =>
    target.trials.flatMap((trial) =>
      trial.validity.map((check) => ({
        breached: check.measured && !check.met,
        cells: [
          el("span", {}, key(index), target.name),
          String(trial.number),
          check.met
            ? "passed"
            : check.measured
              ? el("strong", { class: "bad" }, "breached")
              : "not measured",
          check.id.replaceAll("_", " "),
          check.text,
        ],
      })),
    ),
  );
  const failing = rows.filter(({ breached }) => breached);
  const head = ["target", "trial", "result", "check", "observed and allowed"];
  const generator = run.targets.flatMap((target, index) =>
    target.trials.map((trial) => [
      el("span", {}, key(index), target.name),
      String(trial.number),
      showShare(trial.generator.cpu_utilisation),
      showTime(trial.generator.cpu_s * 1e9),
      showCount(trial.generator.threads),
      showBytes(trial.generator.max_rss_bytes),
      showShare(trial.generator.steal_share),
    ]),
  );
  return section(
    "checks",
    "Checks on the measurement",
    el(
      "p",
      {},
      rows.length === 0
        ? "No check is on record."
        : failing.length === 0
          ? `None of the ${rows.length} checks was breached.`
          : `${failing.length} of ${rows.length} checks were breached.`,
    ),
    failing.length > 0
      ? table(
          "Checks that were breached",
          head,
          failing.map(({ cells }) => cells),
          [2, 3, 4],
        )
      : null,
    el(
      "details",
      {},
      el("summary", {}, "The other checks"),
      table(
        "Checks that were not breached",
        head,
        rows.filter(({ breached }) => !breached).map(({ cells }) => cells),
        [2, 3, 4],
      ),
    ),
    el("h3", {}, "Arrivals"),
    arrivalsTable(run),
    el("h3", {}, "Generator"),
    table(
      "The generator itself",
      ["target", "trial", "busiest thread", "CPU", "threads", "peak RSS", "stolen"],
      generator,
    ),
  );
}

function environmentSection({ environment, scenario, seed }) {
  return section(
    "environment",
    "Environment",
    definitions([
      ["processor", environment.cpu],
      ["cores", String(environment.cores)],
      ["memory", showBytes(environment.memory_bytes)],
      ["kernel", environment.kernel],
      ["system", environment.os],
      ["CPU frequency governor", environment.governor],
      ["open files allowed", showCount(environment.open_files_limit)],
      ["loadgen's commit", environment.commit || "not built in a checkout"],
      ["scenario hash", scenario.hash],
      ["seed", seed],
      ...Object.entries(environment.versions),
    ]),
  );
}

function scenarioSection({ scenario }) {
  const rows = scenario.resolved.map((setting) => {
    const cells = [
      setting.section,
      setting.key,
      el("code", {}, setting.value),
      setting.is_default ? "default" : "scenario",
    ];
    cells.class = setting.is_default ? "default" : null;
    return cells;
  });
  return section(
    "scenario",
    "Scenario",
    el("p", { class: "soft" }, scenario.file),
    el("details", {}, el("summary", {}, "Source"), el("pre", { tabindex: "0" }, scenario.source)),
    el(
      "details",
      {},
      el("summary", {}, "Resolved settings, with defaults"),
      table("Resolved settings", ["section", "key", "value", "from"], rows, [1, 2, 3]),
    ),
  );
}
