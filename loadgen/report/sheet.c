#include "report/sheet.h"

#include "report/plain.h"
#include "report/sheet_build.h"

enum { STEPS_IN_FULL = 3, STEPS_IN_BRIEF = 8 };

/* ---- metrics ---- */

static struct lg_figure offered(const struct lg_trial_result *t, const char *name, double q)
{
    (void)q;
    const struct lg_users_result *u = lg_sheet_users(t, name);
    return u ? lg_figure(u->offered_per_s) : lg_figure_none;
}

static struct lg_figure achieved(const struct lg_trial_result *t, const char *name, double q)
{
    (void)q;
    const struct lg_users_result *u = lg_sheet_users(t, name);
    return u ? lg_figure(u->achieved_per_s) : lg_figure_none;
}

static struct lg_figure connected(const struct lg_trial_result *t, const char *name, double q)
{
    (void)q;
    const struct lg_users_result *u = lg_sheet_users(t, name);
    return u && u->connections > 0 ? lg_figure((double)u->connected) : lg_figure_none;
}

/* Of what steps ask for.  What comes unasked, deliveries and streams, is counted elsewhere. */
static struct lg_figure received(const struct lg_trial_result *t, const char *name, double q)
{
    (void)name;
    (void)q;
    double bytes = 0;
    for (size_t i = 0; i < t->step_count; i++) {
        bool counts = !t->steps[i].setup && !t->steps[i].parallel;
        bytes += counts ? (double)t->steps[i].bytes_in : 0;
    }
    return t->duration_s > 0 ? lg_figure(bytes / t->duration_s) : lg_figure_none;
}

static struct lg_figure missing_connections(const struct lg_trial_result *t, const char *name,
                                            double q)
{
    (void)q;
    const struct lg_users_result *u = lg_sheet_users(t, name);
    bool short_of = u && u->connected < u->connections;
    return short_of ? lg_figure((double)(u->connections - u->connected)) : lg_figure_none;
}

static struct lg_figure connect_time(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_users_result *u = lg_sheet_users(t, name);
    return u ? lg_figure_quantile(u->connect, q, lg_connect_above(u), 0) : lg_figure_none;
}

static struct lg_figure response(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_step_result *s = lg_sheet_step(t, name);
    return s ? lg_figure_step(s, LG_PHASE_RESPONSE, q) : lg_figure_none;
}

static struct lg_figure response_max(const struct lg_trial_result *t, const char *name, double q)
{
    (void)q;
    const struct lg_step_result *s = lg_sheet_step(t, name);
    return s ? lg_figure_step_max(s, LG_PHASE_RESPONSE) : lg_figure_none;
}

static struct lg_figure service(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_step_result *s = lg_sheet_step(t, name);
    return s ? lg_figure_step(s, LG_PHASE_SERVICE, q) : lg_figure_none;
}

static struct lg_figure service_max(const struct lg_trial_result *t, const char *name, double q)
{
    (void)q;
    const struct lg_step_result *s = lg_sheet_step(t, name);
    return s ? lg_figure_step_max(s, LG_PHASE_SERVICE) : lg_figure_none;
}

static struct lg_figure failures(const struct lg_trial_result *t, const char *name, double q)
{
    (void)name;
    (void)q;
    uint64_t sum = 0;
    for (size_t i = 0; i < t->step_count; i++) {
        sum += t->steps[i].parallel ? 0 : lg_figure_failures(&t->steps[i]);
    }
    return lg_figure((double)sum);
}

static struct lg_figure failure_share(const struct lg_trial_result *t, const char *name, double q)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->step_count; i++) {
        count += t->steps[i].parallel ? 0 : t->steps[i].count; /* its parts are the exchanges */
    }
    return count ? lg_figure(failures(t, name, q).value / (double)count) : lg_figure_none;
}

static struct lg_figure failures_of_class(const struct lg_trial_result *t, const char *name,
                                          double which)
{
    (void)name;
    uint64_t sum = 0;
    for (size_t i = 0; i < t->step_count; i++) {
        sum += t->steps[i].parallel ? 0 : t->steps[i].outcomes[(int)which];
    }
    return lg_figure((double)sum);
}

/* ---- groups ---- */

static void load_rows(struct lg_sheet_builder *b, const struct lg_users_result *users, bool several)
{
    const char *name = users->name;
    if (strcmp(lg_plain_text(users->arrivals), "none") != 0) {
        bool closed = strcmp(lg_plain_text(users->arrivals), "closed") == 0;
        b->brief = true;
        if (!closed) {
            lg_sheet_typical(b, lg_sheet_prefixed(b, several, name, "offered"), LG_SHEET_PER_S,
                             offered, name, 0);
        }
        lg_sheet_typical(b, lg_sheet_prefixed(b, several, name, "achieved"), LG_SHEET_PER_S,
                         achieved, name, 0);
    }
    b->brief = false;
    lg_sheet_typical(b, lg_sheet_prefixed(b, several, name, "connections"), LG_SHEET_COUNT,
                     connected, name, 0);
    lg_sheet_total(b, lg_sheet_prefixed(b, several, name, "not connected"), missing_connections,
                   name, 0, true);
}

/* Nothing comes but the answers to requests. */
static bool only_requests(const struct lg_trial_result *model)
{
    bool requests = model->deliveries_count == 0 && model->stream_count == 0;
    for (size_t i = 0; i < model->step_count; i++) {
        requests = requests && !model->steps[i].sends_message;
    }
    return requests;
}

static void load_group(struct lg_sheet_builder *b, const struct lg_trial_result *model)
{
    lg_sheet_group(b, "Load", "");
    b->group->brief = "";
    for (size_t i = 0; i < model->users_count; i++) {
        load_rows(b, &model->users[i], model->users_count > 1);
    }
    if (only_requests(model)) {
        b->brief = true;
        lg_sheet_typical(b, "received per second", LG_SHEET_BYTES, received, "", 0);
    }
    lg_sheet_group_end(b);
}

static bool is_closed(const struct lg_trial_result *model, const char *users)
{
    const struct lg_users_result *u = lg_sheet_users(model, users);
    return u != NULL && strcmp(lg_plain_text(u->arrivals), "closed") == 0;
}

/* Where a scenario has many steps, one row for each says which of them to look at. */
static void steps_overview(struct lg_sheet_builder *b, const struct lg_trial_result *model)
{
    lg_sheet_group(b, "Response time p99, by step", "");
    b->group->brief = "p99";
    for (size_t i = 0; i < model->step_count; i++) {
        if (!model->steps[i].setup) {
            b->brief = b->group->row_count < STEPS_IN_BRIEF;
            lg_sheet_typical(b, lg_plain_text(model->steps[i].name), LG_SHEET_NS, response,
                             model->steps[i].name, 0.99);
        }
    }
    lg_sheet_group_end(b);
}

static size_t measured_steps(const struct lg_trial_result *model)
{
    size_t n = 0;
    for (size_t i = 0; i < model->step_count; i++) {
        n += !model->steps[i].setup;
    }
    return n;
}

static void step_groups(struct lg_sheet_builder *b, const struct lg_trial_result *model)
{
    bool many = measured_steps(model) > STEPS_IN_FULL;
    if (many) {
        steps_overview(b, model);
    }
    for (size_t i = 0; i < model->step_count; i++) {
        const struct lg_step_result *s = &model->steps[i];
        if (s->setup) {
            continue;
        }
        bool closed = is_closed(model, s->users);
        lg_sheet_group(b, lg_arena_printf(b->arena, "%s: response time", lg_plain_text(s->name)),
                       closed ? "closed model: cannot see queueing" : "from the intended start");
        b->group->detail = many;
        b->group->brief = lg_arena_printf(b->arena, "%s response", lg_plain_text(s->name));
        b->brief = !many;
        lg_sheet_percentiles(b, s->name, response, response_max, "failed");
        lg_sheet_group_end(b);
        lg_sheet_group(b, lg_arena_printf(b->arena, "%s: service time", lg_plain_text(s->name)),
                       "from the actual send");
        b->group->detail = many || closed;
        lg_sheet_percentiles(b, s->name, service, service_max, "failed");
        lg_sheet_group_end(b);
        lg_sheet_parallel(b, model, s);
    }
}

static bool class_occurs(const struct lg_record *record, int class)
{
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            if (failures_of_class(&record->targets[t].trials[i], "", class).value > 0) {
                return true;
            }
        }
    }
    return false;
}

static void error_group(struct lg_sheet_builder *b)
{
    lg_sheet_group(b, "Errors", b->sheet->trials > 1 ? "exchanges, all trials" : "exchanges");
    b->group->brief = "";
    b->brief = true;
    lg_sheet_total(b, "failed", failures, "", 0, true);
    b->brief = false;
    lg_sheet_typical(b, "share", LG_SHEET_SHARE, failure_share, "", 0);
    for (int class = LG_OK + 1; class < LG_OUTCOME_CLASSES; class ++) {
        if (class_occurs(b->record, class)) {
            lg_sheet_total(b, lg_outcome_name(class), failures_of_class, "", class, true);
        }
    }
    lg_sheet_group_end(b);
}

bool lg_sheet_is_about_starting(const struct lg_record *record)
{
    return record->claim != NULL && strstr(record->claim, "startup") != NULL;
}

/* One user's one request has no percentile: it is told as it is. */
static void setup_row(struct lg_sheet_builder *b, const struct lg_step_result *step)
{
    const char *name = lg_plain_text(step->name);
    b->brief = lg_sheet_is_about_starting(b->record);
    if (step->count == 1) {
        lg_sheet_typical(b, name, LG_SHEET_NS, response_max, step->name, 1);
    } else {
        lg_sheet_typical(b, lg_arena_printf(b->arena, "%s, p99", name), LG_SHEET_NS, response,
                         step->name, 0.99);
    }
    b->brief = false;
}

static void setup_group(struct lg_sheet_builder *b, const struct lg_trial_result *model)
{
    lg_sheet_group(b, "Set-up", "once per user");
    if (lg_sheet_is_about_starting(b->record)) {
        b->group->brief = "";
    } else {
        b->group->detail = true;
    }
    for (size_t i = 0; i < model->users_count; i++) {
        const char *name = model->users[i].name;
        const char *label = lg_sheet_prefixed(b, model->users_count > 1, name, "connect, p99");
        lg_sheet_typical(b, label, LG_SHEET_NS, connect_time, name, 0.99);
    }
    for (size_t i = 0; i < model->step_count; i++) {
        if (model->steps[i].setup) {
            setup_row(b, &model->steps[i]);
        }
    }
    lg_sheet_group_end(b);
}

/* ---- the sheet ---- */

static bool target_valid(const struct lg_record *record, const struct lg_target_result *target)
{
    size_t breaches = 0, breaches_here = 0;
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *other = &record->targets[t];
        for (size_t i = 0; i < other->trial_count; i++) {
            for (size_t v = 0; v < other->trials[i].validity_count; v++) {
                const struct lg_validity *check = &other->trials[i].validity[v];
                bool breach = check->measured && !check->met;
                breaches += breach;
                breaches_here += breach && other == target;
            }
        }
    }
    /* An invalid run without a breach on any target is invalid as a whole. */
    return breaches_here == 0 && (record->valid || breaches > 0);
}

static void columns(struct lg_sheet *sheet, const struct lg_record *record, struct lg_arena *arena)
{
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        struct lg_sheet_column *column = LG_ARENA_PUSH(arena, sheet->columns, sheet->column_count);
        column->name = lg_plain_text(target->name);
        column->label = lg_plain_text(target->label);
        column->valid = target_valid(record, target);
        sheet->trials = target->trial_count > sheet->trials ? target->trial_count : sheet->trials;
        for (size_t i = 0; i < target->trial_count; i++) {
            for (size_t v = 0; v < target->trials[i].validity_count; v++) {
                sheet->checks += target->trials[i].validity[v].measured;
            }
        }
    }
}

/* Every target runs the same scenario: the trial that knows most says which rows there are. */
static const struct lg_trial_result *fullest_trial(const struct lg_record *record)
{
    const struct lg_trial_result *best = NULL;
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            const struct lg_trial_result *trial = &record->targets[t].trials[i];
            size_t size = trial->step_count + trial->deliveries_count + trial->users_count;
            if (!best || size > best->step_count + best->deliveries_count + best->users_count) {
                best = trial;
            }
        }
    }
    return best;
}

struct lg_sheet *lg_sheet_make(const struct lg_record *record, struct lg_arena *arena)
{
    struct lg_sheet *sheet = lg_arena_alloc(arena, sizeof *sheet);
    struct lg_sheet_builder b = {.arena = arena, .record = record, .sheet = sheet};
    const struct lg_trial_result *model = fullest_trial(record);
    columns(sheet, record, arena);
    if (model == NULL) {
        return sheet;
    }
    load_group(&b, model);
    step_groups(&b, model);
    for (size_t i = 0; i < model->deliveries_count; i++) {
        lg_sheet_deliveries(&b, &model->deliveries[i]);
    }
    lg_sheet_streams(&b, model);
    error_group(&b);
    lg_sheet_server(&b, model);
    setup_group(&b, model);
    lg_sheet_generator(&b, model);
    return sheet;
}
