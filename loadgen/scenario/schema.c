#include "scenario/schema.h"

#include "scenario/draft.h"

#define S(member) offsetof(struct lg_scenario_draft, member)
#define U(member) offsetof(struct lg_users_draft, member)
#define P(member) offsetof(struct lg_step_draft, member)
#define A(member) offsetof(struct lg_data_draft, member)
#define D(member) offsetof(struct lg_deliveries_draft, member)
#define T(member) offsetof(struct lg_target_draft, member)

static const struct lg_section_info sections[LG_SECTION_KINDS] = {
    [LG_SECTION_SCENARIO] = {"scenario", false,
                             "What is tested, against which servers, for how long.",
                             "[scenario]\ntargets  = node, django\nduration = 60s"},
    [LG_SECTION_USERS] = {"users", true,
                          "A kind of user: how many connections, what they do, and how often.",
                          "[users chatter]\nconnections = 200\nroom        = zipf 1..20\n"
                          "setup       = join\nsteps       = say\nrate        = 100/s"},
    [LG_SECTION_STEP] =
        {"step", true,
         "One thing that a user does and that is measured: a WebSocket that is opened, a "
         "message, an HTTP exchange, or several of these at once.",
         "[step say]\nsend  = {\"type\":\"say\",\"id\":\"${message.id}\"}\n"
         "await = json /id == \"${message.id}\" within 5s"},
    [LG_SECTION_DATA] =
        {"data", true,
         "A table of values, of which each iteration or each user takes a row: ${NAME.COLUMN} in "
         "steps. The same seed gives the same rows, however many threads there are.",
         "[data people]\nfile  = people.csv\norder = shuffle"},
    [LG_SECTION_DELIVERIES] =
        {"deliveries", true,
         "Messages measured at every receiver, not only at the sender: how long each "
         "took, and which were lost, duplicated or reordered.",
         "[deliveries heard]\nmatch = json /type == \"message\"\n"
         "id    = json /id\nsent  = json /at\ngroup = ${room}"},
    [LG_SECTION_OBJECTIVES] =
        {"objectives", false, "What must hold for the run to be a success; a miss is exit code 3.",
         "[objectives]\nsay.response   = p(99) < 100ms\n"
         "heard.delivery = p(99) < 200ms, lost == 0\nerrors         = rate < 0.1%"},
    [LG_SECTION_TARGET] =
        {"target", true,
         "A server under test: how to start it, or where it runs.  Those of targets.ini "
         "are known; a section here adds one, or changes keys of one.",
         "[target mine]\nfolder  = ../my-server\ncommand = node server.js\n"
         "url     = http://127.0.0.1:${PORT}"},
};

static const struct lg_word warmup_words[] = {
    {"auto", LG_WARMUP_AUTO, "until response times are steady"}, {0}};
static const struct lg_word threads_words[] = {{"auto", 1, "one"}, {0}};
static const struct lg_word connect_rate_words[] = {
    {"unlimited", 0, "as fast as they can be opened"}, {0}};
static const struct lg_word timing_words[] = {
    {"exact", LG_TIMING_EXACT, "every send at its time, within about 50 us"},
    {"economical", LG_TIMING_ECONOMICAL,
     "what is due waits up to 1 ms for what is due soon: less CPU, later sends"},
    {0}};
static const struct lg_word priority_words[] = {
    {"normal", LG_PRIORITY_NORMAL, "like every other program"},
    {"realtime", LG_PRIORITY_REALTIME,
     "before all of those (SCHED_FIFO): sends keep their time where servers use the same cores; "
     "needs root or 'ulimit -r 1'"},
    {0}};
static const struct lg_word http_words[] = {
    {"1.1", LG_HTTP_1_1, "HTTP/1.1, and WebSocket over it"},
    {"h2", LG_HTTP_2, "HTTP/2 over TLS, and WebSocket over it (RFC 8441)"},
    {"h2c", LG_HTTP_2_CLEARTEXT, "HTTP/2 without TLS, with prior knowledge, and WebSocket over it"},
    {0}};
static const struct lg_word arrivals_words[] = {
    {"poisson", LG_ARRIVAL_POISSON,
     "open model, random gaps: many people who do not know each other"},
    {"constant", LG_ARRIVAL_CONSTANT, "open model, equal gaps"},
    {"closed", LG_ARRIVAL_CLOSED, "each user begins again when it is done: queueing stays unseen"},
    {"none", LG_ARRIVAL_NONE, "users only connect, do their setup and listen"},
    {"trace", LG_ARRIVAL_TRACE,
     "trace FILE: at the times of a trace, a timing script of h2load or an access log (whose "
     "requests are spread over their second at random, by the seed); ends with it"},
    {0}};
static const struct lg_word measure_words[] = {
    {"throughput", 1, "of each answer, bytes per second from send to end, and its pauses"}, {0}};
static const struct lg_word overload_words[] = {
    {"queue", LG_OVERLOAD_QUEUE, "it waits, and the wait counts"},
    {"drop", LG_OVERLOAD_DROP, "it is counted as dropped"},
    {"shed", LG_OVERLOAD_SHED, "shed TIME: it waits that long, then it is counted as shed"},
    {0}};

static const struct lg_word data_order_words[] = {
    {"cycle", LG_DATA_CYCLE, "in the order of the file, from the first again after the last"},
    {"shuffle", LG_DATA_SHUFFLE,
     "each row once in an order drawn from the seed, then another order"},
    {"once", LG_DATA_ONCE, "in the order of the file; when the last is taken, the load ends"},
    {0}};
static const struct lg_word data_per_words[] = {
    {"iteration", LG_DATA_PER_ITERATION, "each arrival takes the next row"},
    {"user", LG_DATA_PER_USER, "each user has a row and keeps it"},
    {0}};

static const struct lg_option rows[] = {
    /* ---- [scenario] ---- */
    {.section = LG_SECTION_SCENARIO,
     .key = "name",
     .type = LG_VALUE_TEXT,
     .offset = S(plan.name),
     .help = "The scenario's name in reports; without it, the file's name.",
     .example = "chat"},
    {.section = LG_SECTION_SCENARIO,
     .key = "claim",
     .type = LG_VALUE_CLAIM,
     .offset = S(plan.claim),
     .preset = "",
     .may_be_empty = true,
     .help = "The claims about Node and Python that this scenario puts to the test; loadgen "
             "explain claims lists them.",
     .example = "realtime"},
    {.section = LG_SECTION_SCENARIO,
     .key = "targets",
     .type = LG_VALUE_NAMES,
     .offset = S(targets),
     .help = "The servers to test, in this order; without it, every [target NAME] of the scenario.",
     .example = "node, django"},
    {.section = LG_SECTION_SCENARIO,
     .key = "with",
     .type = LG_VALUE_NAMES,
     .offset = S(with),
     .help = "Servers that are started before each target and not tested; the target finds the one "
             "called stub at STUB_URL of its environment.",
     .example = "stub"},
    {.section = LG_SECTION_SCENARIO,
     .key = "targets_file",
     .type = LG_VALUE_FILE,
     .offset = S(targets_file),
     .help = "The file that describes targets; without it, targets.ini beside the scenario, "
             "../targets/targets.ini, or the installed one.",
     .example = "../targets/targets.ini"},
    {.section = LG_SECTION_SCENARIO,
     .key = "features",
     .type = LG_VALUE_TEXT,
     .offset = S(features),
     .help =
         "What the servers that loadgen starts are asked to load, as FEATURES of their "
         "environment; the reference servers have core, cpu, crawler, errors, gateway, services, "
         "image, ocr, data, ml.",
     .example = "core,cpu"},
    {.section = LG_SECTION_SCENARIO,
     .key = "warmup",
     .type = LG_VALUE_TIME,
     .offset = S(plan.warmup),
     .preset = "auto",
     .low = "0s",
     .high = "1h",
     .words = warmup_words,
     .help = "Load that is sent before the measured time begins.",
     .example = "10s"},
    {.section = LG_SECTION_SCENARIO,
     .key = "duration",
     .type = LG_VALUE_TIME,
     .offset = S(plan.duration),
     .preset = "60s",
     .low = "100ms",
     .high = "168h",
     .help = "The measured time of each trial.",
     .example = "60s"},
    {.section = LG_SECTION_SCENARIO,
     .key = "cooldown",
     .type = LG_VALUE_TIME,
     .offset = S(plan.cooldown),
     .preset = "5s",
     .low = "0s",
     .high = "1h",
     .help =
         "The longest wait for open exchanges after the measured time; the load goes on meanwhile, "
         "uncounted.",
     .example = "5s"},
    {.section = LG_SECTION_SCENARIO,
     .key = "rate",
     .type = LG_VALUE_RATE,
     .offset = S(rate),
     .low = "0.001/s",
     .high = "10M/s",
     .rival = "stages",
     .help =
         "Arrivals per second that the kinds of user without a rate of their own share by their "
         "weights.",
     .example = "1k/s"},
    {.section = LG_SECTION_SCENARIO,
     .key = "stages",
     .type = LG_VALUE_STAGES,
     .low = "0/s",
     .high = "10M/s",
     .rival = "rate",
     .help = "The shared rate over time, as in [users NAME].",
     .example = "0s 100/s, 30s 1k/s"},
    {.section = LG_SECTION_SCENARIO,
     .key = "trials",
     .type = LG_VALUE_COUNT,
     .offset = S(plan.trials),
     .preset = "5",
     .low = "1",
     .high = "1000",
     .help = "How often each target is tested; targets take turns, so that drift hits all alike.",
     .example = "5"},
    {.section = LG_SECTION_SCENARIO,
     .key = "seed",
     .type = LG_VALUE_WHOLE,
     .offset = S(plan.seed),
     .preset = "1",
     .help = "The same seed gives the same arrivals, users and data.",
     .example = "42"},
    {.section = LG_SECTION_SCENARIO,
     .key = "threads",
     .type = LG_VALUE_COUNT,
     .offset = S(plan.threads),
     .preset = "auto",
     .low = "1",
     .high = "256",
     .words = threads_words,
     .help = "Threads of the generator; totals stay totals, whatever their number.",
     .example = "2"},
    {.section = LG_SECTION_SCENARIO,
     .key = "timing",
     .type = LG_VALUE_WORD,
     .offset = S(plan.timing),
     .preset = "exact",
     .words = timing_words,
     .help = "Whether sends keep their time to the microsecond or may share wake-ups.",
     .example = "economical"},
    {.section = LG_SECTION_SCENARIO,
     .key = "priority",
     .type = LG_VALUE_WORD,
     .offset = S(plan.priority),
     .preset = "normal",
     .words = priority_words,
     .help = "How the kernel's scheduler treats the generator's threads.",
     .example = "realtime"},
    {.section = LG_SECTION_SCENARIO,
     .key = "connect_timeout",
     .type = LG_VALUE_TIME,
     .offset = S(plan.connect_timeout),
     .preset = "5s",
     .low = "1ms",
     .high = "10m",
     .help = "The longest time for a connection, its TLS and WebSocket handshakes included.",
     .example = "5s"},
    {.section = LG_SECTION_SCENARIO,
     .key = "verify_tls",
     .type = LG_VALUE_SWITCH,
     .offset = S(plan.verify_tls),
     .preset = "yes",
     .help = "Whether a server's certificate must be valid for its name.",
     .example = "no"},
    {.section = LG_SECTION_SCENARIO,
     .key = "ca_file",
     .type = LG_VALUE_FILE,
     .offset = S(plan.ca_file),
     .help = "Certificates to trust (PEM) instead of the system's.",
     .example = "ca.pem"},

    /* ---- [users NAME] ---- */
    {.section = LG_SECTION_USERS,
     .key = "connections",
     .type = LG_VALUE_COUNT,
     .offset = U(out.connections),
     .required = true,
     .low = "1",
     .high = "1M",
     .help = "Connections held by this kind of user, total; one user has one connection, or "
             "shares it with others (streams).",
     .example = "200"},
    {.section = LG_SECTION_USERS,
     .key = "streams",
     .type = LG_VALUE_COUNT,
     .offset = U(out.streams),
     .preset = "1",
     .low = "1",
     .high = "10k",
     .help = "Users on each connection, with HTTP/2: connections x streams users in all.",
     .example = "32"},
    {.section = LG_SECTION_USERS,
     .key = "connect_rate",
     .type = LG_VALUE_RATE,
     .offset = U(out.connect_rate),
     .preset = "1k/s",
     .low = "0.01/s",
     .high = "1M/s",
     .words = connect_rate_words,
     .help = "How fast the connections are opened.",
     .example = "100/s"},
    {.section = LG_SECTION_USERS,
     .key = "http",
     .type = LG_VALUE_WORD,
     .offset = U(out.http),
     .preset = "1.1",
     .words = http_words,
     .help = "The HTTP version.",
     .example = "h2"},
    {.section = LG_SECTION_USERS,
     .key = "compression",
     .type = LG_VALUE_SWITCH,
     .offset = U(out.compression),
     .preset = "no",
     .help =
         "Whether WebSockets offer permessage-deflate (RFC 7692); the server may decline, and the "
         "report counts those that have it. It costs up to 40 kB a connection, and CPU time.",
     .example = "yes"},
    {.section = LG_SECTION_USERS,
     .key = "setup",
     .type = LG_VALUE_STEPS,
     .offset = U(setup),
     .help = "Steps done once by each user, after it has connected.",
     .example = "join"},
    {.section = LG_SECTION_USERS,
     .key = "steps",
     .type = LG_VALUE_STEPS,
     .offset = U(steps),
     .help = "Steps done for each arrival, one after the other, by a user that is free.",
     .example = "login, browse x 5, (view, like) x 3, buy"},
    {.section = LG_SECTION_USERS,
     .key = "arrivals",
     .type = LG_VALUE_ARRIVALS,
     .preset = "poisson",
     .words = arrivals_words,
     .help = "What decides when work begins.",
     .example = "constant"},
    {.section = LG_SECTION_USERS,
     .key = "rate",
     .type = LG_VALUE_RATE,
     .offset = U(rate),
     .low = "0.001/s",
     .high = "10M/s",
     .rival = "stages",
     .help = "Arrivals per second of this kind of user, total.",
     .example = "1k/s"},
    {.section = LG_SECTION_USERS,
     .key = "stages",
     .type = LG_VALUE_STAGES,
     .low = "0/s",
     .high = "10M/s",
     .rival = "rate",
     .help =
         "The rate over time, warm-up included, straight between two stages; two at one time are a "
         "step, and the last one holds.",
     .example = "0s 100/s, 30s 1k/s, 90s 1k/s, 91s 5k/s"},
    {.section = LG_SECTION_USERS,
     .key = "weight",
     .type = LG_VALUE_COUNT,
     .offset = U(out.weight),
     .preset = "1",
     .low = "1",
     .high = "1M",
     .help = "Its part of the rate in [scenario], beside the weights of the others.",
     .example = "3"},
    {.section = LG_SECTION_USERS,
     .key = "cookies",
     .type = LG_VALUE_SWITCH,
     .offset = U(out.cookies),
     .preset = "no",
     .help = "Each user keeps the cookies that it gets, and sends them (RFC 6265).",
     .example = "yes"},
    {.section = LG_SECTION_USERS,
     .key = "trace_speed",
     .type = LG_VALUE_NUMBER,
     .offset = U(out.trace_speed),
     .preset = "1",
     .low = "0.001",
     .high = "1000",
     .help = "How fast the trace is replayed: 2 is twice as fast, with half the time between "
             "requests.",
     .example = "2"},
    {.section = LG_SECTION_USERS,
     .key = "iterations",
     .type = LG_VALUE_WHOLE,
     .offset = U(out.iterations),
     .preset = "0",
     .help = "The load ends after so many arrivals in all; 0: only the duration ends it.",
     .example = "10000"},
    {.section = LG_SECTION_USERS,
     .key = "overload",
     .type = LG_VALUE_OVERLOAD,
     .preset = "queue",
     .low = "1ms",
     .high = "1h",
     .words = overload_words,
     .help = "What becomes of an arrival that finds no free user.",
     .example = "shed 2s"},
    {.section = LG_SECTION_USERS,
     .key = "*",
     .type = LG_VALUE_VARIABLE,
     .holes = LG_HOLES_INDEX,
     .may_be_empty = true,
     .help = "Any other key is a variable, drawn once per user and used as ${KEY} in steps; in "
             "zipf A..B, "
             "A is the most frequent and A + k is k + 1 times as rare.",
     .example = "room = zipf 1..20"},

    /* ---- [step NAME] ---- */
    {.section = LG_SECTION_STEP,
     .key = "websocket",
     .type = LG_VALUE_PATH,
     .offset = P(out.path),
     .holes = LG_HOLES_USER,
     .rival = "request",
     .help = "Opens the user's WebSocket at this path; belongs in setup.",
     .example = "/ws/chat/${room}?user=u${user.index}"},
    {.section = LG_SECTION_STEP,
     .key = "send",
     .type = LG_VALUE_TEMPLATE,
     .offset = P(out.body),
     .holes = LG_HOLES_MESSAGE,
     .help = "Sends this as one message on the open WebSocket.",
     .example = "{\"id\":\"${message.id}\",\"at\":${message.at},\"text\":\"${random.text 64}\"}"},
    {.section = LG_SECTION_STEP,
     .key = "await",
     .type = LG_VALUE_AWAIT,
     .holes = LG_HOLES_MATCH,
     .help = "The message that ends the step; without within, the step's timeout holds.",
     .example = "json /id == \"${message.id}\" within 5s"},
    {.section = LG_SECTION_STEP,
     .key = "request",
     .type = LG_VALUE_REQUEST,
     .holes = LG_HOLES_MESSAGE,
     .rival = "websocket",
     .help = "One HTTP exchange; done when the whole response is here.  With arrivals = trace: "
             "${trace.method} ${trace.path}.",
     .example = "POST /api/orders"},
    {.section = LG_SECTION_STEP,
     .key = "sse",
     .type = LG_VALUE_SSE,
     .holes = LG_HOLES_MESSAGE,
     .help = "Server-sent events; done as events, until or for say, else when the server ends the "
             "stream, or in setup not before the run ends.",
     .example = "/sse/ticks?hz=10&n=50"},
    {.section = LG_SECTION_STEP,
     .key = "events",
     .type = LG_VALUE_WHOLE,
     .offset = P(stream.events),
     .help = "sse: done after so many events.",
     .example = "50"},
    {.section = LG_SECTION_STEP,
     .key = "until",
     .type = LG_VALUE_UNTIL,
     .holes = LG_HOLES_USER,
     .help = "sse: done with this event.",
     .example = "event end"},
    {.section = LG_SECTION_STEP,
     .key = "for",
     .type = LG_VALUE_TIME,
     .offset = P(stream.lasting),
     .low = "1ms",
     .high = "168h",
     .help = "sse: done after this time from the send.",
     .example = "30s"},
    {.section = LG_SECTION_STEP,
     .key = "reconnect",
     .type = LG_VALUE_SWITCH,
     .offset = P(stream.reconnect),
     .help = "sse: whether a lost stream is gone on with after the server's retry time (3s where "
             "it says none), with Last-Event-ID; default no.",
     .example = "yes"},
    {.section = LG_SECTION_STEP,
     .key = "expect_gap",
     .type = LG_VALUE_TIME,
     .offset = P(stream.expect_gap),
     .low = "1us",
     .high = "1h",
     .help = "sse: the time between two events as it should be; more than three times that is a "
             "stall.",
     .example = "100ms"},
    {.section = LG_SECTION_STEP,
     .key = "measure",
     .type = LG_VALUE_WORD,
     .offset = P(measure),
     .words = measure_words,
     .help = "request: what else is measured.",
     .example = "throughput"},
    {.section = LG_SECTION_STEP,
     .key = "read_rate",
     .type = LG_VALUE_BYTE_RATE,
     .offset = P(stream.read_rate),
     .low = "1B/s",
     .high = "1GB/s",
     .help = "sse, or with measure: reads so many bytes a second at most, as a slow reader does.",
     .example = "10kB/s"},
    {.section = LG_SECTION_STEP,
     .key = "header.*",
     .type = LG_VALUE_HEADER,
     .holes = LG_HOLES_MESSAGE,
     .may_be_empty = true,
     .help = "A header of the request, or of the WebSocket's handshake.",
     .example = "header.Content-Type = application/json"},
    {.section = LG_SECTION_STEP,
     .key = "body",
     .type = LG_VALUE_TEMPLATE,
     .offset = P(out.body),
     .holes = LG_HOLES_MESSAGE,
     .rival = "body_file",
     .help = "The body of the request.",
     .example = "{\"item\":\"${item}\"}"},
    {.section = LG_SECTION_STEP,
     .key = "body_file",
     .type = LG_VALUE_BODY_FILE,
     .offset = P(out.body),
     .rival = "body",
     .help = "The body of the request from a file, sent as it is.",
     .example = "order.json"},
    {.section = LG_SECTION_STEP,
     .key = "form.*",
     .type = LG_VALUE_FORM,
     .holes = LG_HOLES_MESSAGE,
     .may_be_empty = true,
     .help = "A field of a form; all of them are the request's body, with its Content-Type.",
     .example = "form.name = ${name}"},
    {.section = LG_SECTION_STEP,
     .key = "file.*",
     .type = LG_VALUE_UPLOAD,
     .help = "A file that is uploaded as a field of the form, which then is multipart/form-data.",
     .example = "file.photo = photo.jpg; image/jpeg"},
    {.section = LG_SECTION_STEP,
     .key = "accept_encoding",
     .type = LG_VALUE_CODINGS,
     .help =
         "Codings of the response that are asked for; a body is decoded only where a check or a "
         "capture looks into it.",
     .example = "gzip, br, zstd"},
    {.section = LG_SECTION_STEP,
     .key = "parallel",
     .type = LG_VALUE_STEPS,
     .offset = P(branches),
     .help = "Does these steps at once and is done when the last one is; each has its figures, and "
             "the group its own. With HTTP/1.1 each has a connection.",
     .example = "page, style, feed x 2"},
    {.section = LG_SECTION_STEP,
     .key = "service",
     .type = LG_VALUE_TEXT,
     .offset = P(service),
     .help = "The server of the target that the request goes to: service.NAME of [target]; without "
             "it, the target's url. Each user has a connection to each.",
     .example = "orders"},
    {.section = LG_SECTION_STEP,
     .key = "think",
     .type = LG_VALUE_THINK,
     .offset = P(out.think),
     .help = "A pause of the user after the step; what follows is due when it ends.",
     .example = "uniform 1s..3s"},
    {.section = LG_SECTION_STEP,
     .key = "timeout",
     .type = LG_VALUE_TIME,
     .offset = P(out.timeout),
     .preset = "5s",
     .low = "1ms",
     .high = "1h",
     .help = "The longest time from the send until the step is done; of an sse step, without "
             "anything to read.",
     .example = "2s"},
    {.section = LG_SECTION_STEP,
     .key = "check",
     .type = LG_VALUE_CHECK,
     .holes = LG_HOLES_USER,
     .help =
         "What the response must be; without a status check, a status of 400 or above is an error.",
     .example = "status 201"},
    {.section = LG_SECTION_STEP,
     .key = "check.*",
     .type = LG_VALUE_CHECK,
     .holes = LG_HOLES_USER,
     .help = "More checks, each under a name of its own.",
     .example = "check.total = json /total == 3"},
    {.section = LG_SECTION_STEP,
     .key = "capture.*",
     .type = LG_VALUE_CAPTURE,
     .help = "Takes a value from the answer: ${NAME} in the steps after it. Without a GROUP, the "
             "pattern's first group or else all it matches. Finding nothing is a failed check.",
     .example = "capture.token = json /token"},

    /* ---- [data NAME] ---- */
    {.section = LG_SECTION_DATA,
     .key = "file",
     .type = LG_VALUE_TABLE,
     .required = true,
     .help = "The table (RFC 4180); its first line names the columns.",
     .example = "people.csv"},
    {.section = LG_SECTION_DATA,
     .key = "order",
     .type = LG_VALUE_WORD,
     .offset = A(out.order),
     .preset = "cycle",
     .words = data_order_words,
     .help = "Which row is next.",
     .example = "shuffle"},
    {.section = LG_SECTION_DATA,
     .key = "per",
     .type = LG_VALUE_WORD,
     .offset = A(out.per),
     .preset = "iteration",
     .words = data_per_words,
     .help = "Who takes a row.",
     .example = "user"},

    /* ---- [deliveries NAME] ---- */
    {.section = LG_SECTION_DELIVERIES,
     .key = "match",
     .type = LG_VALUE_MATCH,
     .offset = D(out.match),
     .required = true,
     .help = "Which messages are deliveries.",
     .example = "json /type == \"message\""},
    {.section = LG_SECTION_DELIVERIES,
     .key = "id",
     .type = LG_VALUE_POINTER,
     .offset = D(out.id),
     .required = true,
     .help =
         "Where a message holds the ${message.id} it was sent with: lost, duplicated and reordered "
         "ones are found by it.",
     .example = "json /id"},
    {.section = LG_SECTION_DELIVERIES,
     .key = "sent",
     .type = LG_VALUE_POINTER,
     .offset = D(out.sent),
     .help = "Where a message holds its ${message.at}; without it, the sender's own note is used.",
     .example = "json /at"},
    {.section = LG_SECTION_DELIVERIES,
     .key = "group",
     .type = LG_VALUE_TEMPLATE,
     .offset = D(out.group),
     .preset = "",
     .may_be_empty = true,
     .holes = LG_HOLES_USER,
     .help =
         "Users for whom this is the same text hear each other; empty: everyone hears everyone.",
     .example = "${room}"},
    {.section = LG_SECTION_DELIVERIES,
     .key = "drain",
     .type = LG_VALUE_TIME,
     .offset = D(out.drain),
     .preset = "2s",
     .low = "1ms",
     .high = "10m",
     .help = "How long after its send a message may come; what comes later, or never, counts as "
             "lost.",
     .example = "2s"},

    /* ---- [objectives] ---- */
    {.section = LG_SECTION_OBJECTIVES,
     .key = "*",
     .type = LG_VALUE_OBJECTIVE,
     .help =
         "STEP.response, STEP.service, STEP.first_byte, DELIVERIES.delivery, DELIVERIES.spread: "
         "p(N), mean, min, max, med of a time; DELIVERIES.delivery: also lost, duplicated, "
         "reordered; of sse: STEP.first_event, STEP.gap, STEP.reconnect as times, STEP.gap also "
         "stalls, missing, duplicated, reordered, STEP.events: rate and count; with measure: "
         "STEP.throughput: p(N), mean, min, max in bytes per second, STEP.pause as a time; "
         "errors: rate (a share) and count; a kind of user by its name: rate (completed per "
         "second) "
         "and count.  Comparisons: < <= > >= == !=.",
     .example = "heard.delivery = p(99) < 200ms, lost == 0"},

    /* ---- [target NAME] ---- */
    {.section = LG_SECTION_TARGET,
     .key = "label",
     .type = LG_VALUE_TEXT,
     .offset = T(out.label),
     .help = "The name for people; without it, the section's name.",
     .example = "Node.js 20, Fastify"},
    {.section = LG_SECTION_TARGET,
     .key = "folder",
     .type = LG_VALUE_FOLDER,
     .offset = T(out.folder),
     .preset = ".",
     .help = "The folder in which the command runs.",
     .example = "node"},
    {.section = LG_SECTION_TARGET,
     .key = "command",
     .type = LG_VALUE_COMMAND,
     .offset = T(out.command),
     .help =
         "Starts the server, which must write \"listening on PORT\"; without it the server runs "
         "already.",
     .example = "node server.js"},
    {.section = LG_SECTION_TARGET,
     .key = "url",
     .type = LG_VALUE_URL,
     .offset = T(out.url),
     .preset = "http://127.0.0.1:${PORT}",
     .holes = LG_HOLES_PORT,
     .help = "Where the server listens; ${PORT} is what the started server announces.",
     .example = "http://127.0.0.1:8080"},
    {.section = LG_SECTION_TARGET,
     .key = "service.*",
     .type = LG_VALUE_SERVICE,
     .help = "A further server of the target, which runs already; steps name it as their service.",
     .example = "service.orders = http://127.0.0.1:9001"},
    {.section = LG_SECTION_TARGET,
     .key = "env",
     .type = LG_VALUE_ENV_FILE,
     .help = "A file with more of the server's environment.",
     .example = "settings.env"},
    {.section = LG_SECTION_TARGET,
     .key = "env.*",
     .type = LG_VALUE_ENV,
     .may_be_empty = true,
     .help =
         "One variable of the server's environment, which else has PATH, HOME, LANG and PORT only.",
     .example = "env.WORKERS = 2"},
    {.section = LG_SECTION_TARGET,
     .key = "ready",
     .type = LG_VALUE_READY,
     .offset = T(out.ready_path),
     .preset = "GET /healthz",
     .help =
         "The request that answers 200 once the server is ready; of a server that runs already, "
         "without this key, accepting a connection is enough.",
     .example = "GET /healthz"},
    {.section = LG_SECTION_TARGET,
     .key = "ready_within",
     .type = LG_VALUE_TIME,
     .offset = T(out.ready_within),
     .preset = "30s",
     .low = "100ms",
     .high = "10m",
     .help = "How long the server may take until it is ready.",
     .example = "30s"},
    {.section = LG_SECTION_TARGET,
     .key = "stop_within",
     .type = LG_VALUE_TIME,
     .offset = T(out.stop_within),
     .preset = "5s",
     .low = "0s",
     .high = "10m",
     .help = "How long the server may take to stop before it is killed.",
     .example = "5s"},
    {.section = LG_SECTION_TARGET,
     .key = "replicas",
     .type = LG_VALUE_COUNT,
     .offset = T(out.replicas),
     .preset = "1",
     .low = "1",
     .high = "64",
     .help =
         "How many of this server are started, each on a port of its own and with REPLICA = 0, "
         "1, ... in its environment; users are spread over them in turn, their costs are added.",
     .example = "2"},
};

const struct lg_section_info *lg_section_info(enum lg_section_kind kind)
{
    LG_ASSERT(kind < LG_SECTION_KINDS);
    return &sections[kind];
}

bool lg_section_find(struct lg_slice word, enum lg_section_kind *out)
{
    for (int i = 0; i < LG_SECTION_KINDS; i++) {
        if (lg_slice_eq(word, lg_str(sections[i].word))) {
            *out = (enum lg_section_kind)i;
            return true;
        }
    }
    return false;
}

const struct lg_option *lg_options(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

bool lg_option_is_any(const struct lg_option *option)
{
    return strcmp(option->key, "*") == 0;
}

bool lg_option_is_family(const struct lg_option *option)
{
    return option->key[strlen(option->key) - 1] == '*';
}

static bool fits(const struct lg_option *option, struct lg_slice key)
{
    size_t n = strlen(option->key);
    if (!lg_option_is_family(option)) {
        return lg_slice_eq(key, lg_str(option->key));
    }
    return lg_option_is_any(option) || (key.n > n - 1 && memcmp(key.p, option->key, n - 1) == 0);
}

const struct lg_option *lg_option_find(enum lg_section_kind section, struct lg_slice key)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].section == section && fits(&rows[i], key)) {
            return &rows[i]; /* "*" is the last of its section */
        }
    }
    return NULL;
}

const char *lg_value_form(enum lg_value_type type)
{
    static const char *const forms[] = {
#define X(name, form) form,
        LG_VALUE_MAP(X)
#undef X
    };
    LG_ASSERT(type < LG_VALUE_TYPES);
    return forms[type];
}
