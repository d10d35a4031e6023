/* The check that counts add up, by itself: it walks everything that is counted twice. */
#include "analysis/validity_counts.h"

static uint64_t fates(const struct lg_accounting *a)
{
    return a->completed + a->failed + a->timed_out + a->shed + a->dropped + a->in_flight_at_end;
}

static uint64_t outcomes(const struct lg_step_result *step)
{
    uint64_t sum = 0;
    for (int class = 0; class < LG_OUTCOME_CLASSES; class ++) {
        sum += step->outcomes[class];
    }
    return sum;
}

/* NULL: they agree. */
static const char *differ(struct lg_arena *arena, const char *name, const char *left, uint64_t a,
                          const char *right, uint64_t b)
{
    if (a == b) {
        return NULL;
    }
    return lg_arena_printf(arena, "%s: %llu %s but %llu %s (limit: equal)", name,
                           (unsigned long long)a, left, (unsigned long long)b, right);
}

static const char *check_users(const struct lg_trial_result *trial, struct lg_arena *arena)
{
    const char *text = NULL;
    for (size_t i = 0; i < trial->users_count && text == NULL; i++) {
        const struct lg_users_result *u = &trial->users[i];
        text = differ(arena, u->name, "arrivals", u->accounting.scheduled, "fates of them",
                      fates(&u->accounting));
        if (text == NULL && u->iteration != NULL) {
            text = differ(arena, u->name, "iterations completed", u->accounting.completed,
                          "times of them", u->iteration->count + u->iteration->over);
        }
    }
    return text;
}

static const char *check_steps(const struct lg_trial_result *trial, struct lg_arena *arena)
{
    const char *text = NULL;
    for (size_t i = 0; i < trial->step_count && text == NULL; i++) {
        const struct lg_step_result *s = &trial->steps[i];
        const struct lg_hist *h = s->phase[LG_PHASE_RESPONSE];
        text = differ(arena, s->name, "exchanges", s->count, "outcomes of them", outcomes(s));
        if (text == NULL && h != NULL) {
            text = differ(arena, s->name, "exchanges succeeded", s->outcomes[LG_OK],
                          "response times of them", h->count + h->over);
        }
    }
    return text;
}

static const char *check_deliveries(const struct lg_trial_result *trial, struct lg_arena *arena)
{
    const char *text = NULL;
    for (size_t i = 0; i < trial->deliveries_count && text == NULL; i++) {
        const struct lg_deliveries_result *d = &trial->deliveries[i];
        text = differ(arena, d->name, "deliveries expected", d->expected, "received or lost",
                      d->received + d->lost);
        if (text == NULL && d->delivery != NULL) {
            text = differ(arena, d->name, "deliveries received", d->received, "times of them",
                          d->delivery->count + d->delivery->over);
        }
    }
    return text;
}

struct lg_validity_finding lg_validity_judge_counts(const struct lg_trial_result *trial,
                                                    struct lg_arena *arena)
{
    const char *text = check_users(trial, arena);
    text = text != NULL ? text : check_steps(trial, arena);
    text = text != NULL ? text : check_deliveries(trial, arena);
    if (text != NULL) {
        return (struct lg_validity_finding){LG_VALIDITY_BREACHED, text};
    }
    return (struct lg_validity_finding){LG_VALIDITY_MET,
                                        "every arrival, exchange and delivery is accounted for"};
}
