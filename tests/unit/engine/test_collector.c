#include "engine/collector.h"

#include "base/rng.h"
#include "support/leak_check.h"
#include "unit/engine/world.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(collector, .fini = fail_on_leak);

enum { WORKERS = 3, ROWS = 6 };

static struct world world;
static struct lg_worker workers[WORKERS];
static struct lg_worker *list[WORKERS];
static struct lg_collector collector;

static void begin(lg_ns duration)
{
    world_begin(&world, duration);
    world.shared.workers = WORKERS;
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct lg_worker){.shared = &world.shared,
                                        .program = &world.program,
                                        .index = i,
                                        .watermark = INT64_MIN,
                                        .rows = {.window = &world.shared.window,
                                                 .shape = world.program.shape,
                                                 .floor = INT64_MIN}};
        pthread_mutex_init(&workers[i].lock, NULL);
        list[i] = &workers[i];
    }
    lg_collector_init(&collector, &world.program, &world.shared.window, list, WORKERS);
}

static void free_recorders(struct lg_recorder *r)
{
    while (r != NULL) {
        struct lg_recorder *next = r->next;
        lg_recorder_free(r);
        r = next;
    }
}

static void end(void)
{
    lg_collector_fini(&collector);
    for (unsigned i = 0; i < WORKERS; i++) {
        lg_rows_fini(&workers[i].rows);
        free_recorders(workers[i].handed);
        free_recorders(workers[i].spare);
        pthread_mutex_destroy(&workers[i].lock);
    }
    world_end(&world);
}

/* What a worker does at a tick. */
static void hand_over(struct lg_worker *w, lg_ns until)
{
    struct lg_recorder *r;
    while ((r = lg_rows_take(&w->rows, until)) != NULL) {
        r->next = w->handed;
        w->handed = r;
    }
    w->watermark = lg_rows_mark(&w->rows, until);
}

static struct lg_recorder *at(struct lg_worker *w, lg_ns offset)
{
    return lg_rows_at(&w->rows, BEGIN + offset);
}

static void expect_same(const struct lg_recorder *a, const struct lg_recorder *b)
{
    for (size_t i = 0; i < lg_shape_counts(&a->shape); i++) {
        cr_assert_eq(a->counts[i], b->counts[i], "count %zu", i);
    }
    for (size_t i = 0; i < lg_shape_hists(&a->shape); i++) {
        const struct lg_hist *x = &a->hists[i], *y = &b->hists[i];
        cr_assert(x->count == y->count && x->over == y->over && x->min == y->min &&
                  x->max == y->max);
        cr_assert_float_eq(x->sum, y->sum, 1e-6 * (1 + fabs(y->sum)));
        cr_assert_arr_eq(x->counts, y->counts, LG_HIST_SLOTS * sizeof *x->counts);
    }
    cr_assert_eq(a->cpu, b->cpu);
    cr_assert_eq(a->run_queue, b->run_queue);
    cr_assert_eq(a->failure_count, b->failure_count);
}

/* ---- the whole is the sum of its parts ---- */

static void count_something(struct lg_recorder *r, struct lg_rng *rng)
{
    uint64_t kind = lg_rng_below(rng, 5);
    lg_ns v = (lg_ns)lg_rng_below(rng, 10 * LG_S);
    if (kind == 0) {
        lg_recorder_failure(r, lg_rng_below(rng, WORLD_STEPS), lg_outcome(LG_STATUS, 500), v,
                            lg_str("no"));
    } else if (kind == 1) {
        lg_hist_add(lg_deliveries_hist(r, 0, LG_DELIVERIES_DELIVERY),
                    v + 2 * LG_HIST_MAX * (v & 1));
        lg_deliveries_counts(r, 0)[LG_DELIVERIES_RECEIVED]++;
    } else if (kind == 2) {
        r->cpu += v;
        r->run_queue += 1;
    } else {
        lg_hist_add(lg_step_hist(r, lg_rng_below(rng, WORLD_STEPS), LG_PHASE_RESPONSE), v);
        lg_users_counts(r, 0)[LG_USERS_COMPLETED]++;
    }
}

struct sums {
    struct lg_recorder *whole[ROWS + 2]; /* by row, from -1 */
    int64_t last;
    size_t seen;
};

static void compare_row(void *ctx, const struct lg_recorder *second)
{
    struct sums *sums = ctx;
    cr_assert_gt(second->row, sums->last, "seconds ascend, each once");
    sums->last = second->row;
    sums->seen++;
    expect_same(second, sums->whole[second->row + 1]);
    cr_assert_eq(lg_window_row(&world.shared.window, second->begin), second->row);
}

Test(collector, what_the_workers_counted_is_the_whole_whenever_it_is_collected)
{
    struct lg_rng rng;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct sums sums = {.last = INT64_MIN};
        begin(3500 * LG_MS);
        lg_rng_init(&rng, seed, 0, 0);
        for (int i = 0; i < ROWS + 2; i++) {
            sums.whole[i] = lg_recorder_new(world.program.shape);
        }
        lg_ns now = -LG_S;
        for (int i = 0; i < 600; i++) {
            now += (lg_ns)lg_rng_below(&rng, 20 * LG_MS);
            struct lg_worker *w = &workers[lg_rng_below(&rng, WORKERS)];
            struct lg_rng twin = rng;
            struct lg_recorder *r = at(w, now);
            count_something(r, &rng);
            count_something(sums.whole[r->row + 1], &twin);
            if (lg_rng_below(&rng, 20) == 0) {
                hand_over(w, BEGIN + now);
            }
            if (lg_rng_below(&rng, 50) == 0) {
                lg_collector_take(&collector, false);
            }
        }
        for (unsigned i = 0; i < WORKERS; i++) {
            hand_over(&workers[i], LG_NEVER);
        }
        lg_collector_take(&collector, true);
        lg_collector_each(&collector, compare_row, &sums);
        cr_assert_geq(sums.seen, 4);
        for (int i = 0; i < ROWS + 2; i++) {
            lg_recorder_free(sums.whole[i]);
        }
        end();
    }
}

/* ---- watermarks ---- */

Test(collector, a_second_waits_for_the_slowest_worker)
{
    begin(10 * LG_S);
    at(&workers[0], 0);
    at(&workers[1], 0);
    hand_over(&workers[0], BEGIN + 3 * LG_S);
    hand_over(&workers[1], BEGIN + 3 * LG_S);
    lg_collector_take(&collector, false);
    cr_expect_eq(collector.row_count, 0, "worker 2 has not said anything yet");
    hand_over(&workers[2], BEGIN + LG_S - 1);
    lg_collector_take(&collector, false);
    cr_expect_eq(collector.row_count, 0, "it is still within the second");
    at(&workers[2], 0);
    hand_over(&workers[2], BEGIN + LG_S);
    lg_collector_take(&collector, false);
    cr_expect_eq(collector.row_count, 1);
    cr_expect_not(collector.pending);
    cr_expect_eq(collector.second.row, 0);
    end();
}

Test(collector, an_open_exchange_holds_its_second_and_the_later_ones)
{
    begin(10 * LG_S);
    at(&workers[0], 0)->open = 1;
    at(&workers[0], LG_S);
    for (unsigned i = 0; i < WORKERS; i++) {
        hand_over(&workers[i], BEGIN + 2 * LG_S);
    }
    lg_collector_take(&collector, false);
    cr_expect_eq(collector.row_count, 0);
    at(&workers[0], 0)->open = 0;
    hand_over(&workers[0], BEGIN + 2 * LG_S);
    lg_collector_take(&collector, false);
    cr_expect_eq(collector.row_count, 2);
    end();
}

Test(collector, at_the_end_everything_counts)
{
    begin(10 * LG_S);
    at(&workers[0], 0);
    at(&workers[2], 4 * LG_S);
    hand_over(&workers[0], BEGIN + LG_S);
    hand_over(&workers[2], LG_NEVER);
    lg_collector_take(&collector, true);
    cr_expect_eq(collector.row_count, 2);
    end();
}

Test(collector, for_each_recorder_handed_over_an_empty_one_comes_back)
{
    begin(10 * LG_S);
    struct lg_recorder *fresh = lg_recorder_new(world.program.shape);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct lg_recorder *r = at(&workers[i], 0);
        lg_users_counts(r, 0)[LG_USERS_COMPLETED] = 5;
        lg_recorder_take_up(r, 0, BEGIN);
        hand_over(&workers[i], BEGIN + LG_S);
    }
    lg_collector_take(&collector, false);
    for (unsigned i = 0; i < WORKERS; i++) {
        cr_assert_not_null(workers[i].spare);
        cr_assert_null(workers[i].spare->next);
        expect_same(workers[i].spare, fresh);
        cr_assert_eq(workers[i].spare->take_ups[0].count, 0);
        cr_assert_eq(workers[i].spare->open, 0);
    }
    lg_recorder_free(fresh);
    end();
}

/* ---- gaps ---- */

/* Sends exactly on a schedule, dealt to the workers in turn. */
static void send_on_schedule(lg_ns length)
{
    for (int k = 0;; k++) {
        lg_ns t = lg_stages_when(world.users.stages, world.users.stage_count, k + 1e-9);
        if (t >= length) {
            break;
        }
        lg_recorder_take_up(at(&workers[k % WORKERS], t), 0, BEGIN + t);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        hand_over(&workers[i], LG_NEVER);
    }
    lg_collector_take(&collector, true);
}

static void expect_unit_gaps(size_t count)
{
    const struct lg_gaps *g = &collector.gaps[0];
    cr_assert_eq(g->count, count, "%zu gaps, not %zu", g->count, count);
    for (size_t i = 0; i < g->count; i++) {
        cr_assert_float_eq(g->list[i], 1, 1e-5, "gap %zu is %g", i, g->list[i]);
    }
}

Test(collector, gaps_of_a_constant_schedule_are_1_over_the_seconds_and_workers)
{
    begin(10 * LG_S);
    send_on_schedule(5 * LG_S);
    expect_unit_gaps(499);
    end();
}

Test(collector, gaps_are_1_however_the_rate_changes)
{
    struct lg_stage stages[] = {
        {0, 50}, {2 * LG_S, 500}, {3 * LG_S, 500}, {3 * LG_S, 20}, {6 * LG_S, 300}};
    begin(10 * LG_S);
    world.users.stages = stages;
    world.users.stage_count = 5;
    send_on_schedule(5 * LG_S);
    expect_unit_gaps((size_t)lg_stages_count(stages, 5, 5 * LG_S));
    end();
}

Test(collector, gaps_of_the_warm_up_do_not_count)
{
    begin(10 * LG_S);
    world.shared.window.w0 = BEGIN + 2 * LG_S;
    send_on_schedule(4 * LG_S);
    expect_unit_gaps(199);
    end();
}

Test(collector, nothing_is_known_of_the_gaps_after_a_cut_sample)
{
    enum { EXTRA = 10 };
    begin(10 * LG_S);
    for (int i = 0; i < LG_TAKE_UP_SAMPLE + EXTRA; i++) {
        lg_recorder_take_up(at(&workers[0], i * 100 * LG_US), 0, BEGIN + i * 100 * LG_US);
    }
    lg_recorder_take_up(at(&workers[1], 50 * LG_US), 0, BEGIN + 50 * LG_US);
    lg_ns late = (LG_TAKE_UP_SAMPLE + 1) * 100 * LG_US; /* after the cut, in the same second */
    lg_recorder_take_up(at(&workers[1], late), 0, BEGIN + late);
    lg_recorder_take_up(at(&workers[1], LG_S), 0, BEGIN + LG_S);
    lg_recorder_take_up(at(&workers[1], LG_S + LG_MS), 0, BEGIN + LG_S + LG_MS);
    for (unsigned i = 0; i < WORKERS; i++) {
        hand_over(&workers[i], LG_NEVER);
    }
    lg_collector_take(&collector, true);
    const struct lg_gaps *g = &collector.gaps[0];
    cr_assert_eq(g->count,
                 LG_TAKE_UP_SAMPLE + 1u); /* the sample and worker 1's, then one of second 1 */
    cr_expect_float_eq(g->list[0], 0.005, 1e-6);
    cr_expect_float_eq(g->list[g->count - 1], 0.1, 1e-6);
    end();
}

static void add_busiest(void *ctx, const struct lg_recorder *second)
{
    *(lg_ns *)ctx += second->busiest_cpu;
}

Test(collector, a_second_knows_its_busiest_thread)
{
    static const lg_ns cpu[WORKERS] = {200 * LG_MS, 700 * LG_MS, 300 * LG_MS};
    lg_ns busiest = 0;
    begin(2 * LG_S);
    for (unsigned i = 0; i < WORKERS; i++) {
        at(&workers[i], 0)->cpu = cpu[i];
        at(&workers[i], LG_S)->cpu = cpu[WORKERS - 1 - i] / 10;
        hand_over(&workers[i], BEGIN + 2 * LG_S);
    }
    lg_collector_take(&collector, true);
    lg_collector_each(&collector, add_busiest, &busiest);
    cr_expect_eq(busiest, 770 * LG_MS);
    end();
}
