/* What the order of a user's steps must keep: variables are set before they are used, and data are
 * there for everyone who takes a row. */
#include "scenario/draft.h"

/* A kind of user on its way through its steps. */
struct walk {
    struct lg_load *load;
    const struct lg_users *users;
    bool *set;  /* by variable: drawn, or captured by now */
    bool *used; /* by variable */
    bool *data; /* by data: a row is taken */
    bool once;  /* in what is done once per user: setup, and the group of deliveries */
};

static struct lg_step_draft *step_at(const struct walk *w, size_t index)
{
    return &w->load->steps[index];
}

/* ---- variables ---- */

static void offer_names(const struct walk *w, struct lg_guess *guess)
{
    const struct lg_plan *plan = &w->load->scenario.plan;
    for (size_t i = 0; i < plan->variable_count; i++) {
        if (w->set[i]) {
            lg_guess_offer(guess, lg_str(plan->variables[i]));
        }
    }
}

/* The step of this kind of user that captures it, or NULL. */
static const char *captured_by(const struct walk *w, size_t variable)
{
    const struct lg_users *users = w->users;
    for (size_t i = 0; i < users->setup_count + users->step_count; i++) {
        size_t index =
            i < users->setup_count ? users->setup[i] : users->steps[i - users->setup_count];
        const struct lg_step_draft *step = step_at(w, index);
        for (size_t b = 0; b <= step->out.branch_count; b++) {
            const struct lg_step *s =
                b == 0 ? &step->out : &step_at(w, step->out.branches[b - 1])->out;
            for (size_t c = 0; c < s->capture_count; c++) {
                if (s->captures[c].variable == variable) {
                    return s->name;
                }
            }
        }
    }
    return NULL;
}

static void not_set(const struct walk *w, const struct lg_use *use)
{
    struct lg_load *load = w->load;
    const char *name = load->scenario.plan.variables[use->variable];
    const char *step = captured_by(w, use->variable);
    struct lg_place place = lg_ini_place(use->entry, use->offset);
    if (step != NULL) {
        lg_problem_add(load->problems, place, "a capture holds for the steps that come after it",
                       "[users %s] uses ${%s} before [step %s] captures it", w->users->name, name,
                       step);
        return;
    }
    struct lg_guess guess = {.text = lg_str(name)};
    offer_names(w, &guess);
    lg_problem_add(load->problems, place, lg_guess_hint(&guess, load->problems->arena),
                   "the variable ${%s} is not set by [users %s]", name, w->users->name);
}

static void use_data(const struct walk *w, const struct lg_use *use)
{
    const struct lg_data *data = &w->load->data[use->variable].out;
    w->data[use->variable] = true;
    if (w->once && data->per == LG_DATA_PER_ITERATION) {
        lg_problem_add(w->load->problems, lg_ini_place(use->entry, use->offset),
                       "write per = user in its section",
                       "[data %s] gives a row to each iteration, and this is done once per user",
                       data->name);
    }
}

static void check_uses(const struct walk *w, const struct lg_draft *draft)
{
    for (size_t i = 0; i < draft->use_count; i++) {
        const struct lg_use *use = &draft->uses[i];
        if (use->kind == LG_PART_DATA) {
            use_data(w, use);
        } else if (use->kind == LG_PART_ITERATION && w->once) {
            lg_problem_add(w->load->problems, lg_ini_place(use->entry, use->offset), NULL,
                           "${iteration} has no meaning in what is done once per user");
        } else if (use->kind == LG_PART_VARIABLE) {
            w->used[use->variable] = true;
            if (!w->set[use->variable]) {
                not_set(w, use);
            }
        }
    }
}

static void set_captures(const struct walk *w, const struct lg_step *step)
{
    for (size_t i = 0; i < step->capture_count; i++) {
        w->set[step->captures[i].variable] = true;
    }
}

/* Branches run at once: none can use what another captures. */
static void walk_step(const struct walk *w, size_t index)
{
    const struct lg_step_draft *step = step_at(w, index);
    check_uses(w, &step->draft);
    for (size_t i = 0; i < step->out.branch_count; i++) {
        check_uses(w, &step_at(w, step->out.branches[i])->draft);
    }
    set_captures(w, &step->out);
    for (size_t i = 0; i < step->out.branch_count; i++) {
        set_captures(w, &step_at(w, step->out.branches[i])->out);
    }
}

static bool opens_websocket(const struct walk *w)
{
    for (size_t i = 0; i < w->users->setup_count; i++) {
        if (step_at(w, w->users->setup[i])->out.kind == LG_STEP_WEBSOCKET) {
            return true;
        }
    }
    return false;
}

static void walk_all(struct walk *w)
{
    const struct lg_users *users = w->users;
    for (size_t i = 0; i < users->variable_count; i++) {
        w->set[users->variables[i].variable] = true;
    }
    w->once = true;
    for (size_t i = 0; i < w->load->deliveries_count && opens_websocket(w); i++) {
        check_uses(w, &w->load->deliveries[i].draft);
    }
    for (size_t i = 0; i < users->setup_count; i++) {
        walk_step(w, users->setup[i]);
    }
    w->once = false;
    for (size_t i = 0; i < users->step_count; i++) {
        walk_step(w, users->steps[i]);
    }
}

static void check_unused(const struct walk *w, const struct lg_users_draft *draft)
{
    for (size_t i = 0; i < w->users->variable_count; i++) {
        size_t variable = w->users->variables[i].variable;
        if (!w->used[variable]) {
            lg_problem_add(w->load->problems, draft->variable_places[i],
                           "an unknown key is a variable: is it a slip of the pen?",
                           "the variable %s is not used by this kind of user",
                           w->load->scenario.plan.variables[variable]);
        }
    }
}

/* ---- data ---- */

/* Rows that are given out once: how many arrivals, or users, there can be. */
static void take_once(struct lg_load *load, struct lg_users *users, const struct lg_data *data)
{
    if (data->order != LG_DATA_ONCE || data->table.rows == 0) {
        return;
    }
    if (data->per == LG_DATA_PER_ITERATION) {
        if (users->iterations == 0 || users->iterations > data->table.rows) {
            users->iterations = data->table.rows;
            users->used_up = data->name;
        }
    } else if (data->table.rows < lg_users_total(users)) {
        const struct lg_ini_entry *entry = NULL;
        for (size_t i = 0; i < load->user_count; i++) {
            if (&load->users[i].out == users) {
                entry = lg_entry_find(load->users[i].draft.section, "connections");
            }
        }
        LG_ASSERT(entry != NULL); /* the key is required */
        lg_problem_add(load->problems, entry->value_place,
                       "more rows, fewer users, or order = cycle",
                       "connections: %u users take a row of [data %s] each, which has %zu",
                       lg_users_total(users), data->name, data->table.rows);
    }
}

void lg_link_flow(struct lg_load *load, struct lg_users_draft *draft)
{
    size_t variables = load->scenario.plan.variable_count;
    struct lg_users *users = &draft->out;
    struct walk w = {
        .load = load,
        .users = users,
        .set = lg_arena_alloc(load->arena, variables + 1),
        .used = lg_arena_alloc(load->arena, variables + 1),
        .data = lg_arena_alloc(load->arena, load->data_count + 1),
    };
    walk_all(&w);
    if (users->setup_count == draft->setup.count && users->step_count == draft->steps.count) {
        check_unused(&w, draft); /* all names were found */
    }
    for (size_t i = 0; i < load->data_count; i++) {
        if (!w.data[i]) {
            continue;
        }
        struct lg_data_draft *data = &load->data[i];
        if (data->out.order == LG_DATA_ONCE && data->users != NULL) {
            lg_problem_add(load->problems, lg_key_place(&data->draft, "order"),
                           "give each of them a [data] section of its own",
                           "order: once, but both [users %s] and [users %s] take rows", data->users,
                           users->name);
        }
        data->users = users->name;
        take_once(load, users, &data->out);
    }
}

void lg_link_data_used(struct lg_load *load)
{
    for (size_t i = 0; i < load->data_count; i++) {
        if (load->data[i].users == NULL) {
            lg_problem_add(load->problems, load->data[i].draft.place,
                           "use its columns as ${NAME.COLUMN}", "[data %s] is not used",
                           load->data[i].out.name);
        }
    }
}

/* ---- services ---- */

static size_t service_index(struct lg_load *load, const char *name)
{
    struct lg_plan *plan = &load->scenario.plan;
    size_t i = 0;
    while (i < plan->service_count && strcmp(plan->services[i], name) != 0) {
        i++;
    }
    if (i == plan->service_count) {
        *LG_ARENA_PUSH(load->arena, plan->services, plan->service_count) = name;
    }
    return i;
}

void lg_link_service(struct lg_load *load, struct lg_step_draft *step)
{
    step->out.service = LG_NO_SERVICE;
    if (step->service == NULL || step->out.kind != LG_STEP_REQUEST) {
        return;
    }
    step->out.service = service_index(load, step->service) + 1;
    for (size_t i = 0; i < load->target_count; i++) {
        const struct lg_target_spec *target = &load->targets[i].out;
        struct lg_guess guess = {.text = lg_str(step->service)};
        bool has = false;
        for (size_t k = 0; k < target->service_count; k++) {
            has = has || strcmp(target->services[k].name, step->service) == 0;
            lg_guess_offer(&guess, lg_str(target->services[k].name));
        }
        if (!has) {
            const char *hint = lg_guess_hint(&guess, load->problems->arena);
            lg_problem_add(load->problems, lg_key_place(&step->draft, "service"),
                           hint != NULL ? hint : "say service.NAME = URL in its section",
                           "service: target %s has no service.%s", target->name, step->service);
        }
    }
}

/* ---- a rate that kinds of user share ---- */

static bool is_open(const struct lg_users_draft *users)
{
    enum lg_arrival_process arrivals = users->out.arrivals;
    return arrivals != LG_ARRIVAL_CLOSED && arrivals != LG_ARRIVAL_NONE;
}

static bool shares(const struct lg_users_draft *users)
{
    return is_open(users) && !lg_is_given(&users->draft, "rate") &&
           !lg_is_given(&users->draft, "stages");
}

/* Part of the whole, each stage.  Poisson arrivals of rate r that go one of several ways by lot are
 * independent Poisson arrivals of the rates r * weight / sum (Kingman 1993, 5.1). */
static void take_share(struct lg_load *load, struct lg_users *users, unsigned sum)
{
    const struct lg_scenario_draft *scenario = &load->scenario;
    for (size_t i = 0; i < scenario->stage_count; i++) {
        struct lg_stage stage = scenario->stages[i];
        stage.rate_per_s *= (double)users->weight / (double)sum;
        *LG_ARENA_PUSH(load->arena, users->stages, users->stage_count) = stage;
    }
}

static void check_weight(struct lg_load *load, struct lg_users_draft *users, size_t sharing)
{
    bool shared = load->scenario.stage_count > 0;
    const char *why = NULL, *hint = NULL;
    if (!shares(users)) {
        why = is_open(users) ? "it has a rate of its own" : "it has no rate to share";
    } else if (!shared) {
        why = "there is no rate to share";
        hint = "write rate in [scenario]";
    }
    if (lg_is_given(&users->draft, "weight") && why != NULL) {
        lg_problem_add(load->problems, lg_key_place(&users->draft, "weight"), hint, "weight: %s",
                       why);
    }
    if (shared && shares(users) && sharing > 1 && users->out.arrivals != LG_ARRIVAL_POISSON) {
        lg_problem_add(
            load->problems, lg_key_place(&users->draft, "arrivals"),
            "a rate is shared by lot: write arrivals = poisson, or give each kind its own",
            "arrivals: gaps between arrivals that are shared out cannot be equal");
    }
}

void lg_link_weights(struct lg_load *load)
{
    struct lg_scenario_draft *scenario = &load->scenario;
    size_t sharing = 0;
    unsigned sum = 0;
    if (scenario->rate > 0 && scenario->stage_count == 0) {
        *LG_ARENA_PUSH(load->arena, scenario->stages, scenario->stage_count) =
            (struct lg_stage){.rate_per_s = scenario->rate};
    }
    for (size_t i = 0; i < load->user_count; i++) {
        bool part = shares(&load->users[i]) && scenario->stage_count > 0;
        load->users[i].out.weight = part ? load->users[i].out.weight : 0;
        sum += load->users[i].out.weight;
        sharing += part;
    }
    for (size_t i = 0; i < load->user_count; i++) {
        check_weight(load, &load->users[i], sharing);
        if (load->users[i].out.weight > 0) {
            take_share(load, &load->users[i].out, sum);
        }
    }
    if (scenario->stage_count > 0 && sharing == 0 && load->user_count > 0) {
        const char *key = scenario->rate > 0 ? "rate" : "stages";
        lg_problem_add(load->problems, lg_key_place(&scenario->draft, key),
                       "leave rate out of a [users NAME] section",
                       "%s: no kind of user takes a part of it", key);
    }
}
