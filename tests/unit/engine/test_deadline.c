#include "base/rng.h"
#include "engine/stream.h"
#include "engine/worker.h"

#include <criterion/criterion.h>
#include <signal.h>

enum { N = 50 };

static void expect_list(const struct lg_deadlines *q, const struct lg_deadline *all,
                        const bool *queued)
{
    size_t n = 0, want = 0;
    const struct lg_deadline *last = NULL;
    for (const struct lg_deadline *d = q->head; d != NULL; d = d->next, n++) {
        cr_assert_eq(d->prev, last);
        cr_assert(last == NULL || last->due <= d->due);
        cr_assert(queued[d - all]);
        last = d;
    }
    cr_assert_eq(q->tail, last);
    for (int i = 0; i < N; i++) {
        want += queued[i];
        cr_assert_eq(all[i].due != 0, queued[i]);
    }
    cr_assert_eq(n, want);
}

Test(deadline, any_order_of_adding_and_removing_keeps_the_queue_whole)
{
    struct lg_deadlines q = {.after = 5};
    struct lg_deadline all[N] = {0};
    bool queued[N] = {false};
    struct lg_rng rng;
    lg_rng_init(&rng, 3, 0, 0);
    for (lg_ns now = 1; now < 20000; now++) {
        size_t i = lg_rng_below(&rng, N);
        if (queued[i]) {
            lg_deadline_remove(&q, &all[i]);
        } else {
            lg_deadline_add(&q, &all[i], now);
            cr_assert_eq(all[i].due, now + 5);
        }
        queued[i] = !queued[i];
        expect_list(&q, all, queued);
    }
}

Test(deadline, removing_what_is_not_queued_is_fine)
{
    struct lg_deadlines q = {.after = 5};
    struct lg_deadline d = {0};
    lg_deadline_remove(&q, &d);
    lg_deadline_add(&q, &d, 1);
    lg_deadline_remove(&q, &d);
    lg_deadline_remove(&q, &d);
    cr_expect_null(q.head);
    cr_expect_null(q.tail);
}

Test(deadline, adding_twice_is_our_own_fault, .signal = SIGABRT)
{
    struct lg_deadlines q = {.after = 5};
    struct lg_deadline d = {0};
    lg_deadline_add(&q, &d, 1);
    lg_deadline_add(&q, &d, 1);
}

Test(deadline, inserted_in_any_order_the_queue_ascends)
{
    struct lg_deadlines q = {0};
    struct lg_deadline all[N] = {0};
    bool queued[N] = {false};
    struct lg_rng rng;
    lg_rng_init(&rng, 4, 0, 0);
    for (int round = 0; round < 20000; round++) {
        size_t i = lg_rng_below(&rng, N);
        if (queued[i]) {
            lg_deadline_remove(&q, &all[i]);
        } else {
            lg_deadline_insert(&q, &all[i], lg_rng_between(&rng, 1, 1000));
        }
        queued[i] = !queued[i];
        expect_list(&q, all, queued);
    }
}

Test(throttle, a_reader_gets_its_rate_and_never_more_than_a_bucket_at_once)
{
    struct lg_throttle t = {.bytes_per_s = 100000};
    lg_ns now = LG_S;
    uint64_t read = 0;
    t.at = now;
    while (now < 11 * LG_S) {
        size_t room = lg_throttle_room(&t, now);
        cr_assert_leq(room, 5000, "50 ms of it");
        lg_throttle_took(&t, room);
        read += room;
        now = lg_throttle_wait(&t, now);
    }
    cr_assert(read > 980000 && read <= 1000000, "%llu", (unsigned long long)read);
}

/* Of a bucket larger than a read some is left, and each turn of the loop adds a little. */
Test(throttle, what_is_left_after_a_read_is_not_picked_up_byte_by_byte)
{
    struct lg_throttle t = {.bytes_per_s = 2e6, .at = 0};
    unsigned reads = 0;
    for (lg_ns now = LG_S; now < 2 * LG_S; reads++) {
        size_t room = lg_throttle_room(&t, now);
        lg_throttle_took(&t, room < 65536 ? room : 65536);
        now = lg_throttle_low(&t) ? lg_throttle_wait(&t, now) : now + 10 * LG_US;
    }
    cr_assert_leq(reads, 2000000 / 32768, "%u reads in a second", reads);
    cr_assert_geq(reads, 2000000 / 65536, "%u reads in a second", reads);
}

Test(throttle, a_very_slow_reader_still_gets_a_byte)
{
    struct lg_throttle t = {.bytes_per_s = 1, .at = LG_S};
    cr_assert_eq(lg_throttle_room(&t, LG_S), 0);
    cr_assert_leq(lg_throttle_wait(&t, LG_S), 2 * LG_S + 2);
    cr_assert_eq(lg_throttle_room(&t, 2 * LG_S + 2), 1);
}
