/* A worker made by hand, without sockets, threads and event loop: a plan of one kind of user, its
 * program, and the rows of a trial that begins at BEGIN. */
#ifndef LG_TESTS_ENGINE_WORLD_H
#define LG_TESTS_ENGINE_WORLD_H

#include "engine/worker.h"

#include <stdlib.h>

enum { WORLD_STEPS = 2 };
static const lg_ns BEGIN = 1000 * LG_S;

struct world {
    struct lg_plan plan;
    struct lg_users users;
    struct lg_step steps[WORLD_STEPS];
    struct lg_deliveries deliveries;
    struct lg_program program;
    struct lg_origin origin;
    struct lg_program_step program_steps[WORLD_STEPS];
    struct lg_program_users program_users;
    struct lg_shared shared;
    struct lg_worker worker;
    struct lg_pool pool;
    size_t step_list[WORLD_STEPS];
    struct lg_stage stage;
};

/* In place: the parts point to each other.  The load begins at BEGIN and so does the window of
 * `duration`. */
static inline void world_begin(struct world *w, lg_ns duration)
{
    memset(w, 0, sizeof *w);
    w->step_list[1] = 1;
    w->stage.rate_per_s = 100;
    w->users = (struct lg_users){.name = "u",
                                 .connections = 4,
                                 .streams = 1,
                                 .arrivals = LG_ARRIVAL_CONSTANT,
                                 .stages = &w->stage,
                                 .stage_count = 1,
                                 .steps = w->step_list,
                                 .step_count = 1};
    w->deliveries = (struct lg_deliveries){.name = "d", .drain = LG_S};
    for (size_t i = 0; i < WORLD_STEPS; i++) {
        w->steps[i] = (struct lg_step){.name = "s", .kind = LG_STEP_MESSAGE, .timeout = LG_S};
        w->program_steps[i].step = &w->steps[i];
        w->program_steps[i].kind = w->steps[i].kind;
    }
    w->plan = (struct lg_plan){.users = &w->users,
                               .user_count = 1,
                               .steps = w->steps,
                               .step_count = WORLD_STEPS,
                               .deliveries = &w->deliveries,
                               .deliveries_count = 1,
                               .threads = 1};
    w->program = (struct lg_program){.plan = &w->plan,
                                     .seed = 42,
                                     .tag = "abcde",
                                     .tag_length = 5,
                                     .origins = &w->origin,
                                     .origin_count = 1,
                                     .replicas = 1,
                                     .shape = {.steps = WORLD_STEPS, .users = 1, .deliveries = 1},
                                     .steps = w->program_steps,
                                     .users = &w->program_users,
                                     .has_deliveries = true};
    w->shared = (struct lg_shared){
        .program = &w->program,
        .workers = 1,
        .epoch = BEGIN,
        .connect_from = BEGIN,
        .window = {.t0 = BEGIN, .w0 = BEGIN, .w1 = BEGIN + duration},
    };
    w->worker.shared = &w->shared;
    w->worker.program = &w->program;
    w->worker.begun = true;
    w->worker.pools = &w->pool;
    w->worker.armed = 0; /* nothing is earlier: the timer, which is not there, is left alone */
    w->worker.rows.shape = w->program.shape;
    w->worker.rows.window = &w->shared.window;
    w->worker.rows.floor = INT64_MIN;
    w->worker.setup = lg_recorder_new(w->program.shape);
    pthread_mutex_init(&w->worker.lock, NULL);
}

/* The load begins at `begin` instead. */
static inline void world_move(struct world *w, lg_ns begin)
{
    lg_ns by = begin - w->shared.window.t0;
    w->shared.epoch = w->shared.connect_from = begin;
    w->shared.window.t0 += by;
    w->shared.window.w0 += by;
    w->shared.window.w1 += by;
}

static inline void world_end(struct world *w)
{
    lg_rows_fini(&w->worker.rows);
    lg_recorder_free(w->worker.setup);
    lg_buf_free(&w->worker.write_buffer);
    lg_buf_free(&w->worker.path);
    lg_buf_free(&w->worker.text);
    lg_buf_free(&w->worker.body);
    pthread_mutex_destroy(&w->worker.lock);
}

/* The counts of all rows so far. */
static inline void world_total(const struct world *w, struct lg_recorder *into)
{
    for (const struct lg_recorder *r = w->worker.rows.active; r != NULL; r = r->next) {
        lg_recorder_merge(into, r);
    }
}

#endif
