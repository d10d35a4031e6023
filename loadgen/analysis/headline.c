#include "analysis/headline.h"
#include "analysis/compare.h"
#include "analysis/headline_figures.h"
#include "analysis/validity.h"
#include "base/units.h"

#include <math.h>

const char *lg_target_words(const struct lg_target_result *target)
{
    bool labelled = target->label != NULL && target->label[0] != '\0';
    return labelled ? target->label : target->name;
}

const char *lg_target_death(const struct lg_target_result *target)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        const char *ended = target->trials[i].server.ended;
        if (ended != NULL && ended[0] != '\0') {
            return ended;
        }
    }
    return NULL;
}

static const char *name_of(const struct lg_figures *f, size_t i)
{
    return lg_target_words(f->rows[i].target);
}

/* First line each. */
static void say_deaths(struct lg_buf *out, const struct lg_record *record)
{
    enum { MOST = 120 };
    for (size_t i = 0; i < record->target_count; i++) {
        const char *death = lg_target_death(&record->targets[i]);
        if (death != NULL) {
            size_t n = strcspn(death, "\n");
            lg_buf_addf(out, "%s was cut short: %.*s%s. ", lg_target_words(&record->targets[i]),
                        (int)(n < MOST ? n : MOST), death, n > MOST ? " ..." : "");
        }
    }
}

static const char *first_breach(const struct lg_target_result *target, size_t *breaches)
{
    const char *first = NULL;
    *breaches = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        for (size_t k = 0; k < target->trials[i].validity_count; k++) {
            const struct lg_validity *v = &target->trials[i].validity[k];
            if (v->measured && !v->met) {
                first = first != NULL ? first : v->text;
                (*breaches)++;
            }
        }
    }
    return first;
}

static void say_invalid(struct lg_buf *out, const struct lg_record *record)
{
    for (size_t i = 0; i < record->target_count; i++) {
        const struct lg_target_result *target = &record->targets[i];
        size_t breaches = 0;
        const char *first = first_breach(target, &breaches);
        if (lg_target_death(target) != NULL || (first == NULL && target->trial_count > 0)) {
            continue;
        }
        if (first == NULL) {
            lg_buf_addf(out, "%s was not measured. ", lg_target_words(target));
            continue;
        }
        lg_buf_addf(out, "No figure of %s holds: %s", lg_target_words(target), first);
        if (breaches > 1) {
            lg_buf_addf(out, ", and %zu more breach%s", breaches - 1, breaches > 2 ? "es" : "");
        }
        lg_buf_adds(out, ". ");
    }
}

static bool is_short(const struct lg_figure_row *row)
{
    return row->asked > 0 && row->rate < 0.99 * row->asked;
}

static bool rates_agree(const struct lg_figures *f)
{
    double low = INFINITY;
    double high = 0;
    bool alike = true;
    for (size_t i = 0; i < f->count; i++) {
        low = fmin(low, f->rows[i].rate);
        high = fmax(high, f->rows[i].rate);
        alike = alike && is_short(&f->rows[i]) == is_short(&f->rows[0]);
    }
    return f->count > 1 && alike && low > 0 && high <= 1.01 * low;
}

/* "120 messages/s" */
static void add_rate(struct lg_buf *out, double rate, const char *noun)
{
    char text[LG_UNIT_TEXT];
    lg_show_rate(text, rate);
    size_t n = strcspn(text, "/");
    lg_buf_addf(out, "%.*s%s%s%s", (int)n, text, noun[0] != '\0' ? " " : "", noun, text + n);
}

/* Carrying less than was asked for is the first thing to know. */
static void add_asked(struct lg_buf *out, const struct lg_figure_row *row)
{
    if (is_short(row)) {
        char asked[LG_UNIT_TEXT];
        lg_buf_addf(out, " of the %s asked for", lg_show_rate(asked, row->asked));
    }
}

static void say_rates(struct lg_buf *out, const struct lg_figures *f)
{
    if (rates_agree(f)) {
        if (f->count == 2) {
            lg_buf_adds(out, "Both carried ");
        } else {
            lg_buf_addf(out, "All %zu carried ", f->count);
        }
        add_rate(out, f->rows[0].rate, f->noun);
        add_asked(out, &f->rows[0]);
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        lg_buf_addf(out, i == 0 ? "%s carried " : ", %s ", name_of(f, i));
        add_rate(out, f->rows[i].rate, i == 0 ? f->noun : "");
        add_asked(out, &f->rows[i]);
    }
}

/* Throughput is never printed without its failures. */
static void say_failures(struct lg_buf *out, const struct lg_figures *f)
{
    size_t with = 0;
    bool lost = false;
    for (size_t i = 0; i < f->count; i++) {
        lost = lost || f->rows[i].lost > 0;
        if (f->rows[i].failed_share > 0) {
            char share[LG_UNIT_TEXT];
            lg_show_share(share, f->rows[i].failed_share);
            if (f->count == 1) {
                lg_buf_addf(out, ", while %s of the exchanges failed", share);
            } else {
                lg_buf_addf(out, "%s %s of %s's exchanges failed", with == 0 ? ";" : ",", share,
                            name_of(f, i));
            }
            with++;
        }
    }
    if (with == 0 && !lost) {
        lg_buf_adds(out, " without a failure");
    }
}

static const char *quantile_words(double q)
{
    return q >= 0.99   ? "99th percentile"
           : q >= 0.95 ? "95th percentile"
           : q >= 0.9  ? "90th percentile"
                       : "median";
}

/* Three significant digits, zeroes kept. */
static void add_number(struct lg_buf *out, double value)
{
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    lg_buf_addf(out, "%.*f", decimals, value);
}

/* How b's time relates to the first target's, as far as the trials carry it. */
static void add_relation(struct lg_buf *out, const struct lg_figures *f, size_t i)
{
    const struct lg_figure_row *row = &f->rows[i];
    const struct lg_comparison *c = row->comparison;
    double ratio = c != NULL && c->ratio > 0 ? c->ratio : row->time / f->rows[0].time;
    enum lg_difference difference = c != NULL ? c->difference : LG_DIFFERENCE_NO_INTERVAL;
    if (difference == LG_DIFFERENCE_UNCLEAR || difference == LG_DIFFERENCE_WITHIN) {
        lg_buf_addf(out, " (%s)", c->verdict);
        return;
    }
    if (!isfinite(ratio) || ratio <= 0) {
        return;
    }
    lg_buf_adds(out, " (");
    add_number(out, ratio);
    lg_buf_adds(out, " times");
    if (difference == LG_DIFFERENCE_BETTER || difference == LG_DIFFERENCE_WORSE) {
        lg_buf_adds(out, ", 95 % interval ");
        add_number(out, c->low);
        lg_buf_adds(out, " to ");
        add_number(out, c->high);
    }
    lg_buf_adds(out, ")");
}

static void add_time(struct lg_buf *out, const struct lg_figures *f, size_t i)
{
    const struct lg_figure_row *row = &f->rows[i];
    char text[LG_UNIT_TEXT];
    char low[LG_UNIT_TEXT];
    char high[LG_UNIT_TEXT];
    bool first = i == 0 || isinf(f->rows[0].time);
    lg_buf_addf(out, "%s %s%sin %s", f->count == 1 ? "it" : name_of(f, i), first ? f->verb : "",
                first ? " " : "", lg_show_time(text, row->time));
    if (first) {
        lg_buf_addf(out, " at the %s%s", quantile_words(f->quantile),
                    f->closed ? " of the service time (closed model)" : "");
    }
    if (f->count == 1 && row->interval.known) {
        lg_buf_addf(out, " (95 %% interval of the trials %s to %s)",
                    lg_show_time(low, fmax(0, row->interval.low)),
                    lg_show_time(high, row->interval.high));
    }
    if (i > 0 && isfinite(f->rows[0].time)) {
        add_relation(out, f, i);
    }
}

static void add_beyond(struct lg_buf *out, const struct lg_figures *f, size_t i)
{
    const char *among = strcmp(f->verb, "delivered") == 0 ? "lost deliveries" : "failures";
    const char *whose = f->count == 1 ? "its" : lg_target_words(f->rows[i].target);
    lg_buf_addf(out, "%s%s %s lies among its %s", whose, f->count == 1 ? "" : "'s",
                quantile_words(f->quantile), among);
}

static void say_few(struct lg_buf *out, const struct lg_figures *f)
{
    const char *unit = strcmp(f->verb, "delivered") == 0 ? "deliveries"
                       : strcmp(f->noun, "events") == 0  ? "gaps"
                                                         : "answers";
    for (size_t i = 0; i < f->count; i++) {
        const struct lg_figure_row *row = &f->rows[i];
        char text[LG_UNIT_TEXT];
        char count[LG_UNIT_TEXT];
        if (row->longest >= 0) {
            lg_buf_addf(out, "; the slowest of %s's %s %s took %s", name_of(f, i),
                        lg_show_count(count, (double)row->times), unit,
                        lg_show_time(text, row->longest));
        }
    }
}

static void say_times(struct lg_buf *out, const struct lg_figures *f)
{
    if (f->quantile == 0) {
        say_few(out, f);
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        lg_buf_adds(out, i == 0 ? "; " : ", ");
        if (isinf(f->rows[i].time)) {
            add_beyond(out, f, i);
        } else {
            add_time(out, f, i);
        }
    }
}

static void say_cpu(struct lg_buf *out, const struct lg_figures *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->rows[i].cpu_us <= 0) {
            return;
        }
    }
    char text[LG_UNIT_TEXT];
    for (size_t i = 0; i < f->count; i++) {
        lg_show_time(text, f->rows[i].cpu_us * 1e3);
        if (i == 0) {
            lg_buf_addf(out, ", for %s of CPU per %s", text, f->per);
        } else {
            lg_buf_addf(out, "%s %s", i == 1 ? " against" : " and", text);
        }
    }
}

static void say_losses(struct lg_buf *out, const struct lg_figures *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct lg_figure_row *row = &f->rows[i];
        char lost[LG_UNIT_TEXT];
        char expected[LG_UNIT_TEXT];
        if (row->lost > 0) {
            lg_buf_addf(out, "; %s lost %s of %s deliveries", f->count == 1 ? "it" : name_of(f, i),
                        lg_show_count(lost, (double)row->lost),
                        lg_show_count(expected, (double)row->expected));
        }
    }
}

static void say_unsteady(struct lg_buf *out, const struct lg_record *record,
                         const struct lg_figures *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct lg_claim_case c = {.record = record, .target = f->rows[i].target};
        const char *worst = "";
        for (size_t k = 0; k < c.target->trial_count; k++) {
            const char *steady = c.target->trials[k].steady;
            bool bad = steady != NULL &&
                       (strcmp(steady, "slowing") == 0 || strcmp(steady, "no_steady_state") == 0);
            worst = bad ? steady : worst;
        }
        if (worst[0] != '\0' && !lg_claim_allowed(LG_CLAIM_STEADY, &c)) {
            lg_buf_addf(out, "; %s %s, so these figures are not its steady state", name_of(f, i),
                        strcmp(worst, "slowing") == 0 ? "got slower during the run"
                                                      : "never settled");
        }
    }
}

static void say_trials(struct lg_buf *out, const struct lg_figures *f)
{
    const char *each = f->count > 1 ? " each" : "";
    if (f->trials == 1) {
        lg_buf_addf(out, "; one run%s, so no interval", each);
    } else if (f->trials < LG_COMPARE_TRIALS || (f->count == 1 && f->trials < LG_COMPARE_CLAIM)) {
        lg_buf_addf(out, "; %zu trials%s, too few for an interval", f->trials, each);
    } else if (f->count > 1 && f->trials < LG_COMPARE_CLAIM) {
        lg_buf_addf(out, "; %zu trials each, and a claim takes %d", f->trials, LG_COMPARE_CLAIM);
    } else {
        lg_buf_addf(out, "; %zu trials%s", f->trials, each);
    }
}

struct tally {
    size_t met, missed;
    const struct lg_objective_result *first_missed;
};

static struct tally tally_of(const struct lg_record *record, const struct lg_target_result *target)
{
    struct tally tally = {0};
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        if (strcmp(o->target, target->name) == 0) {
            tally.met += o->state == LG_OBJECTIVE_MET;
            if (o->state == LG_OBJECTIVE_MISSED && tally.missed++ == 0) {
                tally.first_missed = o;
            }
        }
    }
    return tally;
}

static void say_objectives(struct lg_buf *out, const struct lg_record *record,
                           const struct lg_figures *f)
{
    size_t met = 0;
    bool any_missed = false;
    for (size_t i = 0; i < f->count; i++) {
        struct tally tally = tally_of(record, f->rows[i].target);
        met = tally.met > met ? tally.met : met;
        if (tally.missed > 0) {
            any_missed = true;
            lg_buf_addf(out, " %s missed %zu of %zu objective%s: %s (it was %s)%s.", name_of(f, i),
                        tally.missed, tally.missed + tally.met,
                        tally.missed + tally.met == 1 ? "" : "s", tally.first_missed->text,
                        tally.first_missed->observed, tally.missed > 1 ? " and more" : "");
        }
    }
    if (met > 0 && !any_missed) {
        const char *who = f->count == 1 ? "It" : f->count == 2 ? "Both" : "All";
        lg_buf_addf(out,
                    met == 1   ? " %s met the objective."
                    : met == 2 ? " %s met both objectives."
                               : " %s met all %zu objectives.",
                    who, met);
    }
}

static void say_figures(struct lg_buf *out, const struct lg_record *record,
                        const struct lg_figures *f)
{
    say_rates(out, f);
    say_failures(out, f);
    say_times(out, f);
    say_cpu(out, f);
    say_losses(out, f);
    say_unsteady(out, record, f);
    say_trials(out, f);
    lg_buf_adds(out, ".");
    if (record->interrupted) {
        lg_buf_adds(out, " The objectives were not judged.");
    } else {
        say_objectives(out, record, f);
    }
}

const char *lg_headline(const struct lg_record *record)
{
    struct lg_buf out = {0};
    struct lg_figures f = lg_figures_of(record);
    if (record->interrupted) {
        lg_buf_adds(&out, record->running ? "Still running. " : "Interrupted early. ");
    }
    say_deaths(&out, record);
    say_invalid(&out, record);
    if (f.count > 0) {
        say_figures(&out, record, &f);
    } else if (out.n == 0) {
        lg_buf_adds(&out, "Nothing was measured.");
    }
    while (out.n > 0 && out.p[out.n - 1] == ' ') {
        out.n--;
    }
    const char *text = lg_arena_strndup(record->arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}
