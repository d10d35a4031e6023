#include "base/units.h"
#include "scenario/draft.h"

#include <math.h>

/* What an objective can be about. */
enum subject_kind { OF_NOTHING, OF_STEP, OF_DELIVERIES, OF_USERS, OF_ERRORS };

struct subject {
    enum subject_kind kind;
    const char *name, *measure;
};

struct measure {
    enum subject_kind kind;
    const char *name;
    const char *of_key; /* only steps with this key have it; NULL: all do */
};

static const struct measure measures[] = {
    {OF_STEP, "response", NULL},        {OF_STEP, "service", NULL},
    {OF_STEP, "first_byte", NULL},      {OF_STEP, "errors", NULL},
    {OF_DELIVERIES, "delivery", NULL},  {OF_DELIVERIES, "spread", NULL},
    {OF_STEP, "first_event", "sse"},    {OF_STEP, "gap", "sse"},
    {OF_STEP, "reconnect", "sse"},      {OF_STEP, "events", "sse"},
    {OF_STEP, "throughput", "measure"}, {OF_STEP, "pause", "measure"},
};

struct stat {
    const char *word;
    enum lg_objective_stat stat;
    double quantile;
};

static const struct stat time_stats[] = {{"mean", LG_STAT_MEAN, 0},        {"avg", LG_STAT_MEAN, 0},
                                         {"min", LG_STAT_MIN, 0},          {"max", LG_STAT_MAX, 0},
                                         {"med", LG_STAT_PERCENTILE, 0.5}, {NULL, 0, 0}};
static const struct stat count_stats[] = {
    {"rate", LG_STAT_RATE, 0}, {"count", LG_STAT_COUNT, 0}, {NULL, 0, 0}};
static const struct stat delivery_stats[] = {{"lost", LG_STAT_LOST, 0},
                                             {"duplicated", LG_STAT_DUPLICATED, 0},
                                             {"reordered", LG_STAT_REORDERED, 0},
                                             {NULL, 0, 0}};

static const struct stat gap_stats[] = {{"stalls", LG_STAT_STALLS, 0},
                                        {"missing", LG_STAT_MISSING, 0},
                                        {"duplicated", LG_STAT_DUPLICATED, 0},
                                        {"reordered", LG_STAT_REORDERED, 0},
                                        {NULL, 0, 0}};

static bool named(const char *name, struct lg_slice text)
{
    return name != NULL && lg_slice_eq(lg_str(name), text);
}

/* The name's kind of section with that measure; names of one kind are unique. */
static enum subject_kind kind_of(const struct lg_load *load, struct lg_slice name, bool measured,
                                 enum subject_kind wanted)
{
    enum subject_kind found = OF_NOTHING;
    for (size_t i = 0; i < load->step_count && measured; i++) {
        if (named(load->steps[i].out.name, name) && (found == OF_NOTHING || wanted == OF_STEP)) {
            found = OF_STEP;
        }
    }
    for (size_t i = 0; i < load->deliveries_count && measured; i++) {
        if (named(load->deliveries[i].out.name, name) &&
            (found == OF_NOTHING || wanted == OF_DELIVERIES)) {
            found = OF_DELIVERIES;
        }
    }
    for (size_t i = 0; i < load->user_count && !measured; i++) {
        found = named(load->users[i].out.name, name) ? OF_USERS : found;
    }
    return found;
}

static const char *subject_hint(const struct lg_load *load, struct lg_slice name)
{
    struct lg_guess guess = {.text = name};
    for (size_t i = 0; i < load->step_count; i++) {
        lg_guess_offer(&guess, lg_str(load->steps[i].out.name));
    }
    for (size_t i = 0; i < load->deliveries_count; i++) {
        lg_guess_offer(&guess, lg_str(load->deliveries[i].out.name));
    }
    for (size_t i = 0; i < load->user_count; i++) {
        lg_guess_offer(&guess, lg_str(load->users[i].out.name));
    }
    lg_guess_offer(&guess, lg_str("errors"));
    const char *hint = lg_guess_hint(&guess, load->problems->arena);
    return hint != NULL ? hint
                        : "write STEP.response, DELIVERIES.delivery, errors, or a kind of user";
}

/* Whether what is called `name` has the measure, as far as its kind goes. */
static bool has_measure(const struct lg_load *load, struct lg_slice name, const struct measure *m)
{
    for (size_t i = 0; i < load->step_count && m->of_key != NULL; i++) {
        if (named(load->steps[i].out.name, name)) {
            return lg_is_given(&load->steps[i].draft, m->of_key);
        }
    }
    return true;
}

static const char *measure_list(const struct lg_load *load, enum subject_kind kind,
                                struct lg_slice name)
{
    const char *list = "";
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        if (measures[i].kind == kind && has_measure(load, name, &measures[i])) {
            list = lg_arena_printf(load->problems->arena, "%s%s%s", list,
                                   list[0] == '\0' ? "it has " : ", ", measures[i].name);
        }
    }
    return list;
}

static bool read_subject(struct lg_reading *r, struct subject *out)
{
    struct lg_load *load = r->load;
    struct lg_slice key = r->entry->key, measure = {"", 0};
    const char *dot = memchr(key.p, '.', key.n);
    struct lg_slice name = key;
    if (dot != NULL) {
        name = lg_slice(key.p, (size_t)(dot - key.p));
        measure = lg_slice(dot + 1, key.n - name.n - 1);
    }
    const struct measure *m = NULL;
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        m = named(measures[i].name, measure) ? &measures[i] : m;
    }
    bool errors = dot == NULL && lg_slice_eq(name, lg_str("errors"));
    out->kind =
        errors ? OF_ERRORS : kind_of(load, name, dot != NULL, m != NULL ? m->kind : OF_NOTHING);
    out->name = lg_arena_strndup(load->arena, name.p, name.n);
    out->measure = m != NULL ? m->name : "";
    if (out->kind == OF_NOTHING) {
        bool other = kind_of(load, name, dot == NULL, OF_NOTHING) != OF_NOTHING;
        lg_problem_add(load->problems, r->entry->place,
                       other
                           ? (dot == NULL ? "a measure follows a dot, as in .response or .delivery"
                                          : "a kind of user stands alone: rate and count")
                           : subject_hint(load, name),
                       other ? "%.*s has no such measure" : "%.*s: there is nothing of this name",
                       (int)key.n, key.p);
        return false;
    }
    if (dot != NULL && (m == NULL || m->kind != out->kind || !has_measure(load, name, m))) {
        lg_problem_add(load->problems, r->entry->place, measure_list(load, out->kind, name),
                       "%.*s has no measure %.*s", (int)name.n, name.p, (int)measure.n, measure.p);
        return false;
    }
    return true;
}

/* Of all exchanges, or of a step's. */
static bool of_errors(const struct subject *subject)
{
    return subject->kind == OF_ERRORS || strcmp(subject->measure, "errors") == 0;
}

static bool find_stat(const struct stat *stats, struct lg_slice word, struct lg_objective *out)
{
    for (; stats->word != NULL; stats++) {
        if (lg_slice_eq(lg_str(stats->word), word)) {
            out->stat = stats->stat;
            out->quantile = stats->quantile;
            return true;
        }
    }
    return false;
}

/* p(99), p(99.9) */
static bool read_percentile(struct lg_slice word, struct lg_objective *out)
{
    if (word.n < 4 || memcmp(word.p, "p(", 2) != 0 || word.p[word.n - 1] != ')') {
        return false;
    }
    double percent = 0;
    const char *why = lg_read_number(lg_slice(word.p + 2, word.n - 3), &percent);
    out->stat = LG_STAT_PERCENTILE;
    out->quantile = percent / 100;
    return why == NULL && percent <= 100;
}

static bool read_stat(struct lg_reading *r, const struct subject *subject, struct lg_slice word,
                      struct lg_objective *out)
{
    bool happens = strcmp(subject->measure, "events") == 0 || of_errors(subject);
    bool gap = strcmp(subject->measure, "gap") == 0;
    bool timed = !happens && (subject->kind == OF_STEP || subject->kind == OF_DELIVERIES);
    bool counted = happens || subject->kind == OF_USERS;
    bool delivery = strcmp(subject->measure, "delivery") == 0;
    bool found = (timed && (read_percentile(word, out) || find_stat(time_stats, word, out))) ||
                 (counted && find_stat(count_stats, word, out)) ||
                 (delivery && find_stat(delivery_stats, word, out)) ||
                 (gap && find_stat(gap_stats, word, out));
    if (!found) {
        const char *hint = counted ? "there are rate and count"
                           : gap   ? "there are p(N) with N up to 100, mean, min, max, med, "
                                     "stalls, missing, duplicated and reordered"
                           : delivery
                               ? "there are p(N) with N up to 100, mean, min, max, med, lost, "
                                 "duplicated and reordered"
                               : "there are p(N) with N up to 100, mean, min, max and med";
        lg_bad(r, lg_offset(r, word), hint, "%.*s is no statistic of it", (int)word.n, word.p);
    }
    return found;
}

struct operator
{
    const char *text;
    enum lg_compare compare;
};

static const struct operator operators[] = {{"<=", LG_LE}, {">=", LG_GE}, {"==", LG_EQ},
                                            {"!=", LG_NE}, {"<", LG_LT},  {">", LG_GT}};

static const struct operator* find_operator(struct lg_slice text, size_t *at)
{
    for (*at = 0; *at < text.n; ++*at) {
        for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
            size_t n = strlen(operators[i].text);
            if (text.n - *at >= n && memcmp(text.p + *at, operators[i].text, n) == 0) {
                return &operators[i];
            }
        }
    }
    return NULL;
}

static const char *read_limit(const struct subject *subject, struct lg_slice text,
                              struct lg_objective *out)
{
    uint64_t count = 0;
    lg_ns ns = 0;
    const char *why = NULL;
    switch (out->stat) {
    case LG_STAT_PERCENTILE:
    case LG_STAT_MEAN:
    case LG_STAT_MIN:
    case LG_STAT_MAX:
        if (strcmp(subject->measure, "throughput") == 0) {
            return lg_read_bytes_per_s(text, &out->limit);
        }
        why = lg_read_time(text, &ns);
        out->limit = (double)ns;
        return why;
    case LG_STAT_RATE:
        return of_errors(subject) ? lg_read_share(text, &out->limit)
                                  : lg_read_rate(text, &out->limit);
    default:
        why = lg_read_count(text, &count);
        out->limit = (double)count;
        return why;
    }
}

static void read_item(struct lg_reading *r, const struct subject *subject, struct lg_slice item)
{
    struct lg_objectives_draft *draft = (struct lg_objectives_draft *)(void *)r->draft;
    struct lg_objective objective = {.subject = subject->name, .measure = subject->measure};
    size_t at = 0;
    const struct operator* op = find_operator(item, &at);
    if (op == NULL) {
        lg_bad(r, lg_offset(r, item), "write p(99) < 200ms", "%.*s%s", (int)item.n, item.p,
               item.n == 0 ? "an objective is missing" : " is not STATISTIC COMPARISON LIMIT");
        return;
    }
    size_t n = strlen(op->text);
    struct lg_slice stat = lg_slice_trim(lg_slice(item.p, at));
    struct lg_slice limit = lg_slice_trim(lg_slice(item.p + at + n, item.n - at - n));
    if (!read_stat(r, subject, stat, &objective)) {
        return;
    }
    const char *why = read_limit(subject, limit, &objective);
    if (why != NULL) {
        lg_bad(r, lg_offset(r, limit), NULL, "%.*s: %s", (int)limit.n, limit.p, why);
        return;
    }
    objective.compare = op->compare;
    objective.file = r->entry->override ? "" : r->entry->place.file;
    objective.line = r->entry->override ? 0 : r->entry->place.line;
    objective.text =
        lg_arena_printf(r->load->arena, "%.*s %.*s %s %.*s", (int)r->entry->key.n, r->entry->key.p,
                        (int)stat.n, stat.p, op->text, (int)limit.n, limit.p);
    *LG_ARENA_PUSH(r->load->arena, draft->items, draft->count) = objective;
}

void lg_read_objective(struct lg_reading *r, struct lg_slice text)
{
    struct subject subject = {0};
    struct lg_slice item;
    if (!read_subject(r, &subject)) {
        return;
    }
    while (lg_take_item(&text, &item)) {
        read_item(r, &subject, item);
    }
}
