#include <criterion/criterion.h>

#include "proto/h2_memo.h"
#include "support/h2_peer.h"
#include "support/leaks.h"

#include <stdlib.h>

TestSuite(h2_memo, .fini = no_leaks);

static size_t shortened_by;

static void shortened(void *ctx, int32_t stream, size_t bytes)
{
    (void)ctx, (void)stream;
    shortened_by += bytes;
}

/* status 200, x-a: b (literal, not indexed), content-length: 5 */
#define HEAD                                                                                       \
    "8800"                                                                                         \
    "03782d6101"                                                                                   \
    "620f0d0135"
#define SHORT "880f0d0135"

static struct lg_buf scratch;

/* Gives the frames to the filter; true: what comes out is `want`. */
static bool filters(struct lg_h2_memo *memo, const char *lines, const char *want)
{
    struct lg_buf in = {0}, out = {0};
    h2_frames(&in, lines);
    h2_frames(&out, want);
    struct lg_slice got =
        lg_h2_memo_filter(memo, lg_buf_slice(&in), true, &scratch, shortened, NULL);
    bool same = lg_slice_eq(got, lg_buf_slice(&out));
    lg_buf_free(&in);
    lg_buf_free(&out);
    return same;
}

/* As nghttp2 does, when it accepts that head. */
static void accept_head(struct lg_h2_memo *memo, int32_t stream)
{
    lg_h2_memo_field(memo, stream, lg_str(":status"));
    lg_h2_memo_field(memo, stream, lg_str("x-a"));
    lg_h2_memo_field(memo, stream, lg_str("content-length"));
    lg_h2_memo_head(memo, stream);
}

static void learn(struct lg_h2_memo *memo)
{
    cr_assert(filters(memo, "1 4 1 " HEAD, "1 4 1 " HEAD), "nothing is known yet");
    accept_head(memo, 1);
    cr_assert_eq(memo->count, 1);
}

Test(h2_memo, a_head_that_was_accepted_is_shortened_when_it_comes_again)
{
    struct lg_h2_memo memo = {0};
    learn(&memo);
    shortened_by = 0;
    cr_expect(filters(&memo, "0 1 1 'hello\n1 4 3 " HEAD "\n0 1 3 'hello\n1 5 5 " HEAD,
                      "0 1 1 'hello\n1 4 3 " SHORT "\n0 1 3 'hello\n1 5 5 " SHORT));
    cr_expect_eq(shortened_by, 2 * 7);
    lg_buf_free(&scratch);
}

Test(h2_memo, a_head_that_nghttp2_did_not_accept_stays_unknown)
{
    struct lg_h2_memo memo = {0};
    cr_expect(filters(&memo, "1 4 1 " HEAD, "1 4 1 " HEAD));
    lg_h2_memo_field(&memo, 1, lg_str(":status"));
    lg_h2_memo_head(&memo, 1);
    cr_expect_eq(memo.count, 0, "a field was passed over");
    cr_expect(filters(&memo, "1 4 3 " HEAD, "1 4 3 " HEAD));
    cr_expect(filters(&memo, "1 4 5 " HEAD, "1 4 5 " HEAD), "no event came for stream 3");
}

Test(h2_memo, what_may_change_the_table_makes_it_forget)
{
    static const char *const changes[] = {
        "1 4 3 884003782d610162",         /* with incremental indexing */
        "1 4 3 3f0088",                   /* a new size of the table */
        "1 0 3 88\n9 4 3 0003782d610162", /* in two frames */
        "1 c 3 0088",                     /* with padding */
        "5 4 1 0000000288",               /* a push */
        "1 4 3 8000",                     /* broken */
        "1 4 3 880003",                   /* cut */
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct lg_h2_memo memo = {0};
        learn(&memo);
        cr_expect(filters(&memo, changes[i], changes[i]), "%s", changes[i]);
        cr_expect_eq(memo.count, 0, "%s", changes[i]);
    }
}

Test(h2_memo, a_change_in_the_same_input_counts_from_its_place)
{
    struct lg_h2_memo memo = {0};
    learn(&memo);
    cr_expect(filters(&memo, "1 4 3 " HEAD "\n1 4 5 884003782d610162\n1 4 7 " HEAD,
                      "1 4 3 " SHORT "\n1 4 5 884003782d610162\n1 4 7 " HEAD));
    lg_buf_free(&scratch);
}

Test(h2_memo, a_frame_that_is_cut_is_given_as_it_is)
{
    for (size_t cut = 1; cut < 9 + 12; cut++) {
        struct lg_h2_memo memo = {0};
        struct lg_buf in = {0};
        learn(&memo);
        h2_frames(&in, "1 4 3 " HEAD);
        struct lg_slice first = lg_slice(in.p, cut), rest = lg_slice(in.p + cut, in.n - cut);
        cr_expect(
            lg_slice_eq(first, lg_h2_memo_filter(&memo, first, true, &scratch, shortened, NULL)));
        cr_expect(
            lg_slice_eq(rest, lg_h2_memo_filter(&memo, rest, true, &scratch, shortened, NULL)));
        cr_expect_eq(memo.left + memo.part_n, 0);
        cr_expect_eq(memo.count, 0);
        lg_buf_free(&in);
    }
}

Test(h2_memo, heads_that_never_come_again_are_not_learned_for_ever)
{
    struct lg_h2_memo memo = {0};
    for (unsigned i = 0; i < 100; i++) {
        char *line = lg_printf("1 4 1 880003782d6101%02x0f0d0135", i);
        cr_assert(filters(&memo, line, line));
        accept_head(&memo, 1);
        free(line);
    }
    cr_expect_eq(memo.fruitless, 64);
}
