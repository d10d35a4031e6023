/* A pool's arrivals without a connection: a step that wants one fails at once, so users are kept
 * busy by saying so. */
#include "engine/worker.h"

#include "support/leak_check.h"
#include "unit/engine/world.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(pool, .fini = fail_on_leak);

enum { MOST_WORKERS = 5 };

static struct world world;
static struct lg_pool *const pool = &world.pool;

/* A trial that began `ago`, with `connections` users and `rate` arrivals a second. */
static lg_ns begin(unsigned connections, double rate, lg_ns ago)
{
    world_begin(&world, 3600 * LG_S);
    lg_ns now = lg_now();
    world_move(&world, now - ago);
    world.users.connections = connections;
    world.users.connect_rate = INFINITY;
    world.stage.rate_per_s = rate;
    world.program.has_deliveries = false;
    return now;
}

static void make_pool(void)
{
    lg_pool_init(pool, &world.worker, 0);
}

static void set_all(enum lg_vu_state state)
{
    for (size_t i = 0; i < pool->vu_count; i++) {
        pool->vus[i].state = state;
    }
}

static void end(void)
{
    lg_pool_fini(pool);
    world_end(&world);
}

static uint64_t counted(enum lg_users_count which)
{
    uint64_t n = 0;
    for (const struct lg_recorder *r = world.worker.rows.active; r != NULL; r = r->next) {
        n += lg_users_counts(r, 0)[which];
    }
    return n;
}

static uint64_t still_open(void)
{
    uint64_t n = 0;
    for (const struct lg_recorder *r = world.worker.rows.active; r != NULL; r = r->next) {
        n += r->open;
    }
    return n;
}

/* Takes up everything due by `now`, however many turns it takes. */
static void arrive_until(lg_ns now)
{
    while (pool->next_at <= now) {
        lg_pool_arrive_due(pool, now);
    }
}

Test(pool, arrivals_that_find_nobody_wait_in_order_with_their_own_times)
{
    begin(2, 1000, LG_S);
    make_pool();
    set_all(LG_VU_BUSY);
    lg_ns t0 = world.shared.window.t0;
    lg_pool_begin(pool, t0);
    arrive_until(t0 + LG_S - 1);
    uint64_t n = pool->waiting_count;
    cr_assert_geq(n, 999); /* many rings' worth */
    for (size_t i = 0; i < n; i++) {
        const struct lg_waiting *w = &pool->waiting[(pool->waiting_first + i) % pool->waiting_cap];
        cr_assert_eq(w->index, i);
        cr_assert_geq(w->intended, t0);
        cr_assert_geq(w->taken, w->intended);
        cr_assert(i == 0 || w->intended - (w - 1)->intended == LG_MS);
    }
    cr_expect_eq(counted(LG_USERS_SCHEDULED), n);
    cr_expect_eq(still_open(), n);
    cr_expect_eq(pool->in_flight, n);
    end();
}

Test(pool, the_ring_of_those_that_wait_keeps_its_order_when_it_wraps_and_grows)
{
    lg_ns now = begin(1, 1000, 100 * LG_MS);
    make_pool();
    set_all(LG_VU_BUSY);
    pool->waiting = lg_alloc_array(64, sizeof *pool->waiting);
    pool->waiting_cap = 64;
    pool->waiting_first = 60; /* so that it has wrapped before it grows */
    lg_pool_begin(pool, world.shared.window.t0);
    arrive_until(now);
    cr_expect_geq(pool->waiting_count, 100);
    for (size_t i = 0; i < pool->waiting_count; i++) {
        cr_expect_eq(pool->waiting[(pool->waiting_first + i) % pool->waiting_cap].index, i);
    }
    end();
}

Test(pool, what_waits_too_long_is_shed_and_counted_where_it_was_due)
{
    lg_ns now = begin(1, 100, 3 * LG_S);
    world.users.overload = LG_OVERLOAD_SHED;
    world.users.shed_after = LG_S;
    make_pool();
    set_all(LG_VU_BUSY);
    lg_ns t0 = world.shared.window.t0;
    lg_pool_begin(pool, t0);
    while (pool->next_at <= now) {
        lg_pool_arrive_due(pool, now);
    }
    lg_pool_arrive_due(pool, now); /* sheds what the last turn took up */
    cr_expect_eq(counted(LG_USERS_SCHEDULED), counted(LG_USERS_SHED) + pool->waiting_count);
    cr_expect_leq(llabs((long long)counted(LG_USERS_SHED) - 200), 1);
    for (size_t i = 0; i < pool->waiting_count; i++) {
        lg_ns intended = pool->waiting[(pool->waiting_first + i) % pool->waiting_cap].intended;
        cr_assert_gt(intended + LG_S, now);
    }
    const struct lg_recorder *first = world.worker.rows.active;
    cr_expect_eq(lg_users_counts(first, 0)[LG_USERS_SHED], 100);
    cr_expect_eq(lg_step_counts(first, 0)[LG_SHED], 100);
    cr_expect_eq(lg_step_hist(first, 0, LG_PHASE_FAILED)->count, 100);
    cr_expect_eq(first->open, 0);
    cr_expect_eq(pool->in_flight, pool->waiting_count);
    cr_expect_leq(lg_pool_next(pool, now), now + LG_S, "it wakes up to shed the next");
    end();
}

Test(pool, under_drop_nothing_waits)
{
    lg_ns now = begin(3, 100, LG_S);
    world.users.overload = LG_OVERLOAD_DROP;
    make_pool();
    set_all(LG_VU_BUSY);
    lg_pool_begin(pool, world.shared.window.t0);
    arrive_until(now);
    cr_expect_eq(pool->waiting_count, 0);
    cr_expect_geq(counted(LG_USERS_DROPPED), 100);
    cr_expect_eq(counted(LG_USERS_DROPPED), counted(LG_USERS_SCHEDULED));
    cr_expect_eq(still_open(), 0);
    cr_expect_eq(pool->in_flight, 0);
    end();
}

/* Every start fails at once here, as with no local port left. */
Test(pool, a_long_queue_of_failures_does_not_fill_the_stack)
{
    lg_ns now = begin(1, 300000, LG_S);
    make_pool();
    set_all(LG_VU_BUSY);
    lg_pool_begin(pool, world.shared.window.t0);
    arrive_until(now);
    cr_assert_gt(pool->waiting_count, 250000);
    lg_pool_free_user(pool, &pool->vus[0], lg_now());
    cr_expect_eq(pool->waiting_count, 0);
    cr_expect_eq(pool->vus[0].state, LG_VU_FREE);
    cr_expect_eq(pool->free_count, 1);
    cr_expect_eq(counted(LG_USERS_FAILED), counted(LG_USERS_SCHEDULED));
    cr_expect_eq(still_open(), 0);
    end();
}

Test(pool, in_the_closed_model_a_failure_does_not_start_the_next_at_once)
{
    lg_ns now = begin(1, 0, 0);
    world.users.arrivals = LG_ARRIVAL_CLOSED;
    make_pool();
    lg_pool_begin(pool, now);
    lg_pool_free_user(pool, &pool->vus[0], lg_now());
    cr_expect_eq(counted(LG_USERS_SCHEDULED), 1);
    cr_expect_eq(counted(LG_USERS_FAILED), 1);
    cr_expect_eq(pool->vus[0].state, LG_VU_WAITING);
    cr_expect_not_null(pool->retries.head);
    lg_vu_stop(&pool->vus[0], lg_now());
    end();
}

/* ---- who takes an arrival ---- */

enum { USERS = 8, TURNS = 200 };

/* The users who take TURNS arrivals when everybody is free each time. */
static void takers(uint32_t *out, uint64_t seed)
{
    lg_ns now = begin(USERS, 1000, LG_S);
    world.program.seed = seed;
    make_pool();
    set_all(LG_VU_FREE);
    lg_pool_begin(pool, world.shared.window.t0);
    for (int i = 0; i < TURNS; i++) {
        lg_ns due = pool->next_at;
        for (size_t v = 0; v < pool->vu_count; v++) {
            pool->vus[v].arrival = UINT64_MAX;
        }
        uint64_t index = pool->next_index;
        while (pool->next_index == index && due <= now) {
            lg_ns keep = pool->next_at;
            lg_pool_arrive_due(pool, keep); /* one: the next is due later */
        }
        for (uint32_t v = 0; v < pool->vu_count; v++) {
            out[i] = pool->vus[v].arrival == index ? v : out[i];
        }
    }
    end();
}

Test(pool, the_user_of_an_arrival_depends_on_the_seed_alone)
{
    static uint32_t a[TURNS], b[TURNS], c[TURNS];
    int count[USERS] = {0}, same = 0;
    takers(a, 1);
    takers(b, 1);
    takers(c, 2);
    for (int i = 0; i < TURNS; i++) {
        cr_assert_eq(a[i], b[i], "arrival %d", i);
        same += a[i] == c[i];
        count[a[i]]++;
    }
    cr_expect_lt(same, TURNS / 2);
    for (int u = 0; u < USERS; u++) {
        cr_expect_gt(count[u], TURNS / USERS / 3, "user %d is hardly ever drawn", u);
    }
}

/* ---- several workers ---- */

static struct lg_worker workers[MOST_WORKERS];
static struct lg_pool pools[MOST_WORKERS];

static void make_workers(unsigned n)
{
    world.shared.workers = n;
    for (unsigned i = 0; i < n; i++) {
        workers[i] = (struct lg_worker){.shared = &world.shared,
                                        .program = &world.program,
                                        .index = i,
                                        .begun = true,
                                        .rows = {.window = &world.shared.window,
                                                 .shape = world.program.shape,
                                                 .floor = INT64_MIN}};
        lg_pool_init(&pools[i], &workers[i], 0);
        for (size_t v = 0; v < pools[i].vu_count; v++) {
            pools[i].vus[v].state = LG_VU_BUSY;
        }
    }
}

static void free_workers(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        lg_pool_fini(&pools[i]);
        lg_rows_fini(&workers[i].rows);
        lg_buf_free(&workers[i].text);
    }
    world_end(&world);
}

/* Users 0 .. 9 live in rooms 0, 0, 0, 1, 1, 1, 2 ... by their variable. */
static struct lg_part room_part = {.kind = LG_PART_VARIABLE};
static struct lg_user_variable room_variable = {.kind = LG_VARIABLE_ZIPF, .low = 1, .high = 6};

static lg_ns begin_rooms(bool one_room)
{
    lg_ns now = begin(40, 1000, LG_S);
    world.program.has_deliveries = true;
    world.plan.variable_count = 1;
    world.program_users.values = true;
    world.users.variables = &room_variable;
    world.users.variable_count = 1;
    if (!one_room) {
        world.deliveries.group = (struct lg_template){.parts = &room_part, .part_count = 1};
    }
    return now;
}

static void expect_arrivals_follow_users(unsigned n, bool one_room)
{
    static bool taken[2000], user[40];
    uint64_t total = 0;
    memset(taken, 0, sizeof taken);
    memset(user, 0, sizeof user);
    begin_rooms(one_room);
    lg_ns t0 = world.shared.window.t0;
    make_workers(n);
    for (unsigned i = 0; i < n; i++) {
        struct lg_pool *p = &pools[i];
        for (size_t v = 0; v < p->vu_count; v++) {
            cr_assert_not(user[p->vus[v].index], "a user lives on one worker");
            user[p->vus[v].index] = true;
        }
        lg_pool_begin(p, t0);
        while (p->next_at < t0 + LG_S) {
            lg_pool_arrive_due(p, t0 + LG_S - 1);
        }
        for (size_t k = 0; k < p->waiting_count; k++) {
            uint64_t index = p->waiting[(p->waiting_first + k) % p->waiting_cap].index;
            cr_assert_not(taken[index]);
            taken[index] = true;
        }
        total += p->waiting_count;
        double share = (double)p->vu_count / 40, got = (double)p->waiting_count / 1000;
        cr_expect_float_eq(got, share, 0.08, "worker %u of %u: %g of the users, %g of the arrivals",
                           i, n, share, got);
    }
    cr_expect_geq(total, 999);
    for (uint64_t i = 0; i < total; i++) {
        cr_assert(taken[i], "arrival %lu was taken by nobody", i);
    }
    free_workers(n);
}

Test(pool, a_worker_has_the_arrivals_of_the_users_who_live_there)
{
    for (unsigned n = 1; n <= MOST_WORKERS; n++) {
        expect_arrivals_follow_users(n, false);
        expect_arrivals_follow_users(n, true);
    }
}

static void expect_shares(enum lg_arrival_process arrivals, bool rooms, uint64_t iterations)
{
    for (unsigned n = 1; n <= MOST_WORKERS; n++) {
        uint64_t sum = 0;
        begin_rooms(false);
        world.users.connections = 60; /* each worker has as many */
        world.program.has_deliveries = rooms;
        world.users.arrivals = arrivals;
        world.users.iterations = iterations;
        make_workers(n);
        for (unsigned i = 0; i < n; i++) {
            sum += pools[i].share;
            cr_assert(pools[i].vu_count > 0 || pools[i].share == 0 || !rooms,
                      "iterations for nobody");
            if (pools[i].share == 0) {
                cr_assert(lg_pool_exhausted(&pools[i], LG_NEVER));
            }
        }
        cr_expect_eq(sum, iterations, "%u workers: %lu of %lu", n, sum, iterations);
        free_workers(n);
    }
}

Test(pool, the_shares_of_a_number_of_iterations_add_up)
{
    static const uint64_t numbers[] = {1, 7, 40, 1001};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        expect_shares(LG_ARRIVAL_CLOSED, false, numbers[i]);
        expect_shares(LG_ARRIVAL_CLOSED, true, numbers[i]);
        expect_shares(LG_ARRIVAL_CONSTANT, false, numbers[i]);
        expect_shares(LG_ARRIVAL_POISSON, false, numbers[i]);
    }
}

Test(pool, a_limited_schedule_ends_with_its_last_iteration)
{
    begin_rooms(false);
    world.users.iterations = 100;
    lg_ns t0 = world.shared.window.t0;
    make_workers(3);
    uint64_t sum = 0, last = 0;
    for (unsigned i = 0; i < 3; i++) {
        lg_pool_begin(&pools[i], t0);
        while (pools[i].next_at != LG_NEVER) {
            lg_pool_arrive_due(&pools[i], t0 + LG_S - 1);
        }
        sum += pools[i].started;
        for (size_t k = 0; k < pools[i].waiting_count; k++) {
            uint64_t index = pools[i].waiting[k].index;
            last = index > last ? index : last;
        }
    }
    cr_expect_eq(sum, 100);
    cr_expect_eq(last, 99);
    free_workers(3);
}

Test(pool, users_who_cannot_be_dealt_out_evenly_get_equal_parts_of_the_arrivals)
{
    begin(3, 1000, LG_S);
    lg_ns t0 = world.shared.window.t0;
    make_workers(2);
    for (unsigned i = 0; i < 2; i++) {
        lg_pool_begin(&pools[i], t0);
        while (pools[i].next_at < t0 + LG_S) {
            lg_pool_arrive_due(&pools[i], t0 + LG_S - 1);
        }
    }
    cr_assert_eq(pools[0].vu_count, 2);
    cr_expect_eq(pools[0].waiting_count + pools[1].waiting_count, 1000);
    /* Two thirds of 1,000, give or take five times the binomial's standard deviation. */
    cr_expect_leq(llabs((long long)pools[0].waiting_count - 667), 75);
    free_workers(2);
}

Test(pool, what_was_due_and_not_taken_up_when_the_load_ends_is_in_the_books)
{
    lg_ns now = begin(1, 1000, LG_S);
    make_pool();
    set_all(LG_VU_BUSY);
    lg_pool_begin(pool, world.shared.window.t0);
    lg_pool_arrive_due(pool, now); /* one turn, which does not take up all */
    uint64_t taken = pool->waiting_count;
    cr_assert(taken > 0 && taken < 1000);
    lg_pool_stop(pool, now + LG_S);
    cr_expect_eq(counted(LG_USERS_SCHEDULED), 2000);
    cr_expect_eq(counted(LG_USERS_IN_FLIGHT_END), 2000);
    cr_expect_eq(counted(LG_USERS_TAKEN_UP), taken);
    cr_expect_eq(still_open(), 0);
    end();
}

Test(pool, what_was_due_after_the_window_is_in_no_book)
{
    lg_ns now = begin(1, 1000, LG_S);
    world.shared.window.w1 = now - LG_S / 2;
    make_pool();
    set_all(LG_VU_BUSY);
    lg_pool_begin(pool, world.shared.window.t0);
    lg_pool_stop(pool, now);
    cr_expect_eq(counted(LG_USERS_SCHEDULED), 500);
    end();
}

Test(pool, what_ends_seconds_later_had_so_much_to_go_at_each_edge)
{
    begin(1, 10, 0);
    lg_ns t0 = world.shared.window.t0;
    make_pool();
    set_all(LG_VU_BUSY);
    int64_t row = lg_window_row(&world.shared.window, t0);
    lg_ns first, edge;
    lg_window_bounds(&world.shared.window, row, &first, &edge);
    for (int i = 0; i < 2; i++) {
        lg_pool_note_edges(pool, row, edge + i * (LG_S + 5));
    }
    cr_expect_eq(lg_pool_to_go(pool, row), (uint64_t)LG_S + 5);
    cr_expect_eq(lg_pool_to_go(pool, row + 1), 5);
    cr_expect_eq(lg_pool_to_go(pool, row + 2), 0);
    cr_expect_eq(lg_pool_to_go(pool, row - 1), 0);
    end();
}

Test(pool, the_integral_in_flight_is_littles_law)
{
    begin(1, 10, 0);
    lg_ns t0 = world.shared.window.t0;
    make_pool();
    set_all(LG_VU_BUSY);
    pool->in_flight_since = t0;
    pool->in_flight = 3;
    lg_pool_account(pool, t0 + LG_S / 2);
    pool->in_flight = 5;
    lg_pool_account(pool, t0 + LG_S / 2 + 1);
    lg_pool_account(pool, t0); /* time does not run back */
    cr_expect_eq(counted(LG_USERS_IN_FLIGHT_NS), 3 * (uint64_t)LG_S / 2 + 5);
    end();
}
