#include "engine/room.h"
#include "support/leak_check.h"
#include "unit/engine/world.h"

#include <criterion/criterion.h>
#include <ctype.h>

TestSuite(render, .fini = fail_on_leak);

static struct world world;
static struct lg_vu vu;
static struct lg_buf values[] = {{.p = "alice", .n = 5}, {0}};

static void begin(void)
{
    world_begin(&world, LG_S);
    world.pool = (struct lg_pool){.worker = &world.worker, .users = &world.users};
    vu = (struct lg_vu){.pool = &world.pool,
                        .worker = &world.worker,
                        .values = values,
                        .index = 7,
                        .arrival = 11,
                        .message = 3};
}

static char *render(const struct lg_part *parts, size_t count, lg_ns at)
{
    struct lg_buf out = {0};
    struct lg_template t = {.parts = (struct lg_part *)parts, .part_count = count};
    lg_render(&out, &t, &vu, at);
    return lg_buf_take(&out);
}

static void expect(const struct lg_part *parts, size_t count, lg_ns at, const char *want)
{
    char *text = render(parts, count, at);
    cr_expect_str_eq(text, want);
    free(text);
}

Test(render, parts_stand_in_order)
{
    begin();
    struct lg_part parts[] = {
        {.kind = LG_PART_TEXT, .text = lg_str("<")},
        {.kind = LG_PART_VARIABLE, .variable = 0},
        {.kind = LG_PART_VARIABLE, .variable = 1}, /* this kind of user has none */
        {.kind = LG_PART_TEXT, .text = lg_str("|")},
        {.kind = LG_PART_USER_INDEX},
        {.kind = LG_PART_TEXT, .text = lg_slice(NULL, 0)},
        {.kind = LG_PART_TEXT, .text = lg_str("|")},
        {.kind = LG_PART_MESSAGE_AT},
        {.kind = LG_PART_TEXT, .text = lg_str(">")},
    };
    expect(parts, 9, BEGIN + 123456789, "<alice|7|123456789>");
    expect(parts, 0, 0, "");
    world_end(&world);
}

Test(render, a_message_id_names_trial_room_and_message)
{
    begin();
    struct lg_part id = {.kind = LG_PART_MESSAGE_ID};
    expect(&id, 1, 0, "abcde-0-3");
    world.shared.workers = 4;
    world.worker.index = 2;
    struct lg_room *room = lg_room_of(&world.worker, lg_str("x"));
    room = lg_room_of(&world.worker, lg_str("y"));
    lg_room_join(room, &vu);
    expect(&id, 1, 0, "abcde-6-3");
    lg_rooms_free(&world.worker);
    world_end(&world);
}

Test(render, integers_reach_from_end_to_end)
{
    begin();
    struct lg_part low = {.kind = LG_PART_RANDOM_INT, .low = INT64_MIN, .high = INT64_MIN};
    struct lg_part high = {.kind = LG_PART_RANDOM_INT, .low = INT64_MAX, .high = INT64_MAX};
    struct lg_part zero = {.kind = LG_PART_RANDOM_INT, .low = 0, .high = 0};
    struct lg_part both = {.kind = LG_PART_RANDOM_INT, .low = -1, .high = 1};
    expect(&low, 1, 0, "-9223372036854775808");
    expect(&high, 1, 0, "9223372036854775807");
    expect(&zero, 1, 0, "0");
    int seen[3] = {0};
    for (vu.arrival = 0; vu.arrival < 100; vu.arrival++) {
        char *text = render(&both, 1, 0);
        int v = atoi(text);
        cr_assert(v >= -1 && v <= 1);
        seen[v + 1]++;
        free(text);
    }
    cr_expect(seen[0] > 10 && seen[1] > 10 && seen[2] > 10);
    world_end(&world);
}

Test(render, a_random_integer_may_span_all_numbers)
{
    begin();
    struct lg_part any = {.kind = LG_PART_RANDOM_INT, .low = INT64_MIN, .high = INT64_MAX};
    char *a = render(&any, 1, 0);
    cr_expect_gt(strlen(a), 0);
    free(a);
    world_end(&world);
}

static char *random_text(size_t n)
{
    struct lg_part part = {.kind = LG_PART_RANDOM_TEXT, .low = (int64_t)n};
    return render(&part, 1, 0);
}

static void expect_same(const char *a, char *b, bool same, const char *why)
{
    cr_expect_eq(strcmp(a, b) == 0, same, "%s", why);
    free(b);
}

Test(render, random_text_depends_on_seed_kind_and_arrival_and_on_nothing_else)
{
    begin();
    char *text = random_text(64);
    cr_assert_eq(strlen(text), 64);
    for (const char *c = text; *c != '\0'; c++) {
        cr_assert(isalnum((unsigned char)*c));
    }
    expect_same(text, random_text(64), true, "again");
    vu.index = 8;
    expect_same(text, random_text(64), true, "another user of that arrival");
    world.worker.index = 1;
    expect_same(text, random_text(64), true, "another worker");
    vu.arrival++;
    expect_same(text, random_text(64), false, "the next arrival");
    vu.arrival--;
    world.pool.kind = 1;
    expect_same(text, random_text(64), false, "another kind of user");
    world.pool.kind = 0;
    world.program.seed++;
    expect_same(text, random_text(64), false, "another seed");
    world.program.seed--;
    vu.in_setup = true;
    expect_same(text, random_text(64), false, "the setup");
    free(text);
    world_end(&world);
}

Test(render, two_holes_of_one_text_draw_different_letters)
{
    begin();
    struct lg_part parts[] = {{.kind = LG_PART_RANDOM_TEXT, .low = 16},
                              {.kind = LG_PART_RANDOM_TEXT, .low = 16},
                              {.kind = LG_PART_RANDOM_TEXT, .low = 0}};
    char *text = render(parts, 3, 0);
    cr_assert_eq(strlen(text), 32);
    cr_expect_neq(memcmp(text, text + 16, 16), 0);
    free(text);
    world_end(&world);
}

Test(render, headers_keep_their_values_while_the_buffer_grows)
{
    begin();
    struct lg_part big = {.kind = LG_PART_RANDOM_TEXT, .low = 5000};
    struct lg_part user = {.kind = LG_PART_VARIABLE, .variable = 0};
    struct lg_header_template list[] = {
        {.name = lg_str("a"), .value = {.parts = &user, .part_count = 1}},
        {.name = lg_str("b"), .value = {.parts = &big, .part_count = 1}},
        {.name = lg_str("c"), .value = {.parts = NULL, .part_count = 0}},
        {.name = lg_str("d"), .value = {.parts = &user, .part_count = 1}},
    };
    struct lg_step step = {.headers = list, .header_count = 4};
    struct lg_header out[LG_HEADERS];
    cr_assert_eq(lg_render_headers(&world.worker.text, &step, &vu, out), 4);
    cr_expect(lg_slice_eq(out[0].value, lg_str("alice")));
    cr_expect_eq(out[1].value.n, 5000);
    cr_expect_eq(out[2].value.n, 0);
    cr_expect(lg_slice_eq(out[3].value, lg_str("alice")));
    cr_expect(lg_slice_eq(out[3].name, lg_str("d")));
    world_end(&world);
}

/* ---- journeys ---- */

static const struct lg_slice cells[] = {{"ann", 3},   {"a b", 3}, {"bob", 3},
                                        {"\"x\"", 3}, {"cy", 2},  {"\r\n", 2}};

static struct lg_data people(enum lg_data_order order, enum lg_data_per per)
{
    return (struct lg_data){.order = order,
                            .per = per,
                            .table = {.columns = 2, .cells = (struct lg_slice *)cells, .rows = 3}};
}

Test(render, a_row_is_the_arrivals_or_the_users)
{
    begin();
    struct lg_data data[] = {people(LG_DATA_CYCLE, LG_DATA_PER_ITERATION),
                             people(LG_DATA_CYCLE, LG_DATA_PER_USER),
                             people(LG_DATA_ONCE, LG_DATA_PER_ITERATION)};
    world.plan.data = data;
    world.plan.data_count = 3;
    struct lg_part parts[] = {{.kind = LG_PART_DATA, .variable = 0},
                              {.kind = LG_PART_DATA, .variable = 1},
                              {.kind = LG_PART_ITERATION}};
    expect(parts, 3, 0, "cybob11"); /* arrival 11, user 7 */
    vu.arrival = 1;
    struct lg_part once = {.kind = LG_PART_DATA, .variable = 2, .column = 1};
    once.escape = LG_ESCAPE_JSON;
    expect(&once, 1, 0, "\\\"x\\\"");
    world_end(&world);
}

Test(render, what_fills_a_hole_stays_in_its_place)
{
    begin();
    struct lg_data data = people(LG_DATA_CYCLE, LG_DATA_PER_ITERATION);
    world.plan.data = &data;
    vu.arrival = 2; /* its second column is a line end */
    struct lg_part part = {.kind = LG_PART_DATA, .column = 1};
    static const char *const shown[] = {[LG_ESCAPE_NONE] = "\r\n",
                                        [LG_ESCAPE_PATH] = "%0D%0A",
                                        [LG_ESCAPE_HEADER] = "  ",
                                        [LG_ESCAPE_URL] = "%0D%0A",
                                        [LG_ESCAPE_JSON] = "\\r\\n"};
    for (int i = LG_ESCAPE_NONE; i <= LG_ESCAPE_JSON; i++) {
        part.escape = (enum lg_escape)i;
        expect(&part, 1, 0, shown[i]);
    }
    world_end(&world);
}

Test(render, an_identifier_has_version_and_variant)
{
    begin();
    struct lg_part part = {.kind = LG_PART_RANDOM_UUID};
    for (uint64_t i = 0; i < 200; i++) {
        vu.arrival = i;
        char *text = render(&part, 1, 0);
        cr_expect_eq(strlen(text), 36);
        cr_expect(text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-');
        cr_expect(text[14] == '4' && strchr("89ab", text[19]) != NULL, "%s", text);
        free(text);
    }
    world_end(&world);
}

Test(render, each_place_of_a_walk_has_data_of_its_own)
{
    begin();
    struct lg_part part = {.kind = LG_PART_RANDOM_HEX, .low = 16};
    char *first = render(&part, 1, 0), *again = render(&part, 1, 0);
    vu.place = 1;
    char *later = render(&part, 1, 0);
    vu.branch = 1;
    char *branch = render(&part, 1, 0);
    cr_expect_str_eq(first, again);
    cr_expect_str_neq(first, later);
    cr_expect_str_neq(later, branch);
    free(first);
    free(again);
    free(later);
    free(branch);
    world_end(&world);
}

Test(render, a_choice_comes_from_the_list)
{
    begin();
    struct lg_slice choices[] = {{"red", 3}, {"", 0}, {"a b", 3}};
    struct lg_part part = {
        .kind = LG_PART_RANDOM_CHOICE, .low = 3, .choices = choices, .escape = LG_ESCAPE_PATH};
    int counts[3] = {0};
    for (uint64_t i = 0; i < 300; i++) {
        vu.arrival = i;
        char *text = render(&part, 1, 0);
        int which = strcmp(text, "red") == 0 ? 0 : strcmp(text, "") == 0 ? 1 : 2;
        cr_expect(which < 2 || strcmp(text, "a%20b") == 0, "%s", text);
        counts[which]++;
        free(text);
    }
    cr_expect(counts[0] > 60 && counts[1] > 60 && counts[2] > 60);
    world_end(&world);
}
