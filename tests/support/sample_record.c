#include "support/sample_record.h"

#include "base/rng.h"

#include <math.h>

enum { TRIALS = 2, ROWS = 20, WARMUP_ROWS = 5, PER_SECOND = 100, MEMBERS = 9, CONNECTIONS = 200 };

struct sample {
    struct lg_record *record;
    struct lg_arena *arena;
    struct lg_rng rng;
    bool slow; /* the target at hand is django */
};

/* Log-normal, as service times are. */
static lg_ns draw(struct sample *s, double median_ms, double sigma)
{
    double normal = 0;
    for (int i = 0; i < 12; i++) {
        normal += lg_rng_unit(&s->rng);
    }
    return (lg_ns)(median_ms * 1e6 * exp(sigma * (normal - 6)));
}

static struct lg_hist *hist_of(struct sample *s, size_t n, double median_ms)
{
    struct lg_hist *h = lg_hist_new();
    for (size_t i = 0; i < n; i++) {
        lg_hist_add(h, draw(s, median_ms, 0.6));
    }
    return h;
}

static const char *text_of(struct sample *s, const struct lg_hist *h)
{
    struct lg_buf text = {0};
    lg_hist_encode(h, &text);
    const char *copy = lg_arena_strndup(s->arena, text.p, text.n);
    lg_buf_free(&text);
    return copy;
}

static void add_error(struct sample *s, struct lg_step_result *step, struct lg_outcome outcome,
                      uint64_t count, lg_ns first_at, const char *text)
{
    struct lg_error_count *row = LG_ARENA_PUSH(s->arena, step->errors, step->error_count);
    *row = (struct lg_error_count){outcome.class, outcome.code, count, first_at, text};
    step->outcomes[outcome.class] += count;
    step->count += count;
}

static void fill_phases(struct sample *s, struct lg_step_result *step, double median_ms)
{
    uint64_t ok = step->outcomes[LG_OK];
    step->phase[LG_PHASE_RESPONSE] = lg_hist_new();
    step->phase[LG_PHASE_SERVICE] = lg_hist_new();
    step->phase[LG_PHASE_FIRST_BYTE] = lg_hist_new();
    step->phase[LG_PHASE_SCHEDULE_LAG] = lg_hist_new();
    step->phase[LG_PHASE_SLOT_WAIT] = lg_hist_new();
    step->phase[LG_PHASE_FAILED] = hist_of(s, step->count - ok, 40 * median_ms);
    for (uint64_t i = 0; i < ok; i++) {
        lg_ns lag = draw(s, 0.03, 0.5), service = draw(s, median_ms, 0.6);
        lg_hist_add(step->phase[LG_PHASE_RESPONSE], lag + service);
        lg_hist_add(step->phase[LG_PHASE_SERVICE], service);
        lg_hist_add(step->phase[LG_PHASE_FIRST_BYTE], service - service / 8);
        lg_hist_add(step->phase[LG_PHASE_SCHEDULE_LAG], lag);
        lg_hist_add(step->phase[LG_PHASE_SLOT_WAIT], 0);
    }
}

static void add_steps(struct sample *s, struct lg_trial_result *trial)
{
    struct lg_step_result *join = LG_ARENA_PUSH(s->arena, trial->steps, trial->step_count);
    *join = (struct lg_step_result){.name = "join", .users = "chatter", .setup = true};
    join->count = join->outcomes[LG_OK] = CONNECTIONS;
    join->bytes_in = 52 * CONNECTIONS;
    fill_phases(s, join, s->slow ? 9 : 3);

    struct lg_step_result *say = LG_ARENA_PUSH(s->arena, trial->steps, trial->step_count);
    *say = (struct lg_step_result){.name = "say", .users = "chatter", .sends_message = true};
    say->count = say->outcomes[LG_OK] = (ROWS - WARMUP_ROWS) * PER_SECOND;
    if (s->slow && trial->number == 2) {
        say->outcomes[LG_OK] -= 6;
        say->count -= 6;
        add_error(s, say, lg_outcome(LG_TIMEOUT, 0), 5, 7300 * LG_MS, "");
        add_error(s, say, lg_outcome(LG_WS_CLOSE, 1011), 1, 7812345678,
                  "close 1011 \"keepalive ping timeout <&>\"");
    }
    say->bytes_in = say->outcomes[LG_OK] * 171;
    say->bytes_out = say->count * 144;
    fill_phases(s, say, s->slow ? 6 : 1.2);
}

static void add_users(struct sample *s, struct lg_trial_result *trial)
{
    const struct lg_step_result *say = &trial->steps[1];
    struct lg_users_result *users = LG_ARENA_PUSH(s->arena, trial->users, trial->users_count);
    *users = (struct lg_users_result){
        .name = "chatter",
        .arrivals = "poisson",
        .connections = CONNECTIONS,
        .streams = 1,
        .connected = CONNECTIONS,
        .reconnects = say->outcomes[LG_WS_CLOSE],
        .intended_per_s = PER_SECOND,
        .offered_per_s = (double)say->count / trial->duration_s,
        .achieved_per_s = (double)say->outcomes[LG_OK] / trial->duration_s,
        .late_generator = 1,
        .gap_cv = 1.013,
        .fit_p = 0.41,
    };
    users->accounting = (struct lg_accounting){
        .scheduled = say->count,
        .completed = say->outcomes[LG_OK],
        .failed = say->outcomes[LG_WS_CLOSE],
        .timed_out = say->outcomes[LG_TIMEOUT],
    };
    users->iteration = lg_hist_new();
    lg_hist_merge(users->iteration, say->phase[LG_PHASE_RESPONSE]);
    users->connect = hist_of(s, CONNECTIONS, s->slow ? 4 : 1);
    users->lateness = hist_of(s, say->count, 0.03);
}

static void add_deliveries(struct sample *s, struct lg_trial_result *trial)
{
    struct lg_deliveries_result *heard =
        LG_ARENA_PUSH(s->arena, trial->deliveries, trial->deliveries_count);
    *heard = (struct lg_deliveries_result){.name = "heard"};
    heard->messages = trial->steps[1].outcomes[LG_OK];
    heard->expected = heard->messages * MEMBERS;
    heard->lost = s->slow ? 3 : 0;
    heard->duplicated = s->slow ? 1 : 0;
    heard->received = heard->expected - heard->lost;
    heard->delivery = hist_of(s, heard->received, s->slow ? 12 : 1.6);
    heard->spread = hist_of(s, heard->messages - heard->lost, s->slow ? 5 : 0.4);
}

static void fill_second(struct sample *s, struct lg_timeline_step *step, size_t n, double median_ms)
{
    struct lg_hist *h = hist_of(s, n, median_ms);
    step->completed = h->count;
    step->p50 = lg_hist_quantile(h, 0.5, 0);
    step->p99 = lg_hist_quantile(h, 0.99, step->failed);
    step->max = h->max;
    step->histogram = text_of(s, h);
    lg_hist_free(h);
}

static void fill_row(struct sample *s, struct lg_trial_result *trial, int i)
{
    struct lg_timeline_row *row = &trial->timeline[i];
    row->at_s = i - WARMUP_ROWS;
    row->length_s = 1;
    row->scheduled = row->completed = PER_SECOND;
    row->in_flight = lg_rng_below(&s->rng, 4);
    row->generator_cpu = 0.06;
    row->server_cpu = s->slow ? 0.71 : 0.18;
    row->server_rss_bytes = (s->slow ? 412e6 : 96e6) + 1e5 * i;
    row->server_pss_bytes = s->slow ? 251e6 + 1e5 * i : -1;
    row->steps = lg_arena_alloc(s->arena, trial->step_count * sizeof *row->steps);
    row->deliveries = lg_arena_alloc(s->arena, sizeof *row->deliveries);
    row->steps[0] = (struct lg_timeline_step){.p50 = -1, .p99 = -1, .max = -1, .histogram = ""};
    if (s->slow && trial->number == 2 && i == WARMUP_ROWS + 7) {
        row->failed = row->steps[1].failed = 6;
        row->completed -= row->failed;
    }
    fill_second(s, &row->steps[1], row->completed, s->slow ? 6 : 1.2);
    struct lg_timeline_step heard = {0};
    fill_second(s, &heard, PER_SECOND * MEMBERS, s->slow ? 12 : 1.6);
    row->deliveries[0] = (struct lg_timeline_deliveries){heard.completed, heard.p50, heard.p99,
                                                         heard.max, heard.histogram};
}

static void add_check(struct sample *s, struct lg_trial_result *trial, const char *id, bool met,
                      const char *text)
{
    *LG_ARENA_PUSH(s->arena, trial->validity, trial->validity_count) =
        (struct lg_validity){.id = id, .text = text, .measured = true, .met = met};
}

static void add_trial(struct sample *s, struct lg_target_result *target, unsigned number)
{
    struct lg_trial_result *trial = LG_ARENA_PUSH(s->arena, target->trials, target->trial_count);
    trial->number = number;
    trial->started_at = lg_arena_printf(s->arena, "2026-11-20T08:0%u:3%d.000Z", number, s->slow);
    trial->duration_s = ROWS - WARMUP_ROWS;
    trial->warmup_s = WARMUP_ROWS;
    add_check(s, trial, "achieved_rate", true,
              "100 % of the arrivals were taken up; at least "
              "99.5 % are needed");
    add_check(s, trial, "schedule_lag", true, "p99 of the schedule lag is 92.1 us; at most 1 ms");
    add_steps(s, trial);
    add_users(s, trial);
    add_deliveries(s, trial);
    trial->timeline_count = ROWS;
    trial->timeline = lg_arena_alloc(s->arena, ROWS * sizeof *trial->timeline);
    for (int i = 0; i < ROWS; i++) {
        fill_row(s, trial, i);
    }
    trial->generator =
        (struct lg_generator_result){0.93, 0.062, 21 << 20, 1, 0.001, true, 0.09, 0.01, 0};
    trial->server = (struct lg_server_result){
        .sampled = true,
        .cpu_s = s->slow ? 10.6 : 2.7,
        .cpu_us_per_completed = s->slow ? 7090 : 1800,
        .cpu_us_per_delivery = s->slow ? 787.5 : 200,
        .max_rss_bytes = s->slow ? 414000000 : 98000000,
        .idle_rss_bytes = s->slow ? 380000000 : 71000000,
        .rss_bytes_per_connection = s->slow ? 160000 : 125000,
        .processes = s->slow ? 5 : 1,
        .ready_s = s->slow ? 1.9 : 0.31,
        .ended = "",
    };
}

static void add_target(struct sample *s, const char *name, const char *label, bool slow)
{
    struct lg_target_result *target =
        LG_ARENA_PUSH(s->arena, s->record->targets, s->record->target_count);
    target->name = name;
    target->label = label;
    target->url = slow ? "http://127.0.0.1:40002" : "http://127.0.0.1:40001";
    *LG_ARENA_PUSH(s->arena, target->versions, target->version_count) =
        slow ? (struct lg_name_value){"django", "5.2.8"}
             : (struct lg_name_value){"node", "24.11.1"};
    s->slow = slow;
    for (unsigned number = 1; number <= TRIALS; number++) {
        add_trial(s, target, number);
    }
}

static void add_verdicts(struct sample *s)
{
    struct lg_record *record = s->record;
    *LG_ARENA_PUSH(s->arena, record->comparisons, record->comparison_count) =
        (struct lg_comparison){"heard delivery p99",
                               "node",
                               "django",
                               6.1e6,
                               46e6,
                               "ns",
                               7.54,
                               6.9,
                               8.2,
                               "slower: 7.54 times",
                               LG_DIFFERENCE_WORSE,
                               5,
                               1};
    *LG_ARENA_PUSH(s->arena, record->comparisons, record->comparison_count) =
        (struct lg_comparison){"CPU per delivery",
                               "node",
                               "django",
                               200,
                               787.5,
                               "us",
                               3.9375,
                               0,
                               0,
                               "2 trials are too few for an interval",
                               LG_DIFFERENCE_NO_INTERVAL,
                               2,
                               -1};
    *LG_ARENA_PUSH(s->arena, record->objectives, record->objective_count) =
        (struct lg_objective_result){
            "say.response p(99) < 100ms", "node", "4.97 ms", LG_OBJECTIVE_MET,
            "scenarios/chat.ini",         41};
    *LG_ARENA_PUSH(s->arena, record->objectives, record->objective_count) =
        (struct lg_objective_result){
            "heard.delivery lost == 0", "django", "6 lost", LG_OBJECTIVE_MISSED,
            "scenarios/chat.ini",       42};
    *LG_ARENA_PUSH(s->arena, record->objectives, record->objective_count) =
        (struct lg_objective_result){"errors rate < 0.1%",    "django", "",
                                     LG_OBJECTIVE_NOT_JUDGED, "",       0};
}

static void add_claims(struct sample *s)
{
    struct lg_record *record = s->record;
    struct lg_claim_result *lost = LG_ARENA_PUSH(s->arena, record->claims, record->claim_count);
    *lost = (struct lg_claim_result){25,
                                     "realtime",
                                     "Highly preferred for real-time app development (Node)",
                                     "void",
                                     "django broke an invariant: heard.delivery lost == 0",
                                     "",
                                     NULL,
                                     0};
    struct lg_claim_result *held = LG_ARENA_PUSH(s->arena, record->claims, record->claim_count);
    *held = (struct lg_claim_result){
        26,
        "realtime",
        "Real-Time Chat Applications (Node)",
        "supported",
        "heard delivery p99: django at 7.54 times node [6.9, 8.2]",
        "Fastify 5.12.8 on Node.js 24.11.1 against Django 5.2.8 on CPython 3.11.2, on this "
        "contract",
        NULL,
        0};
    *LG_ARENA_PUSH(s->arena, held->evidence, held->evidence_count) = (struct lg_claim_evidence){
        "heard delivery p99", "node", "django", 7.54, 6.9, 8.2, "better"};
}

static void add_settings(struct sample *s)
{
    static const struct lg_setting_result settings[] = {
        {"scenario", "name", "chat", false},
        {"scenario", "targets", "node, django", false},
        {"scenario", "seed", "42", true},
        {"users chatter", "rate", "100/s", false},
        {"users chatter", "overload", "queue", true},
        {"step say", "send", "{\"type\":\"say\",\"id\":\"${message.id}\"}", false},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        *LG_ARENA_PUSH(s->arena, s->record->settings, s->record->setting_count) = settings[i];
    }
}

static void describe_run(struct sample *s)
{
    struct lg_record *record = s->record;
    record->name = "chat";
    record->file = "scenarios/chat.ini";
    record->question = "At which message rate does the slowest 1 % of deliveries take longer than "
                       "200 ms?";
    record->claim = "realtime";
    record->source = "; Rooms of people\n[scenario]\nname = chat\n\n[step say]\n"
                     "send = {\"type\":\"say\"}\n";
    record->command = "loadgen scenario scenarios/chat.ini --trials 2 --seed 42";
    record->seed = 42;
    record->started_at = "2026-11-20T08:00:00.000Z";
    record->valid = true;
    record->headline = "django misses an objective: 6 deliveries were lost";
    *LG_ARENA_PUSH(s->arena, record->notes, record->note_count) =
        "2 trials: intervals over trials need at least 5";
    struct lg_environment *environment = &record->environment;
    *environment = (struct lg_environment){.cpu = "AMD EPYC 7B13",
                                           .kernel = "6.1.0-40-amd64",
                                           .os = "Debian GNU/Linux 12 (bookworm)",
                                           .governor = "performance",
                                           .cores = 2,
                                           .memory_bytes = 8ull << 30,
                                           .open_files_limit = 65536,
                                           .processes_limit = 31337,
                                           .commit = "0123456789ab"};
    *LG_ARENA_PUSH(s->arena, environment->versions, environment->version_count) =
        (struct lg_name_value){"loadgen", "0.1.0"};
    *LG_ARENA_PUSH(s->arena, environment->versions, environment->version_count) =
        (struct lg_name_value){"libevent", "2.1.12-stable"};
}

struct lg_record *sample_record(void)
{
    struct sample s = {.record = lg_record_new()};
    s.arena = s.record->arena;
    lg_rng_init(&s.rng, 42, 0, 0);
    describe_run(&s);
    add_settings(&s);
    add_claims(&s);
    add_target(&s, "node", "Node.js 24, Fastify", false);
    add_target(&s, "django", "Python 3.13, Django Channels", true);
    add_verdicts(&s);
    return s.record;
}
