#include "analysis/search.h"

#include <math.h>

static void plan(struct lg_search *s, double rate, enum lg_search_phase phase)
{
    bool longer = phase == LG_SEARCH_CONFIRM_LOW || phase == LG_SEARCH_CONFIRM_HIGH;
    s->next = (struct lg_search_trial){
        .rate = rate, .times = longer ? LG_SEARCH_LONG : 1, .phase = phase};
}

static void end(struct lg_search *s, enum lg_search_end how)
{
    s->end = how;
}

static bool is_narrow(const struct lg_search *s)
{
    return s->high <= s->low * s->options.precision * (1 + 1e-9);
}

static void confirm_low(struct lg_search *s)
{
    s->held = s->missed = 0;
    plan(s, s->low, LG_SEARCH_CONFIRM_LOW);
}

/* The generator's limit bounds the search, not the server. */
static void below_limit(struct lg_search *s)
{
    if (s->limit <= s->low * s->options.precision) {
        confirm_low(s);
    } else {
        plan(s, sqrt(s->low * s->limit), LG_SEARCH_BRACKET);
    }
}

/* The bracket decides: widen it, narrow it, or confirm its ends. */
static void go_on(struct lg_search *s)
{
    const struct lg_search_options *o = &s->options;
    if (s->low == 0 && s->high <= o->least) {
        end(s, LG_SEARCH_BELOW_START);
    } else if (s->low == 0) {
        double rate = isfinite(s->high) ? s->high / 2 : o->start;
        plan(s, rate > o->least ? rate : o->least, LG_SEARCH_BRACKET);
    } else if (isinf(s->high) && s->low >= o->most) {
        confirm_low(s);
    } else if (isinf(s->high) && isfinite(s->limit)) {
        below_limit(s);
    } else if (isinf(s->high)) {
        plan(s, fmin(2 * s->low, o->most), LG_SEARCH_BRACKET);
    } else if (!is_narrow(s)) {
        plan(s, sqrt(s->low * s->high), LG_SEARCH_BISECT);
    } else {
        confirm_low(s);
    }
}

/* An end that its confirmation overthrew is given up; the search goes on from what is left. */
static void surprise(struct lg_search *s)
{
    s->surprises++;
    if (s->surprises > LG_SEARCH_SURPRISES) {
        end(s, LG_SEARCH_NOT_MONOTONE);
    } else {
        go_on(s);
    }
}

static void low_confirmed(struct lg_search *s)
{
    if (isfinite(s->high)) {
        plan(s, s->high, LG_SEARCH_CONFIRM_HIGH);
    } else {
        end(s, isfinite(s->limit) ? LG_SEARCH_GENERATOR_FIRST : LG_SEARCH_NO_BOUND);
    }
}

/* The low end was luck: a little lower then, or `how` it ends where there is no lower. */
static void lower(struct lg_search *s, enum lg_search_end how)
{
    s->low = s->low / s->options.precision;
    s->surprises++;
    if (s->low < s->options.least) {
        s->low = 0;
        end(s, how == LG_SEARCH_NOT_MONOTONE ? LG_SEARCH_BELOW_START : how);
    } else if (s->surprises > LG_SEARCH_SURPRISES) {
        end(s, how);
    } else {
        confirm_low(s);
    }
}

static void tell_low(struct lg_search *s, bool holds)
{
    unsigned enough = s->options.confirm / 2 + 1;
    *(holds ? &s->held : &s->missed) += 1;
    if (s->held >= enough) {
        low_confirmed(s);
    } else if (s->missed >= enough) {
        s->high = s->low;
        lower(s, LG_SEARCH_NOT_MONOTONE);
    }
}

static void tell_high(struct lg_search *s, bool holds)
{
    if (!holds) {
        end(s, LG_SEARCH_FOUND);
        return;
    }
    s->low = s->high;
    s->high = INFINITY;
    surprise(s);
}

static void tell_bracket(struct lg_search *s, bool holds)
{
    double rate = s->next.rate;
    if (holds) {
        s->low = rate;
    } else {
        s->high = rate;
    }
    go_on(s);
}

static void tell_generator(struct lg_search *s)
{
    s->refusals++;
    if (s->refusals < LG_SEARCH_REFUSALS) {
        return; /* the same rate again */
    }
    s->refusals = 0;
    s->limit = fmin(s->limit, s->next.rate);
    if (s->next.phase == LG_SEARCH_CONFIRM_LOW) {
        lower(s, LG_SEARCH_GENERATOR_FIRST);
    } else if (s->low == 0 || s->next.rate <= s->low || isfinite(s->high)) {
        end(s, LG_SEARCH_GENERATOR_FIRST);
    } else {
        below_limit(s);
    }
}

static void tell_disturbed(struct lg_search *s)
{
    s->disturbances++;
    if (s->disturbances >= LG_SEARCH_DISTURBANCES) {
        end(s, LG_SEARCH_DISTURBED);
    } /* else the same rate again */
}

void lg_search_begin(struct lg_search *s, const struct lg_search_options *options)
{
    LG_ASSERT(options->least > 0 && options->start >= options->least &&
              options->most >= options->start && options->precision > 1 && options->trials > 0);
    *s = (struct lg_search){.options = *options, .high = INFINITY, .limit = INFINITY};
    plan(s, options->start, LG_SEARCH_BRACKET);
}

static bool try_longer(struct lg_search *s)
{
    unsigned first = s->next.phase == LG_SEARCH_BRACKET || s->next.phase == LG_SEARCH_BISECT
                         ? 1
                         : LG_SEARCH_LONG;
    if (s->next.times >= first << LG_SEARCH_REPEATS) {
        return false;
    }
    s->next.times *= 2;
    return true;
}

void lg_search_tell(struct lg_search *s, enum lg_search_verdict verdict)
{
    bool holds = verdict == LG_TRIAL_HOLDS;
    LG_ASSERT(s->end == LG_SEARCH_SEARCHING);
    s->tried++;
    s->refusals = verdict == LG_TRIAL_GENERATOR ? s->refusals : 0;
    s->disturbances = verdict == LG_TRIAL_DISTURBED ? s->disturbances : 0;
    if (verdict == LG_TRIAL_GENERATOR) {
        tell_generator(s);
    } else if (verdict == LG_TRIAL_DISTURBED) {
        tell_disturbed(s);
    } else if (verdict == LG_TRIAL_UNCLEAR && try_longer(s)) {
        /* the same rate again */
    } else if (s->next.phase == LG_SEARCH_CONFIRM_LOW) {
        tell_low(s, holds);
    } else if (s->next.phase == LG_SEARCH_CONFIRM_HIGH) {
        tell_high(s, holds);
    } else {
        tell_bracket(s, holds);
    }
    if (s->end == LG_SEARCH_SEARCHING && s->tried >= s->options.trials) {
        end(s, LG_SEARCH_OUT_OF_TRIALS);
    }
}

struct lg_search_effort lg_search_usual(const struct lg_search_options *options)
{
    struct lg_search s;
    struct lg_search_effort effort = {0};
    const double capacity = 4 * sqrt(2) * options->start;
    lg_search_begin(&s, options);
    while (s.end == LG_SEARCH_SEARCHING) {
        effort.trials++;
        effort.times += s.next.times;
        lg_search_tell(&s, s.next.rate < capacity ? LG_TRIAL_HOLDS : LG_TRIAL_FAILS);
    }
    return effort;
}

struct lg_search_effort lg_search_most(const struct lg_search_options *options)
{
    unsigned longest = LG_SEARCH_LONG << LG_SEARCH_REPEATS;
    return (struct lg_search_effort){options->trials, (double)options->trials * longest};
}

const char *lg_search_verdict_name(enum lg_search_verdict verdict)
{
    static const char *const names[] = {
#define X(name, text, help) text,
        LG_SEARCH_VERDICT_MAP(X)
#undef X
    };
    return names[verdict];
}

const char *lg_search_phase_name(enum lg_search_phase phase)
{
    static const char *const names[] = {"bracket", "bisect", "confirm_low", "confirm_high"};
    return names[phase];
}

const char *lg_search_end_name(enum lg_search_end how)
{
    static const char *const names[] = {
#define X(name, text, help) text,
        LG_SEARCH_END_MAP(X)
#undef X
    };
    return names[how];
}

const char *lg_search_end_help(enum lg_search_end how)
{
    static const char *const helps[] = {
#define X(name, text, help) help,
        LG_SEARCH_END_MAP(X)
#undef X
    };
    return helps[how];
}
