#include "engine/schedule.h"

#include "base/units.h"
#include "engine/run.h"
#include "engine/run_limits.h"
#include "engine/worker.h"

#include <inttypes.h>
#include <stdlib.h>

struct lg_schedule {
    const struct lg_plan *plan;
    unsigned trial;
    lg_ns end;
    struct lg_program *program;
    struct lg_shared shared;
    struct lg_worker *workers; /* of a worker only what its pools look at; they do not run */
    struct lg_pool *pools;     /* of all workers: worker after worker, kind after kind */
    size_t pool_count;
    struct lg_vu *taker; /* of the last arrival; NULL: nobody */
};

/* Nothing is connected to: any address that needs no resolver will do. */
static const char *const nowhere = "http://127.0.0.1:1";

static void begin_pools(struct lg_schedule *s)
{
    unsigned threads = s->shared.workers;
    s->workers = lg_alloc_array(threads, sizeof *s->workers);
    s->pools = lg_alloc_array(threads * s->plan->user_count, sizeof *s->pools);
    for (unsigned i = 0; i < threads; i++) {
        struct lg_worker *worker = &s->workers[i];
        worker->shared = &s->shared;
        worker->program = s->program;
        worker->index = i;
        for (size_t kind = 0; kind < s->plan->user_count; kind++) {
            struct lg_pool *pool = &s->pools[s->pool_count++];
            lg_pool_init(pool, worker, kind);
            if (pool->users->arrivals != LG_ARRIVAL_CLOSED) {
                lg_pool_begin(pool, 0);
            }
        }
    }
}

struct lg_schedule *lg_schedule_new(const struct lg_plan *plan, unsigned trial,
                                    struct lg_arena *arena, const char **why)
{
    const char **urls = lg_arena_alloc(arena, (1 + plan->service_count) * sizeof *urls);
    for (size_t i = 0; i <= plan->service_count; i++) {
        urls[i] = nowhere;
    }
    struct lg_program *program =
        lg_program_new(plan, urls, 1, lg_run_seed(plan, trial), arena, why);
    if (program == NULL) {
        return NULL;
    }
    struct lg_schedule *s = lg_alloc(sizeof *s);
    s->plan = plan;
    s->trial = trial;
    s->program = program;
    s->end = lg_run_load_time(plan);
    s->shared.program = program;
    s->shared.workers = plan->threads;
    begin_pools(s);
    return s;
}

void lg_schedule_free(struct lg_schedule *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->pool_count; i++) {
        lg_pool_fini(&s->pools[i]);
    }
    for (unsigned i = 0; i < s->shared.workers; i++) {
        lg_buf_free(&s->workers[i].text);
    }
    free(s->pools);
    free(s->workers);
    lg_program_free(s->program);
    free(s);
}

/* Of equal times the earlier kind, then the earlier arrival. */
static bool before(const struct lg_pool *a, const struct lg_pool *b)
{
    if (a->next_at != b->next_at) {
        return a->next_at < b->next_at;
    }
    return a->kind != b->kind ? a->kind < b->kind : a->next_index < b->next_index;
}

bool lg_schedule_next(struct lg_schedule *s, struct lg_scheduled *out)
{
    struct lg_pool *first = NULL;
    for (size_t i = 0; i < s->pool_count; i++) {
        struct lg_pool *pool = &s->pools[i];
        if (pool->next_at < s->end && (first == NULL || before(pool, first))) {
            first = pool;
        }
    }
    if (first == NULL) {
        return false;
    }
    s->taker = lg_pool_first_choice(first, first->next_index);
    *out = (struct lg_scheduled){
        .at = first->next_at,
        .users = first->kind,
        .index = first->next_index,
        .user = s->taker != NULL ? (int64_t)s->taker->index : -1,
    };
    first->started++; /* a limited number of iterations ends there */
    lg_pool_next_arrival(first);
    return true;
}

/* ---- as text ---- */

static const char *unscheduled(const struct lg_users *users)
{
    switch (users->arrivals) {
    case LG_ARRIVAL_CLOSED:
        return "closed arrivals, each when the one before has ended: not in this schedule";
    case LG_ARRIVAL_NONE:
        return "listen only: no arrivals";
    default:
        return NULL;
    }
}

void lg_schedule_head(const struct lg_schedule *s, struct lg_buf *out)
{
    char warmup[LG_UNIT_TEXT], duration[LG_UNIT_TEXT];
    lg_show_time(warmup, (double)(s->end - s->plan->duration));
    lg_show_time(duration, (double)s->plan->duration);
    lg_buf_addf(out, "# loadgen schedule: %s, trial %u, seed %" PRIu64 ", threads %u\n",
                s->plan->name, s->trial, s->plan->seed, s->shared.workers);
    lg_buf_addf(
        out, "# %s of warm-up at most, then %s measured; times count from the start of the load\n",
        warmup, duration);
    lg_buf_adds(out,
                "# user: who takes the arrival up if free then, else another one or a later time\n"
                "# a later step of an arrival begins when the one before it has ended\n"
                "# as a timing script of h2load: grep -v '^#' FILE | cut -f1,2\n");
    for (size_t i = 0; i < s->plan->user_count; i++) {
        const char *why = unscheduled(&s->plan->users[i]);
        if (why != NULL) {
            lg_buf_addf(out, "# users %s: %s\n", s->plan->users[i].name, why);
        }
    }
    lg_buf_adds(out, "# ms\tpath\tusers\tstep\tarrival\tuser\n");
}

static bool is_drawn(const struct lg_users *users, size_t variable)
{
    for (size_t i = 0; i < users->variable_count; i++) {
        if (users->variables[i].variable == variable) {
            return true;
        }
    }
    return false;
}

/* Message ids, times, and what a server's answers hold are made while the run runs. */
static bool is_foreseeable(const struct lg_template *t, const struct lg_users *users)
{
    for (size_t i = 0; i < t->part_count; i++) {
        const struct lg_part *part = &t->parts[i];
        bool made = part->kind == LG_PART_MESSAGE_ID || part->kind == LG_PART_MESSAGE_AT ||
                    part->kind == LG_PART_TIME_MS || part->kind == LG_PART_TIME_ISO;
        if (made || (part->kind == LG_PART_VARIABLE && !is_drawn(users, part->variable))) {
            return false;
        }
    }
    return true;
}

/* The place and branch name the stream of random parts, as in the run. */
static void add_path(struct lg_schedule *s, const struct lg_users *users,
                     const struct lg_step *step, struct lg_buf *out)
{
    bool known = s->taker != NULL || step->path.is_static;
    if (step->kind == LG_STEP_MESSAGE || !known || !is_foreseeable(&step->path, users)) {
        lg_buf_adds(out, step->name);
        return;
    }
    lg_render(out, &step->path, s->taker, 0);
}

static void add_line(struct lg_schedule *s, const struct lg_scheduled *arrival, size_t step,
                     struct lg_buf *out)
{
    const struct lg_users *users = &s->plan->users[arrival->users];
    lg_buf_addf(out, "%" PRId64 ".%06" PRId64 "\t", arrival->at / LG_MS, arrival->at % LG_MS);
    add_path(s, users, &s->plan->steps[step], out);
    lg_buf_addf(out, "\t%s\t%s\t%" PRIu64 "\t", users->name, s->plan->steps[step].name,
                arrival->index);
    lg_buf_addf(out, arrival->user >= 0 ? "%" PRId64 "\n" : "-\n", arrival->user);
}

static void stand(struct lg_schedule *s, uint64_t arrival, size_t place, size_t branch)
{
    if (s->taker != NULL) {
        s->taker->arrival = arrival;
        s->taker->in_setup = false;
        s->taker->place = (uint16_t)place;
        s->taker->branch = (uint8_t)branch;
    }
}

void lg_schedule_lines(struct lg_schedule *s, const struct lg_scheduled *arrival,
                       struct lg_buf *out)
{
    const struct lg_users *users = &s->plan->users[arrival->users];
    for (size_t i = 0; i < users->step_count; i++) {
        const struct lg_step *step = &s->plan->steps[users->steps[i]];
        stand(s, arrival->index, i, 0);
        if (step->kind != LG_STEP_PARALLEL) {
            add_line(s, arrival, users->steps[i], out);
        }
        for (size_t b = 0; b < step->branch_count; b++) {
            stand(s, arrival->index, i + 1, b + 1); /* as lg_group_begin has it */
            add_line(s, arrival, step->branches[b], out);
        }
    }
}
