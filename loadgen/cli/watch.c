#include "cli/watch.h"

#include "base/clock.h"
#include "engine/run_limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void show(struct lg_watch *watch)
{
    if (watch->quiet) {
        return;
    }
    lg_buf_clear(&watch->out);
    lg_progress_draw(&watch->writer, &watch->progress, lg_now(), &watch->out);
    fwrite(watch->out.p, 1, watch->out.n, stderr);
    fflush(stderr);
}

static void forget(struct lg_progress *p)
{
    p->seconds_left = p->offered_per_s = p->achieved_per_s = -1;
    p->response_p50 = p->response_p99 = p->delivery_p50 = p->delivery_p99 = p->lag = -1;
    p->generator_cpu = p->server_cpu = p->server_rss_bytes = -1;
    p->errors = p->in_flight = 0;
    p->run_seconds_left = -1;
}

void lg_watch_init(struct lg_watch *watch, const struct lg_plan *plan, bool quiet)
{
    struct winsize size;
    *watch = (struct lg_watch){.plan = plan, .quiet = quiet};
    watch->writer.terminal = isatty(STDERR_FILENO);
    watch->writer.colour = watch->writer.terminal && getenv("NO_COLOR") == NULL;
    if (watch->writer.terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0) {
        watch->writer.columns = size.ws_col;
    }
    watch->done = lg_alloc_array(plan->target_count + 1, sizeof *watch->done);
    for (size_t i = 0; i < plan->target_count; i++) {
        watch->done[i].target = plan->targets[i].name;
    }
    watch->progress.done = watch->done;
    watch->progress.done_count = plan->target_count;
    watch->progress.target = "";
    watch->progress.phase = "";
    forget(&watch->progress);
}

void lg_watch_fini(struct lg_watch *watch)
{
    lg_buf_free(&watch->out);
    free(watch->done);
}

void lg_watch_trial(struct lg_watch *watch, const char *target, unsigned trial, unsigned trials)
{
    forget(&watch->progress);
    watch->progress.target = target;
    watch->progress.trial = trial;
    watch->progress.trials = trials;
    watch->begun++;
}

void lg_watch_done(struct lg_watch *watch, size_t target, const struct lg_trial_result *trial)
{
    struct lg_progress_done *done = &watch->done[target];
    done->trials++;
    done->achieved_per_s = 0;
    done->response_p50 = done->response_p99 = -1;
    for (size_t i = 0; i < trial->users_count; i++) {
        done->achieved_per_s += trial->users[i].achieved_per_s;
    }
    for (size_t i = 0; i < trial->step_count; i++) {
        const struct lg_step_result *step = &trial->steps[i];
        const struct lg_hist *h = step->phase[LG_PHASE_RESPONSE];
        done->errors += step->count - step->outcomes[LG_OK];
        if (!step->setup && h != NULL) { /* of the last step, as while it runs */
            uint64_t above = lg_step_above(step, LG_PHASE_RESPONSE);
            done->response_p50 = lg_hist_quantile(h, 0.5, above);
            done->response_p99 = lg_hist_quantile(h, 0.99, above);
        }
    }
}

/* This trial's rest and the load of those that have not begun; starting and connecting come on top.
 */
static double run_left(const struct lg_watch *watch)
{
    size_t all = watch->plan->target_count * watch->plan->trials;
    double each = (double)lg_run_load_time(watch->plan) * 1e-9;
    double left = watch->progress.seconds_left;
    return left < 0 || watch->begun > all ? -1 : left + each * (double)(all - watch->begun);
}

void lg_watch_phase(struct lg_watch *watch, const char *phase, const char *target)
{
    forget(&watch->progress);
    watch->progress.phase = phase;
    watch->progress.target = target;
    show(watch);
}

void lg_watch_erase(struct lg_watch *watch)
{
    if (!watch->quiet) {
        lg_buf_clear(&watch->out);
        lg_progress_erase(&watch->writer, &watch->out);
        fwrite(watch->out.p, 1, watch->out.n, stderr);
        fflush(stderr);
    }
}

static const char *phase_name(enum lg_run_phase phase)
{
    static const char *const names[] = {"connecting", "warm-up", "measuring", "cool-down"};
    return names[phase];
}

void lg_watch_state(void *arg, const struct lg_run_state *state)
{
    struct lg_watch *watch = arg;
    struct lg_progress *p = &watch->progress;
    p->phase = phase_name(state->phase);
    p->seconds_left =
        state->left == LG_NEVER || state->left > 3600 * 24 * LG_S ? -1 : (double)state->left * 1e-9;
    p->run_seconds_left = run_left(watch);
    p->errors = state->failed;
    p->in_flight = state->in_flight;
    p->generator_cpu = state->generator_cpu;
    p->server_cpu = state->server_sampled ? state->server_cpu : -1;
    p->server_rss_bytes = state->server_sampled ? (double)state->server_rss_bytes : -1;
    if (state->second->known) {
        p->offered_per_s = (double)state->second->scheduled;
        p->achieved_per_s = (double)state->second->completed;
        p->response_p50 = state->second->response_p50;
        p->response_p99 = state->second->response_p99;
        p->delivery_p50 = state->second->delivery_p50;
        p->delivery_p99 = state->second->delivery_p99;
        p->lag = state->second->lag_p99;
    }
    show(watch);
}
