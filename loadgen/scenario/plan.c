#include "scenario/plan.h"

#include "scenario/check.h"
#include "scenario/draft.h"

#define QUICK_TIME     (14 * LG_S) /* of the whole run, in which each target ... */
#define QUICK_STARTING (2 * LG_S)  /* ... takes so long to start and to stop */
#define QUICK_DURATION (10 * LG_S)
#define QUICK_WARMUP   LG_S
#define QUICK_COOLDOWN LG_S
#define QUICK_STEP     (100 * LG_MS) /* durations are whole ones of these, at least ten */

void lg_plan_free(struct lg_plan *plan)
{
    if (plan != NULL) {
        lg_arena_free(plan->arena); /* the plan itself is in it */
    }
}

static const char *base_name(struct lg_load *load)
{
    const char *slash = strrchr(load->file, '/');
    const char *name = slash == NULL ? load->file : slash + 1;
    size_t n = strlen(name);
    bool ini = n > 4 && strcmp(name + n - 4, ".ini") == 0;
    return lg_arena_strndup(load->arena, name, ini ? n - 4 : n);
}

/* What is left of a target's share of QUICK_TIME for warm-up and duration. */
static lg_ns quick_load(struct lg_plan plan)
{
    lg_ns targets = (lg_ns)(plan.target_count > 0 ? plan.target_count : 1);
    plan.warmup = plan.duration = 0;
    return QUICK_TIME / targets - QUICK_STARTING - lg_check_trial_time(&plan);
}

static lg_ns clamp(lg_ns time, lg_ns least, lg_ns most)
{
    time = time / QUICK_STEP * QUICK_STEP;
    time = time < least ? least : time;
    return time < most ? time : most;
}

static void be_quick(struct lg_plan *plan)
{
    lg_ns load = quick_load(*plan);
    plan->quick = true;
    plan->trials = 1;
    lg_ns warmup = clamp(load / 4, 0, QUICK_WARMUP);
    bool long_warmup = plan->warmup == LG_WARMUP_AUTO || plan->warmup > warmup;
    plan->warmup = long_warmup ? warmup : plan->warmup;
    lg_ns most = plan->duration < QUICK_DURATION ? plan->duration : QUICK_DURATION;
    plan->duration = clamp(load - plan->warmup, 10 * QUICK_STEP, most);
    plan->cooldown = plan->cooldown > QUICK_COOLDOWN ? QUICK_COOLDOWN : plan->cooldown;
}

/* What the scenario asks; what follows an empty line explains it, and is in the source. */
static const char *first_paragraph(const char *text, struct lg_arena *arena)
{
    const char *end = strstr(text, "\n\n");
    return lg_arena_strndup(arena, text, end != NULL ? (size_t)(end - text) : strlen(text));
}

/* Copies the finished halves out of the drafts. */
static struct lg_plan *assemble(struct lg_load *load)
{
    struct lg_arena *arena = load->arena;
    struct lg_plan *plan = lg_arena_alloc(arena, sizeof *plan);
    *plan = load->scenario.plan;
    plan->arena = arena;
    plan->file = load->file;
    plan->question = first_paragraph(load->ini.opening, load->arena);
    plan->name = plan->name != NULL ? plan->name : base_name(load);
    for (size_t i = 0; i < load->target_count; i++) {
        *LG_ARENA_PUSH(arena, plan->targets, plan->target_count) = load->targets[i].out;
    }
    for (size_t i = 0; i < load->beside_count; i++) {
        *LG_ARENA_PUSH(arena, plan->beside, plan->beside_count) = load->beside[i].out;
    }
    for (size_t i = 0; i < load->user_count; i++) {
        *LG_ARENA_PUSH(arena, plan->users, plan->user_count) = load->users[i].out;
    }
    for (size_t i = 0; i < load->step_count; i++) {
        *LG_ARENA_PUSH(arena, plan->steps, plan->step_count) = load->steps[i].out;
    }
    for (size_t i = 0; i < load->data_count; i++) {
        *LG_ARENA_PUSH(arena, plan->data, plan->data_count) = load->data[i].out;
    }
    for (size_t i = 0; i < load->deliveries_count; i++) {
        *LG_ARENA_PUSH(arena, plan->deliveries, plan->deliveries_count) = load->deliveries[i].out;
    }
    plan->objectives = load->objectives.items;
    plan->objective_count = load->objectives.count;
    return plan;
}

/* ---- --target, --users ---- */

static void not_found(struct lg_load *load, const char *option, const char *name,
                      struct lg_guess *guess)
{
    lg_problem_add(load->problems, (struct lg_place){.file = option},
                   lg_guess_hint(guess, load->problems->arena), "the scenario has no %s %s",
                   option + 2, name);
}

static void keep_target(struct lg_load *load, const char *name)
{
    struct lg_guess guess = {.text = lg_str(name)};
    for (size_t i = 0; i < load->target_count; i++) {
        if (strcmp(load->targets[i].out.name, name) == 0) {
            load->targets = &load->targets[i];
            load->target_count = 1;
            return;
        }
        lg_guess_offer(&guess, lg_str(load->targets[i].out.name));
    }
    not_found(load, "--target", name, &guess);
}

/* The step at `index`, or one of those that it runs at once, has this name. */
static bool is_or_has(const struct lg_load *load, size_t index, const char *name)
{
    const struct lg_step *step = &load->steps[index].out;
    for (size_t i = 0; i < step->branch_count; i++) {
        if (strcmp(load->steps[step->branches[i]].out.name, name) == 0) {
            return true;
        }
    }
    return strcmp(step->name, name) == 0;
}

static bool does(const struct lg_load *load, const struct lg_users *users, const char *step)
{
    for (size_t i = 0; i < users->setup_count + users->step_count; i++) {
        size_t index =
            i < users->setup_count ? users->setup[i] : users->steps[i - users->setup_count];
        if (is_or_has(load, index, step)) {
            return true;
        }
    }
    return false;
}

/* Objectives on what the remaining users do not do cannot be judged. */
static void keep_objectives(struct lg_load *load)
{
    struct lg_objectives_draft *objectives = &load->objectives;
    const struct lg_users *users = &load->users[0].out;
    size_t kept = 0;
    for (size_t i = 0; i < objectives->count; i++) {
        const struct lg_objective *o = &objectives->items[i];
        bool of_all = strcmp(o->subject, "errors") == 0;
        bool of_users = o->measure[0] == '\0' && strcmp(o->subject, users->name) == 0;
        bool of_step = o->measure[0] != '\0' && does(load, users, o->subject);
        bool of_deliveries = false;
        for (size_t j = 0; j < load->deliveries_count; j++) {
            of_deliveries |= strcmp(load->deliveries[j].out.name, o->subject) == 0;
        }
        if (of_all || of_users || of_step || of_deliveries) {
            objectives->items[kept++] = *o;
        }
    }
    objectives->count = kept;
}

static void keep_users(struct lg_load *load, const char *name)
{
    struct lg_guess guess = {.text = lg_str(name)};
    for (size_t i = 0; i < load->user_count; i++) {
        if (strcmp(load->users[i].out.name, name) == 0) {
            load->users = &load->users[i];
            load->user_count = 1;
            keep_objectives(load);
            return;
        }
        lg_guess_offer(&guess, lg_str(load->users[i].out.name));
    }
    not_found(load, "--users", name, &guess);
}

static void read_all(struct lg_load *load, const char *const *overrides, size_t count,
                     const struct lg_plan_options *options)
{
    if (!lg_ini_read(&load->ini, load->file, load->io, load->arena, load->problems)) {
        return;
    }
    const char *const *names = options->override_names;
    for (size_t i = 0; i < count; i++) {
        lg_override(load, overrides[i], (unsigned)i + 1, names != NULL ? names[i] : NULL);
    }
    lg_sections_read(load);
    lg_targets_read(load);
    lg_link(load);
    if (options->target != NULL) {
        keep_target(load, options->target);
    }
    if (options->users != NULL) {
        keep_users(load, options->users);
    }
}

struct lg_plan *lg_plan_load(const char *file, const char *const *overrides, size_t count,
                             const struct lg_plan_options *options, struct lg_problems *problems)
{
    static const struct lg_plan_options none = {0};
    options = options != NULL ? options : &none;
    size_t before = problems->count;
    struct lg_arena *arena = lg_arena_new();
    struct lg_load load = {
        .arena = arena,
        .problems = problems,
        .io = options->io != NULL ? options->io : &lg_io_real,
        .share_folder = options->share_folder,
        .only_target = options->target,
        .file = lg_arena_strdup(arena, file),
    };
    load.ini.arena = load.targets_ini.arena = arena;
    read_all(&load, overrides, count, options);
    if (problems->count > before) {
        lg_problems_sort(problems);
        lg_arena_free(arena);
        return NULL;
    }
    struct lg_plan *plan = assemble(&load);
    if (options->quick) {
        be_quick(plan);
    }
    lg_settings_write(&load, plan);
    return plan;
}
