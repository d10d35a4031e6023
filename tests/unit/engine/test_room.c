/* The room's books against a model that keeps everything and looks through all of it. */
#include "engine/room.h"
#include "support/leak_check.h"
#include "unit/engine/world.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>

TestSuite(room, .fini = fail_on_leak);

enum { USERS = 6, MESSAGES = 160, CROWD = 200 };

enum state { NOT_EXPECTED, PENDING, HEARD, LOST };

struct message {
    lg_ns sent, first, last;
    int sender; /* which stay of whom */
    enum state state[USERS];
    bool heard_all;
};

/* Everything that happened, by the words of the contract. */
struct model {
    struct message messages[MESSAGES];
    size_t count;
    int stay[USERS]; /* 0: not a member */
    int stays;
    uint64_t counts[LG_DELIVERIES_COUNTS];
    uint64_t spreads;
    double delivery_sum, spread_sum;
};

static struct world world;
static struct lg_vu users[CROWD];
static struct model model;

static struct lg_room *begin(void)
{
    world_begin(&world, 60 * LG_S);
    memset(users, 0, sizeof users);
    memset(&model, 0, sizeof model);
    return lg_room_of(&world.worker, lg_str("group"));
}

static void end(void)
{
    lg_rooms_free(&world.worker);
    world_end(&world);
}

static void hear_id(struct lg_room *room, struct lg_vu *vu, uint64_t index, lg_ns sent, lg_ns now)
{
    char id[64];
    snprintf(id, sizeof id, "\"abcde-%u-%llu\"", lg_room_number(room), (unsigned long long)index);
    lg_room_hear(room, vu, lg_str(id), sent, now);
}

static uint64_t send_now(struct lg_room *room, struct lg_vu *vu, lg_ns now)
{
    return lg_room_send(room, vu, lg_rows_at(&world.worker.rows, now), now);
}

static struct lg_recorder *total(void)
{
    struct lg_recorder *sum = lg_recorder_new(world.program.shape);
    world_total(&world, sum);
    return sum;
}

static void expect_counts(const uint64_t *want, const char *what)
{
    struct lg_recorder *sum = total();
    for (int i = 0; i < LG_DELIVERIES_COUNTS; i++) {
        cr_assert_eq(lg_deliveries_counts(sum, 0)[i], want[i], "%s: count %d is %lu, not %lu", what,
                     i, lg_deliveries_counts(sum, 0)[i], want[i]);
    }
    lg_recorder_free(sum);
}

/* ---- the model ---- */

static void finish(struct message *m)
{
    if (m->heard_all && m->first != 0) {
        for (int u = 0; u < USERS; u++) {
            if (m->state[u] == PENDING) {
                return;
            }
        }
        m->heard_all = false;
        model.spreads++;
        model.spread_sum += (double)(m->last - m->first);
    }
}

static void lose(struct message *m, int u)
{
    m->state[u] = LOST;
    m->heard_all = false;
    model.counts[LG_DELIVERIES_LOST]++;
}

static void model_send(int u, lg_ns now)
{
    struct message *m = &model.messages[model.count++];
    *m = (struct message){.sent = now, .sender = model.stay[u], .heard_all = true};
    model.counts[LG_DELIVERIES_MESSAGES]++;
    for (int r = 0; r < USERS; r++) {
        if (model.stay[r] != 0) {
            m->state[r] = PENDING;
            model.counts[LG_DELIVERIES_EXPECTED]++;
        }
    }
}

static void model_leave(int u)
{
    model.stay[u] = 0;
    for (size_t i = 0; i < model.count; i++) {
        struct message *m = &model.messages[i];
        if (m->state[u] == PENDING) {
            lose(m, u);
        }
        m->state[u] = NOT_EXPECTED; /* of the stay to come */
    }
}

static void model_hear(int u, size_t i, lg_ns now)
{
    struct message *m = &model.messages[i];
    if (m->state[u] == NOT_EXPECTED) {
        model.counts[LG_DELIVERIES_UNEXPECTED]++;
    } else if (m->state[u] == HEARD) {
        model.counts[LG_DELIVERIES_DUPLICATED]++;
    } else if (m->state[u] == PENDING && m->sent + world.deliveries.drain <= now) {
        lose(m, u);
    } else if (m->state[u] == PENDING) {
        m->state[u] = HEARD;
        model.counts[LG_DELIVERIES_RECEIVED]++;
        model.delivery_sum += (double)(now - m->sent);
        for (size_t k = i + 1; k < model.count; k++) {
            const struct message *later = &model.messages[k];
            if (later->sender == m->sender && later->state[u] == HEARD) {
                model.counts[LG_DELIVERIES_REORDERED]++;
                break;
            }
        }
        m->first = m->first != 0 ? m->first : now;
        m->last = now;
        finish(m);
    }
}

static void model_expire(lg_ns before)
{
    for (size_t i = 0; i < model.count; i++) {
        struct message *m = &model.messages[i];
        for (int u = 0; u < USERS && m->sent + world.deliveries.drain <= before; u++) {
            if (m->state[u] == PENDING) {
                lose(m, u);
            }
        }
    }
}

/* The load is over: what is pending is neither lost nor expected. */
static void model_cut(void)
{
    for (size_t i = 0; i < model.count; i++) {
        struct message *m = &model.messages[i];
        for (int u = 0; u < USERS; u++) {
            if (m->state[u] == PENDING) {
                m->state[u] = NOT_EXPECTED;
                m->heard_all = false;
                model.counts[LG_DELIVERIES_EXPECTED]--;
            }
        }
    }
}

/* ---- one schedule ---- */

static void join_or_leave(struct lg_room *room, int u)
{
    if (model.stay[u] == 0) {
        model.stay[u] = ++model.stays;
        lg_room_join(room, &users[u]);
    } else {
        model_leave(u);
        lg_room_leave(room, &users[u]);
    }
}

static void void_newest(struct lg_room *room, lg_ns now)
{
    struct message *m = &model.messages[model.count];
    int u = 0;
    while (u < USERS && model.stay[u] == 0) {
        u++;
    }
    if (u < USERS) {
        memset(m, 0, sizeof *m); /* an index that nobody is expected to hear */
        model.count++;
        lg_room_void(room, send_now(room, &users[u], now));
    }
}

static void step(struct lg_room *room, struct lg_rng *rng, unsigned churn, lg_ns now)
{
    int u = (int)lg_rng_below(rng, USERS);
    uint64_t what = lg_rng_below(rng, 100);
    if (what < churn) {
        join_or_leave(room, u);
    } else if (what < churn + 15 && model.stay[u] != 0 && model.count < MESSAGES - 1) {
        model_send(u, now);
        cr_assert_eq(send_now(room, &users[u], now), model.count - 1);
    } else if (what < churn + 17 && model.count < MESSAGES - 1) {
        void_newest(room, now);
    } else if (what < churn + 19) {
        lg_rooms_expire(&world.worker, now, false);
        model_expire(now);
    } else if (model.stay[u] != 0 && model.count > 0) {
        /* Mostly the newer ones, so that much is in time. */
        uint64_t back = lg_rng_below(rng, 1 + lg_rng_below(rng, model.count));
        size_t i = model.count - 1 - back;
        bool is_void = model.messages[i].sent == 0;
        if (!is_void) {
            model_hear(u, i, now);
            hear_id(room, &users[u], i, -1, now);
        }
    }
}

static void expect_books(uint64_t seed)
{
    char what[64];
    snprintf(what, sizeof what, "seed %lu", seed);
    expect_counts(model.counts, what);
    struct lg_recorder *sum = total();
    const struct lg_hist *delivery = lg_deliveries_hist(sum, 0, LG_DELIVERIES_DELIVERY);
    const struct lg_hist *spread = lg_deliveries_hist(sum, 0, LG_DELIVERIES_SPREAD);
    cr_assert_eq(delivery->count, model.counts[LG_DELIVERIES_RECEIVED], "%s", what);
    cr_assert_float_eq(delivery->sum, model.delivery_sum, 1, "%s", what);
    cr_assert_eq(spread->count, model.spreads, "%s: %lu spreads, not %lu", what, spread->count,
                 model.spreads);
    cr_assert_float_eq(spread->sum, model.spread_sum, 1, "%s", what);
    lg_recorder_free(sum);
}

static void run_schedule(uint64_t seed)
{
    struct lg_room *room = begin();
    struct lg_rng rng;
    lg_rng_init(&rng, seed, 0, 0);
    unsigned churn = (unsigned)lg_rng_below(&rng, 20);
    world.deliveries.drain = (lg_ns)(1 + lg_rng_below(&rng, 400)) * LG_MS;
    lg_ns now = BEGIN;
    for (int i = 0; i < 600; i++) {
        now += 1 + (lg_ns)lg_rng_below(&rng, 20 * LG_MS);
        step(room, &rng, i < USERS ? 100 : churn, now);
    }
    expect_books(seed);
    lg_rooms_expire(&world.worker, now, true);
    model_expire(now);
    model_cut();
    expect_books(seed);
    for (const struct lg_recorder *r = world.worker.rows.active; r != NULL; r = r->next) {
        const uint64_t *c = lg_deliveries_counts(r, 0);
        cr_assert_eq(r->open, 0, "seed %lu: a message is open for ever", seed);
        cr_assert_eq(c[LG_DELIVERIES_EXPECTED], c[LG_DELIVERIES_RECEIVED] + c[LG_DELIVERIES_LOST]);
    }
    end();
}

Test(room, counts_random_schedules_as_a_brute_force_model_does)
{
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        run_schedule(seed);
    }
}

/* ---- single behaviours ---- */

Test(room, what_may_still_come_when_the_load_is_cut_off_is_not_lost)
{
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    lg_room_join(room, &users[1]);
    lg_ns drain = world.deliveries.drain;
    send_now(room, &users[0], BEGIN + 1); /* overdue by then */
    uint64_t late = send_now(room, &users[0], BEGIN + 2);
    hear_id(room, &users[0], late, -1, BEGIN + 3);
    lg_rooms_expire(&world.worker, BEGIN + 1 + drain, true);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){2, 3, 1, 2, 0, 0, 0}, "cut off");
    cr_expect_eq(world.worker.rows.active->open, 0);
    end();
}

Test(room, what_comes_after_the_drain_is_lost_even_if_nobody_has_looked_yet)
{
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    lg_room_join(room, &users[1]);
    lg_ns sent = BEGIN + 1, drain = world.deliveries.drain;
    uint64_t index = send_now(room, &users[0], sent);
    hear_id(room, &users[0], index, -1, sent + drain - 1);
    hear_id(room, &users[1], index, -1, sent + drain);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){1, 2, 1, 1, 0, 0, 0}, "late");
    hear_id(room, &users[1], index, -1, sent + drain + 1);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){1, 2, 1, 1, 0, 0, 0}, "later");
    cr_expect_eq(world.worker.rows.active->open, 0);
    end();
}

Test(room, a_message_that_is_heard_before_it_is_sent_is_a_guess)
{
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    uint64_t index = send_now(room, &users[0], BEGIN + 10);
    hear_id(room, &users[0], index, -1, BEGIN + 9);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){1, 1, 0, 0, 0, 0, 1}, "guessed");
    hear_id(room, &users[0], index, -1, BEGIN + 11);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){1, 1, 1, 0, 0, 0, 1}, "heard");
    end();
}

Test(room, an_old_message_is_unexpected_to_the_next_user_of_the_place)
{
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    lg_room_join(room, &users[1]);
    uint64_t old = send_now(room, &users[0], BEGIN + 1);
    hear_id(room, &users[1], old, -1, BEGIN + 2);
    lg_room_leave(room, &users[1]);
    lg_room_join(room, &users[2]);
    cr_assert_eq(users[2].member, users[1].member, "the test wants the place reused");
    hear_id(room, &users[2], old, -1, BEGIN + 3);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){1, 2, 1, 0, 0, 0, 1}, "under way");
    hear_id(room, &users[0], old, -1, BEGIN + 4); /* settles it */
    hear_id(room, &users[2], old, -1, BEGIN + 5);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){1, 2, 2, 0, 0, 0, 2}, "settled");
    end();
}

Test(room, two_senders_who_had_one_place_are_not_in_order_with_each_other)
{
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    lg_room_join(room, &users[1]);
    uint64_t first = send_now(room, &users[1], BEGIN + 1);
    lg_room_leave(room, &users[1]);
    lg_room_join(room, &users[2]);
    cr_assert_eq(users[2].member, users[1].member);
    uint64_t second = send_now(room, &users[2], BEGIN + 2);
    hear_id(room, &users[0], second, -1, BEGIN + 3);
    hear_id(room, &users[0], first, -1, BEGIN + 4);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){2, 4, 2, 1, 0, 0, 0}, "two senders");
    lg_rooms_expire(&world.worker, 0, true);
    end();
}

Test(room, a_voided_message_that_comes_all_the_same_is_unexpected)
{
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    uint64_t kept = send_now(room, &users[0], BEGIN + 1);
    uint64_t voided = send_now(room, &users[0], BEGIN + 2);
    lg_room_void(room, voided);
    hear_id(room, &users[0], voided, -1, BEGIN + 3);
    hear_id(room, &users[0], kept, -1, BEGIN + 4);
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){1, 1, 1, 0, 0, 0, 1}, "voided");
    end();
}

Test(room, only_its_own_ids_count_as_known)
{
    static const char *const foreign[] = {
        "\"abcde-0-1\"", /* not sent yet */
        "\"abcde-1-0\"", /* another room */
        "\"abcdf-0-0\"", /* another trial */
        "\"abcde_0-0\"",
        "\"abcde-0_0\"",
        "\"abcde-0-0-0\"",
        "\"abcde-0-\"",
        "\"abcde--0\"",
        "\"abcde-0\"",
        "\"abcde-00000000000000000000000-0\"",
        "\"abcde-0-9999999999999999999\"",
        "\"\"",
        "17",
        "null",
        "",
    };
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    send_now(room, &users[0], BEGIN + 1);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        lg_room_hear(room, &users[0], lg_str(foreign[i]), -1, BEGIN + 2);
        uint64_t want[LG_DELIVERIES_COUNTS] = {1, 1, 0, 0, 0, 0, i + 1};
        expect_counts(want, foreign[i]);
    }
    lg_rooms_expire(&world.worker, 0, true);
    end();
}

Test(room, the_time_in_the_message_counts_unless_it_is_in_the_future)
{
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    uint64_t a = send_now(room, &users[0], BEGIN + 100);
    uint64_t b = send_now(room, &users[0], BEGIN + 100);
    hear_id(room, &users[0], a, BEGIN + 150, BEGIN + 200);
    hear_id(room, &users[0], b, BEGIN + 201, BEGIN + 200);
    const struct lg_hist *h =
        lg_deliveries_hist(world.worker.rows.active, 0, LG_DELIVERIES_DELIVERY);
    cr_expect_eq(h->min, 50);
    cr_expect_eq(h->max, 100);
    end();
}

Test(room, a_message_belongs_to_the_second_in_which_it_was_due)
{
    struct lg_room *room = begin();
    lg_room_join(room, &users[0]);
    struct lg_recorder *due = lg_rows_at(&world.worker.rows, BEGIN);
    uint64_t index = lg_room_send(room, &users[0], due, BEGIN + 5 * LG_S / 2);
    cr_expect_eq(due->open, 1);
    hear_id(room, &users[0], index, -1, BEGIN + 3 * LG_S);
    cr_expect_eq(due->open, 0);
    cr_expect_eq(lg_deliveries_counts(due, 0)[LG_DELIVERIES_RECEIVED], 1);
    end();
}

Test(room, members_and_messages_may_grow_while_messages_are_under_way)
{
    enum { ROUNDS = 300 };
    struct lg_room *room = begin();
    for (int u = 0; u < CROWD; u++) { /* more than two words of members, many rings of messages */
        lg_room_join(room, &users[u]);
        send_now(room, &users[u], BEGIN + u);
    }
    for (int i = 0; i < ROUNDS; i++) {
        send_now(room, &users[i % CROWD], BEGIN + CROWD + i);
    }
    uint64_t heard = 0;
    for (uint64_t i = 0; i < CROWD + ROUNDS; i++) {
        for (int u = CROWD - 1; u >= 0; u--) {
            if ((uint64_t)u <= i) {
                hear_id(room, &users[u], i, -1, BEGIN + LG_MS);
                heard++;
            }
        }
    }
    uint64_t want[LG_DELIVERIES_COUNTS] = {CROWD + ROUNDS, heard, heard, 0, 0, 0, 0};
    expect_counts(want, "grown");
    cr_expect_eq(lg_deliveries_hist(world.worker.rows.active, 0, LG_DELIVERIES_SPREAD)->count,
                 CROWD + ROUNDS);
    end();
}

Test(room, a_server_that_loses_everything_does_not_fill_the_memory)
{
    struct lg_room *room = begin();
    for (int u = 0; u < CROWD; u++) {
        lg_room_join(room, &users[u]);
    }
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    lg_ns now = BEGIN;
    uint64_t index = 0;
    for (int i = 0; i < 20000; i++) { /* four million lost deliveries within one second */
        now += 40 * LG_US;
        index = send_now(room, &users[i % CROWD], now);
        lg_rooms_expire(&world.worker, now + world.deliveries.drain, false);
    }
    cr_expect_lt(mallinfo2().uordblks + mallinfo2().hblkhd, before + (24u << 20));
    hear_id(room, &users[0], index, -1, now); /* late: lost it is, and nothing else */
    uint64_t lost = 20000 * CROWD;
    expect_counts((uint64_t[LG_DELIVERIES_COUNTS]){20000, lost, 0, lost, 0, 0, 0}, "late");
    end();
}

Test(room, rooms_are_told_apart_by_their_text_and_numbered_apart_over_workers)
{
    begin();
    world.shared.workers = 3;
    world.worker.index = 2;
    struct lg_room *a = lg_room_of(&world.worker, lg_str("a"));
    struct lg_room *b = lg_room_of(&world.worker, lg_str("b"));
    cr_expect_eq(lg_room_of(&world.worker, lg_str("a")), a);
    cr_expect_neq(a, b);
    cr_expect_eq(lg_room_number(a) % 3, 2);
    cr_expect_eq(lg_room_number(b) % 3, 2);
    cr_expect_neq(lg_room_number(a), lg_room_number(b));
    end();
}
