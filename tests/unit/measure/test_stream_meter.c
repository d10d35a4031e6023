#include "measure/stream_meter.h"

#include "base/rng.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct world {
    struct lg_stream_meter m;
    uint64_t counts[LG_STREAM_COUNTS];
    struct lg_hist hists[LG_STREAM_HISTS];
};

static struct world *new_world(lg_ns expect_gap)
{
    struct world *w = lg_alloc(sizeof *w);
    w->m.expect_gap = expect_gap;
    for (int i = 0; i < LG_STREAM_HISTS; i++) {
        lg_hist_init(&w->hists[i]);
    }
    return w;
}

static void end(struct world *w)
{
    for (int i = 0; i < LG_STREAM_HISTS; i++) {
        lg_hist_fini(&w->hists[i]);
    }
    free(w);
}

static void event(struct world *w, const char *id, lg_ns at)
{
    lg_stream_event(&w->m, lg_str(id), at, w->counts, w->hists);
}

static void number(struct world *w, uint64_t id, lg_ns at)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)id);
    event(w, text, at);
}

Test(stream_meter, gaps_lie_between_events_and_the_first_has_none)
{
    struct world *w = new_world(0);
    event(w, "", 5 * LG_MS);
    event(w, "", 25 * LG_MS);
    event(w, "", 26 * LG_MS);
    cr_assert_eq(w->counts[LG_STREAM_EVENTS], 3);
    cr_assert_eq(w->hists[LG_STREAM_GAP].count, 2);
    cr_assert_eq(w->hists[LG_STREAM_GAP].min, LG_MS);
    cr_assert_eq(w->hists[LG_STREAM_GAP].max, 20 * LG_MS);
    cr_assert_eq(w->counts[LG_STREAM_STALLS], 0, "nobody said what to expect");
    cr_assert_eq(w->counts[LG_STREAM_JITTERS], 0);
    end(w);
}

Test(stream_meter, events_of_one_read_are_coalesced_and_their_gaps_are_0)
{
    struct world *w = new_world(0);
    for (int i = 0; i < 5; i++) {
        event(w, "", 5 * LG_MS);
    }
    event(w, "", 6 * LG_MS);
    cr_assert_eq(w->counts[LG_STREAM_COALESCED], 4);
    cr_assert_eq(w->hists[LG_STREAM_GAP].count, 5);
    cr_assert_eq(w->hists[LG_STREAM_GAP].min, 0);
    end(w);
}

Test(stream_meter, a_gap_above_three_times_the_expected_one_is_a_stall)
{
    struct world *w = new_world(100 * LG_MS);
    event(w, "", LG_S);
    event(w, "", LG_S + 300 * LG_MS);
    cr_assert_eq(w->counts[LG_STREAM_STALLS], 0);
    event(w, "", LG_S + 600 * LG_MS + 1);
    cr_assert_eq(w->counts[LG_STREAM_STALLS], 1);
    end(w);
}

Test(stream_meter, a_silence_that_nothing_ends_is_a_stall_too)
{
    struct world *w = new_world(100 * LG_MS);
    lg_stream_silent(&w->m, LG_S, w->counts, w->hists);
    cr_assert_eq(w->counts[LG_STREAM_STALLS], 0, "no event yet");
    event(w, "", LG_S);
    lg_stream_silent(&w->m, LG_S + 300 * LG_MS, w->counts, w->hists);
    cr_assert_eq(w->counts[LG_STREAM_STALLS], 0);
    lg_stream_silent(&w->m, 3 * LG_S, w->counts, w->hists);
    cr_assert_eq(w->counts[LG_STREAM_STALLS], 1);
    cr_assert_eq(w->hists[LG_STREAM_GAP].max, 2 * LG_S);
    end(w);
}

Test(stream_meter, jitter_is_that_of_rfc_3550)
{
    struct world *w = new_world(20 * LG_MS);
    static const lg_ns gaps[] = {20 * LG_MS, 25 * LG_MS, 15 * LG_MS, 20 * LG_MS, 60 * LG_MS};
    double jitter = 0, sum = 0;
    lg_ns at = LG_S;
    event(w, "", at);
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        at += gaps[i];
        event(w, "", at);
        jitter += (fabs((double)(gaps[i] - 20 * LG_MS)) - jitter) / 16;
        sum += jitter;
    }
    cr_assert_eq(w->counts[LG_STREAM_JITTERS], 5);
    cr_assert_float_eq((double)w->counts[LG_STREAM_JITTER_NS], sum, 20);
    end(w);
}

Test(stream_meter, the_way_back_is_no_gap)
{
    struct world *w = new_world(20 * LG_MS);
    event(w, "1", LG_S);
    lg_stream_lost(&w->m, 2 * LG_S);
    lg_stream_lost(&w->m, 3 * LG_S); /* a vain attempt in between */
    event(w, "2", 5 * LG_S);
    event(w, "3", 5 * LG_S + 20 * LG_MS);
    cr_assert_eq(w->hists[LG_STREAM_GAP].count, 1);
    cr_assert_eq(w->hists[LG_STREAM_RECONNECT].count, 1);
    cr_assert_eq(w->hists[LG_STREAM_RECONNECT].max, 3 * LG_S);
    cr_assert_eq(w->counts[LG_STREAM_SKIPPED] + w->counts[LG_STREAM_DUPLICATED], 0);
    end(w);
}

static void ids(const char *list, uint64_t skipped, uint64_t reordered, uint64_t duplicated)
{
    struct world *w = new_world(0);
    char *copy = lg_strdup(list), *rest = NULL;
    for (char *id = strtok_r(copy, " ", &rest); id != NULL; id = strtok_r(NULL, " ", &rest)) {
        event(w, strcmp(id, "-") == 0 ? "" : id, LG_S);
    }
    cr_assert_eq(w->counts[LG_STREAM_SKIPPED], skipped, "%s: skipped %llu", list,
                 (unsigned long long)w->counts[LG_STREAM_SKIPPED]);
    cr_assert_eq(w->counts[LG_STREAM_REORDERED], reordered, "%s", list);
    cr_assert_eq(w->counts[LG_STREAM_DUPLICATED], duplicated, "%s", list);
    free(copy);
    end(w);
}

Test(stream_meter, ids_are_followed_from_the_first_on)
{
    ids("1 2 3", 0, 0, 0);
    ids("1000000 1000001", 0, 0, 0);
    ids("1 2 5", 2, 0, 0);
    ids("1 2 2 3", 0, 0, 1);
    ids("1 3 2 4", 1, 1, 0);
    ids("1 3 2 2 4", 1, 1, 1);
    ids("5 3 4 6", 0, 2, 0);
    ids("1 100 99 37 36", 98, 2, 1);
    ids("1 - 2 - 3", 0, 0, 0);
    ids("a b a", 0, 0, 0);
    ids("1 x 2 1.5 -3 3", 0, 0, 0);
    ids("1 9999999999999999999 2", 0, 0, 0);
    ids("1234 01235 1236", 0, 0, 0);
    ids("12345678 12345679 12345681", 1, 0, 0);
    ids("999999999999999998 999999999999999999", 0, 0, 0);
}

/* Against sets: what is missing, doubled and late of a sequence that was shuffled within 30 places,
 * thinned out and doubled. */
Test(stream_meter, whatever_is_no_digit_makes_an_id_no_number)
{
    struct world *w = new_world(0);
    number(w, 1, LG_S);
    for (size_t at = 0; at < 9; at++) {
        for (int c = 1; c < 256; c++) {
            char id[] = "123456789";
            id[at] = (char)c;
            if (c < '0' || c > '9') {
                event(w, id, LG_S);
            }
        }
    }
    number(w, 2, LG_S);
    cr_assert_eq(w->counts[LG_STREAM_SKIPPED], 0);
    cr_assert_eq(w->counts[LG_STREAM_EVENTS], 2 + 9 * 245);
    end(w);
}

Test(stream_meter, random_ids_are_counted_as_sets_would)
{
    enum { N = 5000, BLOCK = 30 };
    struct lg_rng rng;
    uint64_t missing = 0, doubled = 0, late = 0, greatest = 0;
    static uint64_t order[2 * N];
    size_t n = 0;
    lg_rng_init(&rng, 4, 0, 0);
    order[n++] = 0;
    for (uint64_t block = 1; block + BLOCK < N; block += BLOCK) {
        size_t from = n;
        for (uint64_t id = block; id < block + BLOCK; id++) {
            bool gone = id > 1 && lg_rng_below(&rng, 10) == 0 && id != block + BLOCK - 1;
            missing += gone;
            order[n] = id;
            n += !gone;
        }
        for (size_t i = n - 1; i > from; i--) { /* Fisher-Yates within the block */
            size_t k = from + lg_rng_below(&rng, i - from + 1);
            uint64_t x = order[i];
            order[i] = order[k];
            order[k] = x;
        }
    }
    struct world *w = new_world(0);
    for (size_t i = 0; i < n; i++) {
        late += order[i] < greatest;
        greatest = order[i] > greatest ? order[i] : greatest;
        number(w, order[i], LG_S);
        if (lg_rng_below(&rng, 20) == 0) {
            doubled++;
            number(w, order[i], LG_S);
        }
    }
    cr_assert_eq(w->counts[LG_STREAM_SKIPPED] - w->counts[LG_STREAM_REORDERED], missing);
    cr_assert_eq(w->counts[LG_STREAM_REORDERED], late);
    cr_assert_eq(w->counts[LG_STREAM_DUPLICATED], doubled);
    end(w);
}

Test(stream_meter, a_download_has_a_rate_and_a_longest_pause)
{
    struct world *w = new_world(0);
    lg_stream_download(3000000, 2 * LG_S, 70 * LG_MS, w->hists);
    lg_stream_download(0, LG_MS, 0, w->hists);
    cr_assert_eq(w->hists[LG_STREAM_THROUGHPUT].count, 2);
    cr_assert_eq(w->hists[LG_STREAM_THROUGHPUT].max, 1500000);
    cr_assert_eq(w->hists[LG_STREAM_THROUGHPUT].min, 0);
    cr_assert_eq(w->hists[LG_STREAM_PAUSE].max, 70 * LG_MS);
    end(w);
}
