#include "analysis/validity.h"
#include "analysis/pooled.h"
#include "analysis/validity_counts.h"
#include "base/units.h"

#include <math.h>

static struct lg_validity_finding finding(enum lg_validity_state state, const char *text)
{
    return (struct lg_validity_finding){state, text};
}

static enum lg_validity_state met_if(bool met)
{
    return met ? LG_VALIDITY_MET : LG_VALIDITY_BREACHED;
}

/* Nothing at all would pass every other check. */
static struct lg_validity_finding judge_something(const struct lg_trial_result *trial,
                                                  struct lg_arena *arena)
{
    uint64_t events = 0;
    for (size_t i = 0; i < trial->step_count; i++) {
        events += trial->steps[i].count;
    }
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        events += trial->deliveries[i].expected + trial->deliveries[i].received;
    }
    if (events == 0) {
        return finding(LG_VALIDITY_BREACHED, "nothing was measured");
    }
    char count[LG_UNIT_TEXT];
    return finding(LG_VALIDITY_MET,
                   lg_arena_printf(arena, "%s exchanges and deliveries were measured",
                                   lg_show_count(count, (double)events)));
}

/* Arrivals that were taken up in time and then waited for the target: too few connections, or slow
 * ones, are a finding about the load that was declared, not a fault of the generator. */
static double waited(const struct lg_users_result *users)
{
    return (double)(users->late_no_connection + users->late_connecting);
}

static bool shortfall_is_waiting(const struct lg_users_result *users, double duration_s)
{
    double missing = (users->intended_per_s - users->offered_per_s) * duration_s;
    return missing <= waited(users) && (double)users->late_generator <= 0.1 * missing;
}

/* A second below the limit takes this many late sends; fewer were late by the generator's fault. */
static bool second_is_waiting(const struct lg_users_result *users)
{
    double least = (1 - LG_VALID_SECOND) * users->intended_per_s;
    return waited(users) >= least && (double)users->late_generator < least;
}

/* Sent / intended; a shortfall that is waiting ranks behind every real one. */
static double sent_rank(const struct lg_users_result *users, double duration_s)
{
    double share = users->offered_per_s / users->intended_per_s;
    return share < LG_VALID_SENT && shortfall_is_waiting(users, duration_s) ? 1 + share : share;
}

static struct lg_validity_finding judge_sent(const struct lg_trial_result *trial,
                                             struct lg_arena *arena)
{
    const struct lg_users_result *worst = NULL;
    double least = INFINITY;
    for (size_t i = 0; i < trial->users_count; i++) {
        const struct lg_users_result *users = &trial->users[i];
        bool open = lg_users_open(users) && users->intended_per_s > 0;
        double rank = open ? sent_rank(users, trial->duration_s) : INFINITY;
        if (rank < least) {
            least = rank;
            worst = users;
        }
    }
    if (worst == NULL) {
        return finding(LG_VALIDITY_NOT_APPLICABLE, "");
    }
    double sent = worst->offered_per_s / worst->intended_per_s;
    char share[LG_UNIT_TEXT];
    return finding(met_if(least >= LG_VALID_SENT),
                   lg_arena_printf(arena,
                                   "%s: %s of the intended arrivals were sent (limit: at least "
                                   "99.5 %%%s)",
                                   worst->name, lg_show_share(share, sent),
                                   least > sent ? "; the others waited for connections" : ""));
}

static struct lg_validity_finding judge_second(const struct lg_trial_result *trial,
                                               struct lg_arena *arena)
{
    const struct lg_users_result *worst = NULL;
    bool open = false;
    for (size_t i = 0; i < trial->users_count; i++) {
        const struct lg_users_result *users = &trial->users[i];
        open = open || lg_users_open(users);
        if (lg_users_open(users) && users->flow_measured &&
            (worst == NULL || users->worst_second < worst->worst_second)) {
            worst = users;
        }
    }
    if (worst == NULL) {
        return open ? finding(LG_VALIDITY_NOT_MEASURED, "the worst second was not measured")
                    : finding(LG_VALIDITY_NOT_APPLICABLE, "");
    }
    char share[LG_UNIT_TEXT];
    bool waiting = worst->worst_second < LG_VALID_SECOND && second_is_waiting(worst);
    return finding(met_if(worst->worst_second >= LG_VALID_SECOND || waiting),
                   lg_arena_printf(arena,
                                   "%s: %s of the intended arrivals were sent in the worst second "
                                   "(limit: at least 90 %%%s)",
                                   worst->name, lg_show_share(share, worst->worst_second),
                                   waiting ? "; the others waited for connections" : ""));
}

/* Lateness that is declared (timing = economical), in seconds. */
static double slack_of(const struct lg_trial_result *trial)
{
    return fmax(0, trial->generator.slack_s);
}

/* The p99 of the lag over its limit; -1: the step has none to judge. */
static double lag_of(const struct lg_trial_result *trial, const struct lg_step_result *step,
                     lg_ns *lag, lg_ns *limit)
{
    const struct lg_users_result *users = lg_step_users(trial, step);
    const struct lg_hist *lags = step->phase[LG_PHASE_SCHEDULE_LAG];
    const struct lg_hist *responses = step->phase[LG_PHASE_RESPONSE];
    if (step->setup || users == NULL || !lg_users_open(users) || lags == NULL || lags->count == 0) {
        return -1;
    }
    *lag = lg_hist_quantile(lags, 0.99, lags->over);
    *limit = LG_VALID_LAG + (lg_ns)(slack_of(trial) * (double)LG_S);
    if (responses != NULL && responses->count > 0) {
        double share = LG_VALID_LAG_SHARE * (double)lg_hist_quantile(responses, 0.99, 0);
        *limit = share > (double)*limit ? (lg_ns)share : *limit;
    }
    return (double)*lag / (double)*limit;
}

static struct lg_validity_finding judge_lag(const struct lg_trial_result *trial,
                                            struct lg_arena *arena)
{
    const struct lg_step_result *worst = NULL;
    double most = -1;
    lg_ns lag = 0;
    lg_ns limit = 0;
    bool open = false;
    for (size_t i = 0; i < trial->users_count; i++) {
        open = open || lg_users_open(&trial->users[i]);
    }
    for (size_t i = 0; i < trial->step_count; i++) {
        lg_ns step_lag = 0;
        lg_ns step_limit = 0;
        double share = lag_of(trial, &trial->steps[i], &step_lag, &step_limit);
        if (share > most) {
            most = share;
            lag = step_lag;
            limit = step_limit;
            worst = &trial->steps[i];
        }
    }
    if (worst == NULL) {
        return open ? finding(LG_VALIDITY_NOT_MEASURED, "no step has a schedule lag")
                    : finding(LG_VALIDITY_NOT_APPLICABLE, "");
    }
    char observed[LG_UNIT_TEXT];
    char most_text[LG_UNIT_TEXT];
    return finding(met_if(most <= 1),
                   lg_arena_printf(arena,
                                   "%s: the generator took up 99 %% of the arrivals within %s "
                                   "of their time (limit: %s)",
                                   worst->name, lg_show_time(observed, (double)lag),
                                   lg_show_time(most_text, (double)limit)));
}

static struct lg_validity_finding judge_busy(const struct lg_trial_result *trial,
                                             struct lg_arena *arena)
{
    const struct lg_generator_result *generator = &trial->generator;
    if (!generator->busy_measured) {
        return finding(LG_VALIDITY_NOT_MEASURED, "the busiest 5 s of a thread were not measured");
    }
    if (trial->duration_s < LG_VALID_BUSY_S) {
        return finding(LG_VALIDITY_NOT_MEASURED,
                       "the window is too short to tell how busy a thread was in it");
    }
    char share[LG_UNIT_TEXT];
    return finding(
        met_if(generator->busiest_5s <= LG_VALID_BUSY),
        lg_arena_printf(arena,
                        "the busiest thread ran or waited for a core for %s of its busiest 5 s "
                        "(limit: 80 %%)",
                        lg_show_share(share, generator->busiest_5s)));
}

static struct lg_validity_finding judge_steal(const struct lg_trial_result *trial,
                                              struct lg_arena *arena)
{
    double steal = trial->generator.steal_share;
    if (steal < 0) {
        return finding(LG_VALIDITY_NOT_MEASURED, "the time stolen from this machine is not known");
    }
    char share[LG_UNIT_TEXT];
    return finding(met_if(steal <= LG_VALID_STEAL),
                   lg_arena_printf(arena, "%s of this machine's time was stolen (limit: 2 %%)",
                                   lg_show_share(share, steal)));
}

double lg_validity_little(const struct lg_users_result *users, double *allowed)
{
    double edges = (double)(users->in_flight_first + users->in_flight_last);
    double times = users->iteration->sum / (double)LG_S + users->unfinished_s +
                   users->to_go_first_s - users->to_go_last_s;
    double most = fmax(users->in_flight_s, times);
    *allowed = most > 0 ? LG_VALID_LITTLE + LG_VALID_LITTLE_EDGE_S * edges / most : LG_VALID_LITTLE;
    return most > 0 ? fabs(users->in_flight_s - times) / most : 0;
}

static struct lg_validity_finding judge_little(const struct lg_trial_result *trial,
                                               struct lg_arena *arena)
{
    const struct lg_users_result *worst = NULL;
    bool arrivals = false;
    double most = -1;
    double apart = 0;
    double allowed = 0;
    for (size_t i = 0; i < trial->users_count; i++) {
        const struct lg_users_result *users = &trial->users[i];
        arrivals = arrivals || lg_users_open(users) || lg_users_closed(users);
        double its_allowed = 0;
        if (!users->flow_measured || users->iteration == NULL || users->iteration->over > 0) {
            continue;
        }
        double its_apart = lg_validity_little(users, &its_allowed);
        if (its_apart / its_allowed > most) {
            most = its_apart / its_allowed;
            apart = its_apart;
            allowed = its_allowed;
            worst = users;
        }
    }
    if (worst == NULL) {
        return arrivals ? finding(LG_VALIDITY_NOT_MEASURED, "the number in flight was not measured")
                        : finding(LG_VALIDITY_NOT_APPLICABLE, "");
    }
    char observed[LG_UNIT_TEXT];
    char limit[LG_UNIT_TEXT];
    return finding(met_if(apart <= allowed),
                   lg_arena_printf(arena,
                                   "%s: the number in flight and the sum of the times are %s "
                                   "apart (Little's law; limit: %s)",
                                   worst->name, lg_show_share(observed, apart),
                                   lg_show_share(limit, allowed)));
}

/* The range of the gaps' cv that lateness of single sends, and a sample of this size, explain.  An
 * independent lateness with sd j adds 2 (j lambda)^2 to the gaps' relative variance, a slack s no
 * more than (s lambda)^2. */
static void cv_range(const struct lg_users_result *users, double slack_s, bool constant,
                     double *low, double *high)
{
    double relative = LG_VALID_JITTER_S * users->intended_per_s;
    double slack = slack_s * users->intended_per_s;
    double n = (double)users->accounting.scheduled;
    double chance = n > 0 ? 3 / sqrt(n) : 0;
    double ideal = constant ? 0 : 1;
    *low = ideal - LG_VALID_CV - chance;
    *high =
        fmax(ideal + LG_VALID_CV + chance, sqrt(ideal + 2 * relative * relative + slack * slack));
}

static struct lg_validity_finding judge_arrivals_of(const struct lg_users_result *users,
                                                    double slack_s, struct lg_arena *arena)
{
    bool constant = strcmp(users->arrivals, "constant") == 0;
    if (users->gap_cv < 0) {
        return finding(
            LG_VALIDITY_NOT_MEASURED,
            lg_arena_printf(arena, "%s: the gaps between sends were not measured", users->name));
    }
    if (waited(users) > 0.01 * (double)users->accounting.scheduled) {
        char share[LG_UNIT_TEXT];
        lg_show_share(share, waited(users) / (double)users->accounting.scheduled);
        return finding(LG_VALIDITY_NOT_MEASURED,
                       lg_arena_printf(arena,
                                       "%s: %s of the sends waited for a connection, so their "
                                       "gaps show the target and not the generator",
                                       users->name, share));
    }
    double low;
    double high;
    cv_range(users, slack_s, constant, &low, &high);
    bool fits = !constant && users->fit_p >= LG_VALID_FIT_P;
    bool met = fits || (users->gap_cv >= low && users->gap_cv <= high);
    const char *fit =
        users->fit_p < 0 ? "" : lg_arena_printf(arena, ", fit p = %.2g", users->fit_p);
    return finding(met_if(met),
                   lg_arena_printf(arena,
                                   "%s: gaps between sends vary by %.3g of their mean%s (%s; "
                                   "limits: %.2f to %.2f)",
                                   users->name, users->gap_cv, fit, users->arrivals, fmax(low, 0),
                                   high));
}

static struct lg_validity_finding judge_arrivals(const struct lg_trial_result *trial,
                                                 struct lg_arena *arena)
{
    struct lg_validity_finding worst = finding(LG_VALIDITY_NOT_APPLICABLE, "");
    for (size_t i = 0; i < trial->users_count; i++) {
        const struct lg_users_result *users = &trial->users[i];
        bool traced = strcmp(users->arrivals, "trace") == 0; /* its gaps are as they are */
        if (!lg_users_open(users) || traced || users->accounting.scheduled < 20) {
            continue; /* a handful of gaps has no distribution */
        }
        struct lg_validity_finding one = judge_arrivals_of(users, slack_of(trial), arena);
        bool worse = worst.state == LG_VALIDITY_NOT_APPLICABLE ||
                     one.state == LG_VALIDITY_BREACHED ||
                     (worst.state == LG_VALIDITY_MET && one.state == LG_VALIDITY_NOT_MEASURED);
        worst = worse && worst.state != LG_VALIDITY_BREACHED ? one : worst;
    }
    return worst;
}

static struct lg_validity_finding judge_overflow(const struct lg_trial_result *trial,
                                                 struct lg_arena *arena)
{
    uint64_t over = 0;
    for (size_t i = 0; i < trial->step_count; i++) {
        for (int phase = 0; phase < LG_PHASES; phase++) {
            const struct lg_hist *h = trial->steps[i].phase[phase];
            over += h != NULL ? h->over : 0;
        }
    }
    for (size_t i = 0; i < trial->users_count; i++) {
        const struct lg_users_result *u = &trial->users[i];
        over += u->iteration != NULL ? u->iteration->over : 0;
        over += u->connect != NULL ? u->connect->over : 0;
        over += u->lateness != NULL ? u->lateness->over : 0;
    }
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        const struct lg_deliveries_result *d = &trial->deliveries[i];
        over += d->delivery != NULL ? d->delivery->over : 0;
        over += d->spread != NULL ? d->spread->over : 0;
    }
    return finding(met_if(over == 0),
                   lg_arena_printf(arena,
                                   "%llu times were longer than a histogram holds "
                                   "(limit: none above 1 h)",
                                   (unsigned long long)over));
}

static const struct lg_validity_check checks[] = {
    {"measured", "exchanges and deliveries counted in the trial; at least one", judge_something},
    {"sent_share",
     "open arrivals sent / intended, over the window, the worst kind of user; at least 99.5 %, or "
     "what "
     "is missing waited for connections and not for the generator",
     judge_sent},
    {"worst_second",
     "the same within each second of the window; at least 90 % in every second, or as before",
     judge_second},
    {"schedule_lag",
     "p99 of intended start to taken up, per step of open arrivals; at most 1 ms, or 5 % of that "
     "step's response p99 if that is more; timing = economical may take 1 ms on top",
     judge_lag},
    {"generator_busy",
     "busiest thread's time on a core or waiting for one, of its busiest 5 s; at most 80 %; not "
     "judged in a window of less than 1 s",
     judge_busy},
    {"steal", "share of this machine's time that the hypervisor gave to others; at most 2 %",
     judge_steal},
    {"littles_law",
     "integral of the number in flight against the sum of the times, with what those in flight at "
     "the window's begin and end had still to go; apart by at most 1 % and 2 ms for each of those",
     judge_little},
    {"counts_add_up",
     "arrivals = sum of their fates; exchanges = sum of their outcomes; ok = values in the "
     "response "
     "histogram; expected deliveries = received + lost; exactly",
     lg_validity_judge_counts},
    {"arrival_process",
     "coefficient of variation of the gaps between sends: 1 for Poisson, 0 for constant, within "
     "0.1 "
     "and sampling error, or what 0.5 ms of lateness of single sends explains; a Poisson fit with "
     "p >= 0.001 passes by itself; not judged if over 1 % of the sends waited for connections",
     judge_arrivals},
    {"overflow", "times above the histograms' 1 h; none", judge_overflow},
};

const struct lg_validity_check *lg_validity_checks(size_t *count)
{
    *count = sizeof checks / sizeof *checks;
    return checks;
}

void lg_validity_judge(struct lg_trial_result *trial, struct lg_arena *arena)
{
    trial->validity = NULL;
    trial->validity_count = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct lg_validity_finding found = checks[i].judge(trial, arena);
        if (found.state == LG_VALIDITY_NOT_APPLICABLE) {
            continue;
        }
        *LG_ARENA_PUSH(arena, trial->validity, trial->validity_count) =
            (struct lg_validity){.id = checks[i].id,
                                 .text = found.text,
                                 .measured = found.state != LG_VALIDITY_NOT_MEASURED,
                                 .met = found.state == LG_VALIDITY_MET};
    }
}

bool lg_validity_breached(const struct lg_trial_result *trial)
{
    for (size_t i = 0; i < trial->validity_count; i++) {
        if (trial->validity[i].measured && !trial->validity[i].met) {
            return true;
        }
    }
    return false;
}

size_t lg_validity_unmeasured(const struct lg_trial_result *trial)
{
    size_t count = 0;
    for (size_t i = 0; i < trial->validity_count; i++) {
        count += !trial->validity[i].measured;
    }
    return count;
}
