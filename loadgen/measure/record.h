/* The run record: everything that a run found, as plain data.  run.json is this and nothing else;
 * every report is made from it, so a stored run can be reported again and compared.
 * Units are in the names; times are ns. */
#ifndef LG_MEASURE_RECORD_H
#define LG_MEASURE_RECORD_H

#include "base/arena.h"
#include "base/outcome.h"
#include "measure/hist.h"

#define LG_RECORD_SCHEMA "loadgen.run/1"

/* The times of an exchange, each in a histogram of its own per step:
 *   intended <= taken up <= slot in hand <= sent <= first byte <= done. */
#define LG_PHASE_MAP(X)                                                                            \
    X(RESPONSE, "response_time", "intended start to done")                                         \
    X(SERVICE, "service_time", "sent to done")                                                     \
    X(FIRST_BYTE, "first_byte_time", "sent to the first byte of the final response")               \
    X(SCHEDULE_LAG, "schedule_lag", "intended start to taken up: the generator was late")          \
    X(SLOT_WAIT, "slot_wait", "taken up to a free connection or stream in hand")                   \
    X(FAILED, "failed_time", "intended start to the failure, of exchanges that failed")

enum lg_phase {
#define X(name, text, help) LG_PHASE_##name,
    LG_PHASE_MAP(X)
#undef X
        LG_PHASES
};

/* One row per class and code that occurred. */
struct lg_error_count {
    enum lg_outcome_class class;
    int code;
    uint64_t count;
    lg_ns first_at;     /* since the measured window began; may be negative */
    const char *sample; /* what the first one looked like; "" if nothing to show */
};

struct lg_step_result {
    const char *name;
    const char *users;  /* the kind of user whose step it is */
    bool setup;         /* done once per user, counted over the whole trial instead of the window */
    bool sends_message; /* a WebSocket message step */
    bool parallel;      /* it does several steps at once, which have rows of their own */
    const char *part_of;   /* the parallel step that does it; "": none */
    uint64_t slowest;      /* of a part: of so many completed groups it was the last to end */
    uint64_t partial;      /* of a parallel step: failed, though some of its parts did not */
    uint64_t failed_parts; /* of a parallel step: parts that failed, in all */
    uint64_t count;        /* exchanges with an intended start in the window = sum of outcomes */
    uint64_t outcomes[LG_OUTCOME_CLASSES];
    struct lg_error_count *errors; /* most frequent first */
    size_t error_count;
    double redirects; /* answers that led elsewhere (3xx), which the scenario does not expect and
                       * nobody follows; -1: not known, in older records */
    uint64_t bytes_in, bytes_out; /* as the protocol reads and writes them, above TLS, between the
                                     begin and the end of an exchange; what comes unasked to a
                                     WebSocket without one under way is in no step */
    struct lg_hist
        *phase[LG_PHASES]; /* owned by the record; FAILED over failures, others over successes */
};

/* scheduled = completed + failed + timed_out + shed + dropped + in_flight_at_end, always. */
struct lg_accounting {
    uint64_t scheduled, completed, failed, timed_out, shed, dropped, in_flight_at_end;
};

/* A kind of user: its arrivals and connections. */
struct lg_users_result {
    const char *name;
    const char *arrivals; /* none, closed, constant, poisson, trace */
    uint64_t connections; /* asked for */
    uint64_t streams;     /* users on each connection */
    uint64_t connected;   /* opened successfully at least once */
    uint64_t reconnects;
    uint64_t compressed; /* of both: WebSockets for which permessage-deflate was agreed */
    uint64_t tls_handshakes, tls_resumed;
    struct lg_accounting accounting; /* of arrivals (iterations) in the window */
    double offered_per_s;            /* arrivals really taken up in the window / its length */
    double intended_per_s;           /* as scheduled */
    double achieved_per_s;           /* completed in the window / its length */
    struct lg_hist *iteration;       /* response time of whole iterations that completed */
    struct lg_hist *connect;         /* connect() to ready, TLS and upgrade inside */
    struct lg_hist *lateness;        /* actual send - intended start, blamed or not */
    uint64_t late_generator, late_no_connection,
        late_connecting; /* sends later than 1 ms, by cause */
    double gap_cv;       /* of the gaps between take-ups; -1: fewer than 3 */
    double fit_p;        /* p value of the declared arrival process; -1: not tested */
    bool flow_measured;  /* false: the figures below are missing, and so are their checks */
    double worst_second; /* least (taken up / intended) of any whole second of the window */
    double in_flight_s;  /* integral over the window of the engine's own count of iterations
                                   between intended start and end; not made from the samples */
    double unfinished_s; /* time from intended start to end, or to the end of the run, of the
                                   window's iterations that did not complete, summed */
    uint64_t in_flight_first, in_flight_last; /* that count when the window began and ended */
    double to_go_first_s, to_go_last_s; /* what those had still to go at these moments, summed */
};

struct lg_deliveries_result {
    const char *name;
    uint64_t messages; /* sent in the window, by users whose messages others should hear */
    uint64_t expected; /* messages times confirmed receivers */
    uint64_t received; /* of the expected, distinct */
    uint64_t lost, duplicated, reordered;
    uint64_t unexpected; /* with an id that is not of this run or not meant for that receiver */
    struct lg_hist *delivery; /* actual send to receipt, per delivery */
    struct lg_hist *spread;   /* first to last receiver, per message that all received */
};

/* A step whose answers are streams of events (kind "events") or measured downloads ("download").
 * What happens to a stream belongs to the second in which it happens, not to that of its start. */
struct lg_stream_result {
    const char *name;    /* of the step */
    const char *kind;    /* events, download */
    uint64_t opened;     /* answers that began as they should, reconnections included */
    uint64_t failed;     /* ended badly: before a first event; a download: at any time */
    uint64_t reconnects; /* connections opened again to go on with a stream */
    uint64_t bytes;      /* of bodies */
    uint64_t events;
    uint64_t coalesced; /* events brought by the same read as the one before: their gap is 0 */
    uint64_t stalls;    /* gaps above three times the expected one */
    uint64_t missing, reordered, duplicated; /* by integer ids */
    double events_per_s;
    double expected_gap_ns; /* -1: the scenario does not say */
    double gap_sd_ns;       /* jitter as the standard deviation of the gaps; -1: fewer than 2 */
    double jitter_ns;       /* as RFC 3550 has it, the mean over all gaps; -1: no expected gap */
    struct lg_hist *first_event; /* actual send to the first event */
    struct lg_hist *gap;         /* between two events of one connection */
    struct lg_hist *reconnect;   /* loss of the connection to the next event */
    struct lg_hist *throughput;  /* bytes per second, not ns: body bytes of a download from the
                                    actual send to its end */
    struct lg_hist *pause;       /* the longest time between two reads of each download */
};

/* One second of a trial.  Times count from the start of the measured window: warm-up is negative.
 */
struct lg_timeline_step {
    uint64_t completed, failed;
    lg_ns p50, p99, max;   /* of the response time; -1: none */
    const char *histogram; /* V2 text; "" if none */
};

struct lg_timeline_deliveries {
    uint64_t received;
    lg_ns p50, p99, max;
    const char *histogram;
};

struct lg_timeline_stream {
    uint64_t events, gaps, bytes;
    lg_ns p50, p99, max; /* of the gaps that ended in this second; -1: none */
    const char *histogram;
};

struct lg_timeline_row {
    double at_s;
    double length_s;
    uint64_t scheduled, completed, failed, in_flight; /* iterations; in_flight at the row's end */
    double generator_cpu;                             /* cores, 0..threads; -1: not known */
    double server_cpu;                                /* cores; -1: not sampled */
    double server_rss_bytes, server_pss_bytes;        /* -1: not sampled */
    struct lg_timeline_step *steps;                   /* as trial->steps */
    struct lg_timeline_deliveries *deliveries;        /* as trial->deliveries */
    struct lg_timeline_stream *streams;               /* as trial->streams */
};

/* A check on the measurement itself.  A breach (measured, not met) makes the run invalid; one that
 * was not measured counts as neither. */
struct lg_validity {
    const char *id;   /* "achieved_rate", "schedule_lag" ... */
    const char *text; /* a sentence with the observed value and the limit */
    bool measured;
    bool met; /* false while not measured */
};

struct lg_generator_result {
    double cpu_s,
        cpu_utilisation; /* share of the window that the busiest thread of each second was on a
                          * core, 0..1 */
    uint64_t max_rss_bytes;
    unsigned threads;
    double steal_share; /* of this machine's time; -1: unknown */
    bool busy_measured;
    double busiest_5s;   /* largest share of any 5 s of the window, or of a shorter window,
                                      that a thread was busy */
    double others_share; /* of this machine's time, taken by programs that are neither the
                                      generator nor the server; -1: unknown, or the server is not
                                      sampled */
    double
        slack_s; /* that a send may be late so as to go with others (timing = economical); -1: not
                     * known, in older records */
};

struct lg_server_result {
    bool sampled;
    double cpu_s;                /* whole process tree, in the window */
    double cpu_us_per_completed; /* per completed iteration; -1: none */
    double cpu_us_per_delivery;  /* -1: no deliveries */
    uint64_t max_rss_bytes,
        idle_rss_bytes;              /* largest sum over the tree; before the first connection */
    double rss_bytes_per_connection; /* growth from idle to all connected, per connection; -1:
                                        unknown */
    unsigned processes;              /* most at once */
    double threads, idle_threads;    /* most at once; before the first connection; -1: unknown */
    double ready_s;                  /* exec to ready */
    const char *ended;               /* "", or how it or one beside it ended before it was asked
                                        to, with the tail of its output */
};

struct lg_trial_result {
    unsigned number;        /* 1.. */
    const char *started_at; /* ISO 8601, UTC */
    double duration_s;      /* of the measured window */
    double warmup_s;        /* cut before it */
    bool interrupted;
    const char *steady;   /* flat, warmed_up, slowing, no_steady_state, too_short; NULL or "":
                                      not judged */
    double steady_from_s; /* of the window: where its steady part begins */
    struct lg_validity *validity;
    size_t validity_count;
    struct lg_users_result *users;
    size_t users_count;
    struct lg_step_result *steps;
    size_t step_count;
    struct lg_deliveries_result *deliveries;
    size_t deliveries_count;
    struct lg_stream_result *streams;
    size_t stream_count;
    struct lg_timeline_row *timeline;
    size_t timeline_count;
    struct lg_generator_result generator;
    struct lg_server_result server;
};

struct lg_name_value {
    const char *name, *value;
};

struct lg_target_result {
    const char *name, *label, *url;
    struct lg_name_value *versions; /* as the target's /about or /healthz says; may be empty */
    size_t version_count;
    struct lg_trial_result *trials;
    size_t trial_count;
};

#define LG_DIFFERENCE_MAP(X)                                                                       \
    X(NO_INTERVAL, "no_interval", "fewer than 3 trials a side")                                    \
    X(UNCLEAR, "unclear", "more trials are needed")                                                \
    X(WITHIN, "within", "the interval lies inside the margin: the same for this purpose")          \
    X(BETTER, "better", "b is faster, cheaper, smaller ... than a")                                \
    X(WORSE, "worse", "b is slower, dearer, larger ... than a")                                    \
    X(NOT_JUDGED, "not_judged", "a trial is invalid or interrupted, or the figure is missing")

enum lg_difference {
#define X(name, text, help) LG_DIFFERENCE_##name,
    LG_DIFFERENCE_MAP(X)
#undef X
        LG_DIFFERENCES
};

/* Static text, as in run.json; difference must be in range. */
const char *lg_difference_name(enum lg_difference difference);

struct lg_comparison {  /* target b against target a */
    const char *metric; /* "heard delivery p99", "CPU per delivery" ... */
    const char *a, *b;
    double value_a, value_b;
    const char *unit;        /* ns, per_s, us, bytes, count */
    double ratio, low, high; /* b / a, over several trials the geometric mean of the trials' ratios;
                                low, high: 95 % interval over trials, 0 if there is none */
    const char *verdict;     /* in words */
    enum lg_difference difference;
    unsigned trials; /* a side; of two runs the smaller number */
    double a12;      /* P(b > a) + P(b = a) / 2 over the trials (Vargha & Delaney 2000): how far
                            the two sides overlap; -1: no figures */
};

struct lg_objective_result {
    const char *text, *target;
    const char *observed; /* with unit */
    enum { LG_OBJECTIVE_MET, LG_OBJECTIVE_MISSED, LG_OBJECTIVE_NOT_JUDGED } state;
    const char *file; /* where it is written; "" if it is in no file */
    unsigned line;    /* 1..; 0 without a file */
};

#define LG_DEBATED_MAP(X)                                                                          \
    X(SUPPORTED, "supported", "by its rule")                                                       \
    X(REFUTED, "refuted", "by its rule")                                                           \
    X(INCONCLUSIVE, "inconclusive", "neither, with these trials")                                  \
    X(DEPENDS, "depends_on_server", "supported by one lane and refuted by another")                \
    X(NOT_MEASURABLE, "not_measurable_here", "the machine has too few cores")                      \
    X(VOID, "void", "a check or an invariant was broken")                                          \
    X(NOT_JUDGED, "not_judged", "a quick run, too few trials, a lane or a figure missing")

enum lg_debated {
#define X(name, text, help) LG_DEBATED_##name,
    LG_DEBATED_MAP(X)
#undef X
        LG_DEBATED_KINDS
};

/* One figure that a claim was judged by: of target b against a, or of a alone. */
struct lg_claim_evidence {
    const char *figure;  /* "CPU per delivery" */
    const char *a, *b;   /* b "": of a alone */
    double value;        /* how many times b is of a; of a alone the mean of its trials */
    double low, high;    /* 95 % interval; of a alone least and greatest of its trials */
    const char *finding; /* for the claim: better, worse, same, unclear, supports, refutes */
};

/* What a run says of a claim of the debate (scenario/debate.h). */
struct lg_claim_result {
    unsigned number;
    const char *id, *made;
    const char *verdict; /* spelling of an enum lg_debated */
    const char *text;    /* why, with the effect */
    const char *scope;   /* what the verdict is about; "" without a verdict */
    struct lg_claim_evidence *evidence;
    size_t evidence_count;
};

/* Static text, as in run.json; in range. */
const char *lg_debated_name(enum lg_debated verdict);

struct lg_setting_result {
    const char *section, *key, *value;
    bool is_default;
};

struct lg_environment {
    const char *cpu, *kernel, *os;
    const char *governor; /* of the first CPU's frequency; "unknown" if there is none to read */
    unsigned cores;
    uint64_t memory_bytes, open_files_limit, processes_limit; /* soft limits; UINT64_MAX: none */
    const char *commit; /* of loadgen's sources, "-dirty" behind it if changed; "" if unknown */
    struct lg_name_value *versions; /* loadgen, libevent, OpenSSL ... */
    size_t version_count;
};

struct lg_record {
    struct lg_arena *arena; /* owns all text and arrays; histograms are freed by lg_record_free */
    const char *name, *file, *question, *claim;
    const char *source;                 /* the scenario's text */
    const char *command;                /* the command line that repeats the run */
    struct lg_setting_result *settings; /* the resolved scenario */
    size_t setting_count;
    uint64_t seed;
    const char *started_at;
    bool valid, interrupted, quick;
    bool running; /* it goes on, and so is interrupted; not in run.json */
    const char **invalid_reasons;
    size_t invalid_count;
    const char *headline; /* the first line: what was found, in words */
    const char **notes;   /* caveats worth a line */
    size_t note_count;
    struct lg_environment environment;
    struct lg_target_result *targets;
    size_t target_count;
    struct lg_comparison *comparisons;
    size_t comparison_count;
    struct lg_objective_result *objectives;
    size_t objective_count;
    struct lg_claim_result *claims;
    size_t claim_count;
};

/* All histograms of a record are from lg_hist_new; NULL where nothing of the kind was measured. */
struct lg_record *lg_record_new(void);
void lg_record_free(struct lg_record *record);            /* NULL ok; frees the histograms too */
void lg_trial_result_fini(struct lg_trial_result *trial); /* frees its histograms only */

/* Does a setting shape the load?  Names, claims, objectives, the number of trials and what
 * describes the targets do not: two runs that agree in all others asked the same of their targets.
 */
bool lg_setting_shapes_load(const struct lg_setting_result *setting);

/* SHA-256, in hexadecimal, over the settings that shape the load, in the order of their sections
 * and keys; whether a value was spelled out or is the default makes no difference. */
enum { LG_SCENARIO_HASH = 65 };
void lg_scenario_hash(const struct lg_record *record, char out[LG_SCENARIO_HASH]);

/* How many events rank above every value of a histogram (lg_hist_quantile's `above`), so that every
 * reader of a record computes the same percentiles.  Values over the histogram's range count too.
 * A failed exchange ranks above every success in the times that end with the answer; what the
 * generator took (lag, slot wait) and the time to failure are complete in themselves. */
uint64_t lg_step_above(const struct lg_step_result *step, enum lg_phase phase);
uint64_t lg_iteration_above(const struct lg_users_result *users); /* scheduled, not completed */
uint64_t lg_connect_above(const struct lg_users_result *users);   /* never connected */
uint64_t lg_delivery_above(const struct lg_deliveries_result *deliveries); /* lost */
uint64_t lg_first_event_above(const struct lg_stream_result *stream);      /* without an event */

/* The q-quantile of a download's rate, bytes per second: failed ones count as 0.  -1: none. */
lg_ns lg_throughput_quantile(const struct lg_stream_result *stream, double q);

/* Appends run.json text: keys carry units, histograms are V2 texts beside their percentiles and
 * means.  Reals keep 15 digits; bytes that are not UTF-8 become U+FFFD; NULL text becomes "".
 * Schema: reports/schema/run-1.schema.json. */
void lg_record_write(const struct lg_record *record, struct lg_buf *out);
/* The text is not trusted: any bytes are safe.  What the record states twice (percentiles, sums) is
 * computed anew, unknown keys are ignored.  NULL: not a record; *why (static or of the arena
 * `errors`) then says what and where: line and column, or the path of the key.  NULL text does not
 * come back: it is "" then. */
struct lg_record *lg_record_read(struct lg_slice json, struct lg_arena *errors, const char **why);

#endif
