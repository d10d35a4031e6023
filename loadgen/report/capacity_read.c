#include "analysis/capacity.h"
#include "analysis/sizing.h"
#include "report/capacity.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* The first fault found ends it; what was read until then stays in the arena. */
struct reader {
    struct lg_arena *arena;
    const char *why; /* NULL so far */
};

static bool fail(struct reader *r, const char *key, const char *wanted)
{
    if (r->why == NULL) {
        r->why = lg_arena_printf(r->arena, "%s: %s is expected here", key, wanted);
    }
    return false;
}

static const char *text(struct reader *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) {
        fail(r, key, "text");
        return "";
    }
    return lg_arena_strdup(r->arena, json_string_value(value));
}

/* null is `none`; negative numbers do not occur. */
static double number(struct reader *r, const json_t *object, const char *key, double none)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_null(value)) {
        return none;
    }
    if (!json_is_number(value) || json_number_value(value) < 0) {
        fail(r, key, "a number from 0 on, or null");
        return 0;
    }
    return json_number_value(value);
}

static unsigned count(struct reader *r, const json_t *object, const char *key)
{
    double value = number(r, object, key, 0);
    if (value > UINT_MAX) {
        fail(r, key, "a smaller number");
        return 0;
    }
    return (unsigned)value;
}

static const json_t *list(struct reader *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_array(value)) {
        fail(r, key, "a list");
    }
    return value; /* of anything else the size is 0 */
}

/* The place of a name in a list; a name that is not in it is a fault. */
static int place(struct reader *r, const char *key, const char *name, const char *(*name_of)(int),
                 int names)
{
    for (int i = 0; i < names; i++) {
        if (strcmp(name_of(i), name) == 0) {
            return i;
        }
    }
    fail(r, key, "one of the words of the schema");
    return 0;
}

static const char *verdict_name(int i)
{
    return lg_search_verdict_name((enum lg_search_verdict)i);
}

static const char *end_name(int i)
{
    return lg_search_end_name((enum lg_search_end)i);
}

static const char *phase_name(int i)
{
    return lg_search_phase_name((enum lg_search_phase)i);
}

static void read_observed(struct reader *r, const json_t *json, size_t objectives,
                          struct lg_capacity_trial *t)
{
    const json_t *observed = list(r, json, "observed");
    t->observed = lg_arena_alloc(r->arena, (objectives + 1) * sizeof *t->observed);
    for (size_t i = 0; i < objectives; i++) {
        const json_t *value = json_array_get(observed, i);
        t->observed[i] = json_is_number(value) ? json_number_value(value) : -1;
    }
}

static void read_trial(struct reader *r, const json_t *json, size_t objectives,
                       struct lg_capacity_trial *t)
{
    *t = (struct lg_capacity_trial){
        .rate = number(r, json, "rate_per_s", 0),
        .users = count(r, json, "users"),
        .seconds = number(r, json, "length_s", 0),
        .why = text(r, json, "why"),
        .achieved = number(r, json, "achieved_per_s", 0),
        .in_flight = number(r, json, "in_flight", 0),
        .p50_ns = number(r, json, "p50_ns", INFINITY),
        .p99_ns = number(r, json, "p99_ns", INFINITY),
        .failed_share = number(r, json, "failed_share", 0),
        .cpu_s = number(r, json, "server_cpu_s_per_completed", -1),
        .cores = number(r, json, "server_cores", -1),
        .generator_cores = number(r, json, "generator_cores", 0),
        .others_cores = number(r, json, "others_cores", -1),
        .recovery_s = number(r, json, "recovery_s", INFINITY),
    };
    if (t->users == 0) {
        t->phase = (enum lg_search_phase)place(r, "phase", text(r, json, "phase"), phase_name,
                                               LG_SEARCH_PHASES);
    }
    if (t->users == 0 || !json_is_null(json_object_get(json, "verdict"))) {
        t->verdict = (enum lg_search_verdict)place(r, "verdict", text(r, json, "verdict"),
                                                   verdict_name, LG_TRIAL_VERDICTS);
    }
    read_observed(r, json, objectives, t);
}

static struct lg_capacity_trial *read_trials(struct reader *r, const json_t *json,
                                             size_t objectives, size_t *n)
{
    *n = json_array_size(json);
    struct lg_capacity_trial *trials = lg_arena_alloc(r->arena, (*n + 1) * sizeof *trials);
    for (size_t i = 0; i < *n; i++) {
        read_trial(r, json_array_get(json, i), objectives, &trials[i]);
    }
    return trials;
}

static double read_recovery(struct reader *r, const json_t *json)
{
    const json_t *recovered = json_object_get(json, "recovered");
    return json_is_null(recovered)    ? -1
           : json_is_false(recovered) ? INFINITY
                                      : number(r, json, "recovery_s", INFINITY);
}

static void read_overload_trial(struct reader *r, const json_t *json, struct lg_overload_trial *t)
{
    *t = (struct lg_overload_trial){
        .rate = number(r, json, "rate_per_s", 0),
        .base = number(r, json, "base_per_s", 0),
        .seconds = number(r, json, "length_s", 0),
        .verdict = LG_TRIAL_HOLDS,
        .why = text(r, json, "why"),
        .goodput = number(r, json, "goodput_per_s", 0),
        .refused_share = number(r, json, "refused_share", 0),
        .p50_ns = number(r, json, "p50_ns", -1),
        .p99_ns = number(r, json, "p99_ns", -1),
        .recovery_s = read_recovery(r, json),
        .watched_s = number(r, json, "watched_s", 0),
        .cores = number(r, json, "server_cores", -1),
        .generator_cores = number(r, json, "generator_cores", 0),
    };
    if (!json_is_null(json_object_get(json, "verdict"))) {
        t->verdict = (enum lg_search_verdict)place(r, "verdict", text(r, json, "verdict"),
                                                   verdict_name, LG_TRIAL_VERDICTS);
    }
}

/* Older records have none. */
static void read_overload(struct reader *r, const json_t *json, struct lg_capacity_result *t)
{
    const json_t *overload = json_object_get(json, "overload");
    if (!json_is_object(overload)) {
        return;
    }
    const json_t *trials = list(r, overload, "trials");
    for (size_t i = 0; i < json_array_size(trials); i++) {
        read_overload_trial(r, json_array_get(trials, i),
                            LG_ARENA_PUSH(r->arena, t->overload, t->overload_count));
    }
}

static void read_target(struct reader *r, const json_t *json, const struct lg_capacity_page *page,
                        struct lg_capacity_result *t)
{
    *t = (struct lg_capacity_result){
        .target = text(r, json, "name"),
        .label = text(r, json, "label"),
        .ended = text(r, json, "ended"),
        .interrupted = json_is_true(json_object_get(json, "interrupted")),
        .search = {.low = number(r, json, "low_per_s", 0),
                   .high = number(r, json, "high_per_s", INFINITY),
                   .limit = number(r, json, "generator_limit_per_s", INFINITY)},
    };
    t->search.end =
        (enum lg_search_end)place(r, "end", text(r, json, "end"), end_name, LG_SEARCH_ENDS);
    t->trials = read_trials(r, list(r, json, "trials"), page->objective_count, &t->trial_count);
    t->curve = read_trials(r, list(r, json, "curve"), page->objective_count, &t->curve_count);
    read_overload(r, json, t);
    t->search.tried = (unsigned)t->trial_count;
    if (r->why == NULL) {
        lg_capacity_conclude(t, LG_USL_RESAMPLES, page->seed);
    }
}

static void read_objectives(struct reader *r, const json_t *root, struct lg_capacity_page *page)
{
    const json_t *texts = list(r, root, "objectives"), *limits = list(r, root, "limits");
    page->objective_count = json_array_size(texts);
    struct lg_capacity_objective *objectives =
        lg_arena_alloc(r->arena, (page->objective_count + 1) * sizeof *objectives);
    for (size_t i = 0; i < page->objective_count; i++) {
        const json_t *words = json_array_get(texts, i), *limit = json_array_get(limits, i);
        if (!json_is_string(words)) {
            fail(r, "objectives", "text");
            return;
        }
        objectives[i] = (struct lg_capacity_objective){
            lg_arena_strdup(r->arena, json_string_value(words)), text(r, limit, "unit"),
            number(r, limit, "limit", INFINITY)};
    }
    page->objectives = objectives;
}

static void read_overload_for(struct reader *r, const json_t *root, struct lg_capacity_page *page)
{
    const json_t *json = json_object_get(root, "overload_for");
    page->overload_how = "";
    if (json_is_object(json)) {
        page->overload_factor = number(r, json, "factor", 0);
        page->overload_how = text(r, json, "how");
    }
}

static void read_sizing(struct reader *r, const json_t *root, struct lg_capacity_page *page)
{
    const json_t *json = json_object_get(root, "sizing_for");
    if (!json_is_object(json)) {
        return;
    }
    struct lg_sizing *s = lg_arena_alloc(r->arena, sizeof *s);
    *s = (struct lg_sizing){
        .load = number(r, json, "load_per_s", 0),
        .growth = number(r, json, "growth", 0),
        .utilisation = number(r, json, "utilisation", 0),
        .efficiency = number(r, json, "efficiency", 0),
        .spares = count(r, json, "spares"),
        .price_per_hour = number(r, json, "price_per_hour", 0),
    };
    if (!(s->load > 0 && s->utilisation > 0 && s->efficiency > 0)) {
        fail(r, "sizing_for", "a load, a utilisation and an efficiency above 0");
    }
    page->sizing = s;
}

static void read_evidence(struct reader *r, const json_t *json, struct lg_claim_result *claim)
{
    const json_t *rows = list(r, json, "evidence");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        *LG_ARENA_PUSH(r->arena, claim->evidence, claim->evidence_count) =
            (struct lg_claim_evidence){
                .figure = text(r, row, "figure"),
                .a = text(r, row, "a"),
                .b = text(r, row, "b"),
                .low = number(r, row, "low", INFINITY),
                .high = number(r, row, "high", INFINITY),
                .finding = text(r, row, "finding"),
            };
    }
}

static void read_claims(struct reader *r, const json_t *root, struct lg_capacity_page *page)
{
    const json_t *rows = list(r, root, "claims");
    struct lg_claim_result *claims = NULL;
    for (size_t i = 0; r->why == NULL && i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct lg_claim_result *claim = LG_ARENA_PUSH(r->arena, claims, page->claim_count);
        *claim = (struct lg_claim_result){
            .number = count(r, row, "number"),
            .id = text(r, row, "id"),
            .made = text(r, row, "made"),
            .verdict = text(r, row, "verdict"),
            .text = text(r, row, "text"),
            .scope = text(r, row, "scope"),
        };
        read_evidence(r, row, claim);
    }
    page->claims = claims;
}

static void read_page(struct reader *r, const json_t *root, struct lg_capacity_page *page)
{
    *page = (struct lg_capacity_page){
        .scenario = text(r, root, "scenario"),
        .file = text(r, root, "file"),
        .command = text(r, root, "command"),
        .started_at = text(r, root, "started_at"),
        .precision = number(r, root, "precision", 1),
        .cpu = text(r, root, "cpu"),
        .cores = count(r, root, "cores"),
        .seed = strtoull(text(r, root, "seed"), NULL, 10),
    };
    read_objectives(r, root, page);
    read_sizing(r, root, page);
    read_overload_for(r, root, page);
    read_claims(r, root, page);
    const json_t *targets = list(r, root, "targets");
    page->target_count = json_array_size(targets);
    struct lg_capacity_result *results =
        lg_arena_alloc(r->arena, (page->target_count + 1) * sizeof *results);
    for (size_t i = 0; r->why == NULL && i < page->target_count; i++) {
        read_target(r, json_array_get(targets, i), page, &results[i]);
    }
    page->targets = results;
}

bool lg_report_capacity_read(struct lg_slice json, struct lg_arena *arena,
                             struct lg_capacity_page *page, const char **why)
{
    struct reader r = {.arena = arena};
    json_error_t error;
    json_t *root = json_loadb(json.p, json.n, 0, &error);
    if (root == NULL) {
        r.why = lg_arena_printf(arena, "line %d: %s", error.line, error.text);
    } else if (strcmp(text(&r, root, "schema"), "loadgen.capacity/1") != 0) {
        fail(&r, "schema", "loadgen.capacity/1");
    } else {
        read_page(&r, root, page);
    }
    json_decref(root);
    *why = r.why;
    return r.why == NULL;
}
