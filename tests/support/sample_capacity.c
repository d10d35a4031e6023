#include "support/sample_capacity.h"

#include "analysis/sizing.h"
#include "base/rng.h"

#include <math.h>

static const struct lg_capacity_objective objectives[] = {
    {"page.response p(99) < 50ms", "ns", 50e6}, {"errors rate < 0.1%", "share", 0.001}};

static const struct lg_sizing sizing = {.load = 5000,
                                        .growth = 0.2,
                                        .utilisation = 0.7,
                                        .efficiency = 1,
                                        .spares = 1,
                                        .price_per_hour = 0.1};

struct step {
    double rate; /* as a share of the capacity */
    enum lg_search_phase phase;
    enum lg_search_verdict verdict;
};

static const struct step steps[] = {
    {0.25, LG_SEARCH_BRACKET, LG_TRIAL_HOLDS},      {0.5, LG_SEARCH_BRACKET, LG_TRIAL_HOLDS},
    {1, LG_SEARCH_BRACKET, LG_TRIAL_DISTURBED},     {1, LG_SEARCH_BRACKET, LG_TRIAL_HOLDS},
    {2, LG_SEARCH_BRACKET, LG_TRIAL_FAILS},         {1.4142, LG_SEARCH_BISECT, LG_TRIAL_FAILS},
    {1.1892, LG_SEARCH_BISECT, LG_TRIAL_FAILS},     {1.0905, LG_SEARCH_BISECT, LG_TRIAL_UNCLEAR},
    {1.0905, LG_SEARCH_BISECT, LG_TRIAL_FAILS},     {1.03, LG_SEARCH_BISECT, LG_TRIAL_FAILS},
    {1, LG_SEARCH_CONFIRM_LOW, LG_TRIAL_HOLDS},     {1, LG_SEARCH_CONFIRM_LOW, LG_TRIAL_HOLDS},
    {1.03, LG_SEARCH_CONFIRM_HIGH, LG_TRIAL_FAILS},
};

static struct lg_claim_evidence evidence[] = {{.figure = "capacity",
                                               .a = "node",
                                               .b = "django",
                                               .low = 0.146,
                                               .high = 0.155,
                                               .finding = "supports"}};

static const struct lg_claim_result claims[] = {{
    .number = 19,
    .id = "capacity",
    .made = "One machine of Node.js carries more than one of Django.",
    .verdict = "supported",
    .text = "django carries 0.146 to 0.155 times what node does",
    .scope = "shop, on 2 cores",
    .evidence = evidence,
    .evidence_count = 1,
}};

enum { STEPS = sizeof steps / sizeof *steps };

static void observe(struct lg_arena *arena, struct lg_capacity_trial *t, double load)
{
    t->in_flight = t->achieved * t->p50_ns * 1e-9;
    t->failed_share = load > 1.5 ? 0.02 : 0;
    t->observed = lg_arena_alloc(arena, 2 * sizeof *t->observed);
    t->observed[0] = t->p99_ns;
    t->observed[1] = t->failed_share;
}

static void add_trials(struct lg_arena *arena, struct lg_capacity_result *r, double capacity,
                       bool metastable)
{
    for (size_t i = 0; i < STEPS; i++) {
        const struct step *s = &steps[i];
        struct lg_capacity_trial *t = LG_ARENA_PUSH(arena, r->trials, r->trial_count);
        bool longer = s->phase >= LG_SEARCH_CONFIRM_LOW;
        double load = s->rate * (i == 8 ? 1.0001 : 1);
        *t = (struct lg_capacity_trial){
            .rate = capacity * s->rate,
            .seconds = longer ? 40 : 10,
            .phase = s->phase,
            .verdict = s->verdict,
            .achieved = capacity * fmin(s->rate, 1.02),
            .p50_ns = 2e6 * (1 + (load > 1 ? 100 * (load - 1) : load)),
            .p99_ns = load > 1.5 ? INFINITY : 8e6 * (1 + 5 * pow(load, 6)),
            .cpu_s = 0.95 / capacity,
            .cores = 0.95 * fmin(load, 1.02),
            .generator_cores = 0.1 * load,
            .others_cores = 0.02,
            .why = s->verdict == LG_TRIAL_DISTURBED
                       ? "page: the generator took up 99 % of the arrivals within 9.1 ms of their "
                         "time (limit: 1.00 ms)"
                   : s->verdict == LG_TRIAL_HOLDS ? ""
                                                  : objectives[0].text,
            .recovery_s = metastable && load > 1.5 ? 20.2 : 0,
        };
        observe(arena, t, load);
    }
    r->search = (struct lg_search){.end = LG_SEARCH_FOUND,
                                   .low = capacity,
                                   .high = 1.03 * capacity,
                                   .limit = INFINITY,
                                   .tried = STEPS};
}

static void add_curve(struct lg_arena *arena, struct lg_capacity_result *r)
{
    static const struct lg_usl law = {.lambda = 250, .sigma = 0.05, .kappa = 0.002};
    struct lg_rng rng;
    lg_rng_init(&rng, 3, 0, 0);
    for (unsigned users = 1; users <= 64; users *= 2) {
        for (int k = 0; k < 3; k++) {
            struct lg_capacity_trial *t = LG_ARENA_PUSH(arena, r->curve, r->curve_count);
            *t = (struct lg_capacity_trial){.users = users, .seconds = 10, .why = ""};
            t->achieved = lg_usl_throughput(&law, users) * (1 + 0.04 * (lg_rng_unit(&rng) - 0.5));
            t->p50_ns = users / t->achieved * 1e9;
            t->p99_ns = 3 * t->p50_ns;
            t->cpu_s = 0.95 / 2000;
            t->cores = t->achieved * t->cpu_s;
            if (users == 4 && k == 1) {
                t->achieved /= 5; /* would spoil the fit */
                t->verdict = LG_TRIAL_DISTURBED;
                t->why = "this machine had other work";
            }
            observe(arena, t, 0);
        }
    }
}

/* node keeps its goodput and is itself again at once; django collapses and stays down. */
static void add_overload(struct lg_arena *arena, struct lg_capacity_result *r, double capacity,
                         bool collapses)
{
    for (int i = 0; i < 4; i++) {
        struct lg_overload_trial *t = LG_ARENA_PUSH(arena, r->overload, r->overload_count);
        double share = (collapses ? 0.3 : 0.96) + 0.01 * i;
        *t = (struct lg_overload_trial){
            .rate = 2 * capacity,
            .base = LG_OVERLOAD_BASE * capacity,
            .seconds = 40,
            .verdict = i == 1 ? LG_TRIAL_DISTURBED : LG_TRIAL_HOLDS,
            .why = i == 1 ? "this machine had other work" : "",
            .goodput = capacity * share,
            .refused_share = 1 - share / 2,
            .p50_ns = 61e6,
            .p99_ns = 78e6,
            .recovery_s = collapses ? (i == 2 ? INFINITY : 9) : (i == 2 ? 1 : 0),
            .watched_s = 27,
            .cores = 0.97,
            .generator_cores = 0.2,
        };
    }
}

void sample_capacity(struct lg_arena *arena, struct lg_capacity_page *page)
{
    struct lg_capacity_result *targets = lg_arena_alloc(arena, 2 * sizeof *targets);
    targets[0] =
        (struct lg_capacity_result){.target = "node", .label = "Node.js 20, Fastify", .ended = ""};
    targets[1] =
        (struct lg_capacity_result){.target = "django", .label = "Django 5, uvicorn", .ended = ""};
    add_trials(arena, &targets[0], 2000, false);
    add_curve(arena, &targets[0]);
    add_trials(arena, &targets[1], 300, true);
    add_overload(arena, &targets[0], 2000, false);
    add_overload(arena, &targets[1], 300, true);
    *page = (struct lg_capacity_page){
        .scenario = "shop",
        .file = "scenarios/shop.ini",
        .command =
            "loadgen capacity shop.ini --curve --load 5k/s --growth 20% --price 0.1 --overload 2",
        .started_at = "2026-11-20T08:00:00Z",
        .objectives = objectives,
        .objective_count = 2,
        .targets = targets,
        .target_count = 2,
        .precision = 1.03,
        .overload_factor = 2,
        .overload_how =
            "40 s at 2 times the rate that holds, before and for 30 s after it 70 % of "
            "that rate, over the same connections; arrivals of visitor that wait longer "
            "than 50.0 ms for a connection are shed, as page.response p(99) < 50ms promises "
            "no more; "
            "more than 64 at once no server gets to see: so many users may be busy",
        .sizing = &sizing,
        .cpu = "Example CPU @ 3.0 GHz",
        .cores = 2,
        .seed = 42,
        .claims = claims,
        .claim_count = 1,
    };
    for (size_t i = 0; i < 2; i++) {
        lg_capacity_conclude(&targets[i], LG_USL_RESAMPLES, page->seed);
    }
}
