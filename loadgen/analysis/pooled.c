#include "analysis/pooled.h"

#include <stdlib.h>

static void add(struct lg_pooled *pooled, const struct lg_hist *h, uint64_t above)
{
    if (h != NULL) {
        lg_hist_merge(pooled->hist, h);
    }
    pooled->above += above;
}

static void add_steps(struct lg_pooled *pooled, const struct lg_trial_result *trial,
                      const struct lg_pooled_what *what)
{
    for (size_t i = 0; i < trial->step_count; i++) {
        const struct lg_step_result *step = &trial->steps[i];
        if (strcmp(step->name, what->name) == 0) {
            add(pooled, step->phase[what->phase], lg_step_above(step, what->phase));
        }
    }
}

static void add_deliveries(struct lg_pooled *pooled, const struct lg_trial_result *trial,
                           const struct lg_pooled_what *what)
{
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        const struct lg_deliveries_result *d = &trial->deliveries[i];
        if (strcmp(d->name, what->name) != 0) {
            continue;
        }
        if (what->kind == LG_POOL_DELIVERY) {
            add(pooled, d->delivery, lg_delivery_above(d));
        } else {
            /* A message that some receiver never got has no end of its spread. */
            uint64_t whole = d->spread != NULL ? d->spread->count : 0;
            bool lacking = d->lost > 0 && d->messages > whole;
            add(pooled, d->spread, lacking ? d->messages - whole : 0);
        }
    }
}

static void add_streams(struct lg_pooled *pooled, const struct lg_trial_result *trial,
                        const struct lg_pooled_what *what)
{
    for (size_t i = 0; i < trial->stream_count; i++) {
        const struct lg_stream_result *s = &trial->streams[i];
        if (strcmp(s->name, what->name) != 0) {
            continue;
        }
        const struct lg_hist *h = what->kind == LG_POOL_FIRST_EVENT ? s->first_event
                                  : what->kind == LG_POOL_GAP       ? s->gap
                                  : what->kind == LG_POOL_RECONNECT ? s->reconnect
                                                                    : s->pause;
        bool first = what->kind == LG_POOL_FIRST_EVENT;
        add(pooled, h, first ? lg_first_event_above(s) : h != NULL ? h->over : 0);
    }
}

static void add_iterations(struct lg_pooled *pooled, const struct lg_trial_result *trial,
                           const struct lg_pooled_what *what)
{
    for (size_t i = 0; i < trial->users_count; i++) {
        const struct lg_users_result *users = &trial->users[i];
        if (strcmp(users->name, what->name) == 0) {
            add(pooled, users->iteration, lg_iteration_above(users));
        }
    }
}

struct lg_pooled lg_pooled_of(const struct lg_trial_result *trials, size_t count,
                              const struct lg_pooled_what *what)
{
    struct lg_pooled pooled = {.hist = lg_hist_new()};
    for (size_t i = 0; i < count; i++) {
        switch (what->kind) {
        case LG_POOL_STEP:
            add_steps(&pooled, &trials[i], what);
            break;
        case LG_POOL_DELIVERY:
        case LG_POOL_SPREAD:
            add_deliveries(&pooled, &trials[i], what);
            break;
        case LG_POOL_ITERATION:
            add_iterations(&pooled, &trials[i], what);
            break;
        case LG_POOL_FIRST_EVENT:
        case LG_POOL_GAP:
        case LG_POOL_RECONNECT:
        case LG_POOL_PAUSE:
            add_streams(&pooled, &trials[i], what);
            break;
        }
    }
    return pooled;
}

void lg_pooled_fini(struct lg_pooled *pooled)
{
    lg_hist_free(pooled->hist);
    pooled->hist = NULL;
}

uint64_t lg_pooled_count(const struct lg_pooled *pooled)
{
    return pooled->hist->count + pooled->above;
}

lg_ns lg_pooled_quantile(const struct lg_pooled *pooled, double q)
{
    if (pooled->hist->count == 0) {
        return pooled->above > 0 ? LG_NEVER : -1;
    }
    return lg_hist_quantile(pooled->hist, q, pooled->above);
}

bool lg_pooled_supports(const struct lg_pooled *pooled, double q)
{
    return (double)lg_pooled_count(pooled) * (1 - q) > 10 - 1e-6;
}

static void add_accounting(struct lg_accounting *into, const struct lg_accounting *a)
{
    into->scheduled += a->scheduled;
    into->completed += a->completed;
    into->failed += a->failed;
    into->timed_out += a->timed_out;
    into->shed += a->shed;
    into->dropped += a->dropped;
    into->in_flight_at_end += a->in_flight_at_end;
}

static void add_trial(struct lg_totals *totals, const struct lg_trial_result *trial)
{
    totals->window_s += trial->duration_s;
    for (size_t i = 0; i < trial->users_count; i++) {
        add_accounting(&totals->arrivals, &trial->users[i].accounting);
        totals->achieved += trial->users[i].achieved_per_s * trial->duration_s;
        if (lg_users_open(&trial->users[i])) {
            totals->intended += trial->users[i].intended_per_s * trial->duration_s;
        }
    }
    for (size_t i = 0; i < trial->step_count; i++) {
        const struct lg_step_result *step = &trial->steps[i];
        if (step->parallel) {
            continue; /* its parts are the exchanges */
        }
        totals->exchanges += step->count;
        uint64_t ok = step->outcomes[LG_OK];
        totals->failed += step->count > ok ? step->count - ok : 0; /* a stored run may lie */
    }
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        const struct lg_deliveries_result *d = &trial->deliveries[i];
        totals->messages += d->messages;
        totals->expected += d->expected;
        totals->received += d->received;
        totals->lost += d->lost;
        totals->duplicated += d->duplicated;
        totals->reordered += d->reordered;
    }
}

struct lg_totals lg_totals_of(const struct lg_target_result *target)
{
    struct lg_totals totals = {0};
    for (size_t i = 0; i < target->trial_count; i++) {
        add_trial(&totals, &target->trials[i]);
    }
    return totals;
}

static bool arrive(const struct lg_users_result *users, const char *how)
{
    return users->arrivals != NULL && strcmp(users->arrivals, how) == 0;
}

bool lg_users_open(const struct lg_users_result *users)
{
    return arrive(users, "constant") || arrive(users, "poisson") || arrive(users, "trace");
}

bool lg_users_closed(const struct lg_users_result *users)
{
    return arrive(users, "closed");
}

const struct lg_users_result *lg_step_users(const struct lg_trial_result *trial,
                                            const struct lg_step_result *step)
{
    for (size_t i = 0; step->users != NULL && i < trial->users_count; i++) {
        if (strcmp(trial->users[i].name, step->users) == 0) {
            return &trial->users[i];
        }
    }
    return NULL;
}

const struct lg_step_result *lg_main_step(const struct lg_trial_result *trial)
{
    const struct lg_step_result *best = NULL;
    for (size_t i = 0; i < trial->step_count; i++) {
        const struct lg_step_result *step = &trial->steps[i];
        bool better = best == NULL || (best->setup && !step->setup) ||
                      (best->setup == step->setup && step->count > best->count);
        if (better) {
            best = step;
        }
    }
    return best;
}
