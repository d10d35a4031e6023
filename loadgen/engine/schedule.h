/* What a trial is going to do and when, without doing it: the workers' own pools are asked for
 * their arrivals, one after the other, so that a schedule cannot say anything else than a run
 * does.  For comparing with what a server received, and for other generators. */
#ifndef LG_ENGINE_SCHEDULE_H
#define LG_ENGINE_SCHEDULE_H

#include "base/arena.h"
#include "base/buf.h"
#include "scenario/plan.h"

struct lg_schedule;

struct lg_scheduled {
    lg_ns at;       /* since the load began, warm-up included */
    size_t users;   /* index into plan->users */
    uint64_t index; /* of the arrival among those of its users */
    int64_t user;   /* ${user.index} of who takes it up if he is free then; -1: nobody can */
};

/* Trial 1.. of the plan, which must outlive it.  NULL: *why (of `arena`) says why. */
struct lg_schedule *lg_schedule_new(const struct lg_plan *plan, unsigned trial,
                                    struct lg_arena *arena, const char **why);
void lg_schedule_free(struct lg_schedule *schedule); /* NULL ok */

/* The next arrival before the end of the measured window; times ascend.  False: that was the
 * last. */
bool lg_schedule_next(struct lg_schedule *schedule, struct lg_scheduled *out);

/* Appends lines that begin with "#": what this is and what the columns are. */
void lg_schedule_head(const struct lg_schedule *schedule, struct lg_buf *out);

/* Appends the arrival that lg_schedule_next gave last, a line for each of its steps:
 *   milliseconds TAB path TAB users TAB step TAB arrival TAB user
 * A step without a path, or with one that only the run can know, has its name instead; steps that
 * are done at once have a line each.  Steps after
 * the first have the arrival's time, too: they begin when the one before has ended. */
void lg_schedule_lines(struct lg_schedule *schedule, const struct lg_scheduled *arrival,
                       struct lg_buf *out);

#endif
