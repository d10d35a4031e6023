#include <criterion/criterion.h>

#include "base/rng.h"
#include "content/json_scan.h"
#include "support/leaks.h"
#include "support/script_peer.h"

#include <jansson.h>
#include <stdlib.h>

TestSuite(json_scan, .fini = no_leaks);

/* ---- tables ---- */

struct row {
    const char *sentence;
    const char *pointer;
    const char *text;
    const char *value; /* NULL: malformed; "": not there */
};

static const struct row rows[] = {
    {"a member", "/a", "{\"a\":1}", "1"},
    {"the whole text", "", " [1, 2] ", "[1, 2]"},
    {"a scalar as the whole text", "", "\"x\"", "\"x\""},
    {"a member of a member", "/a/b", "{\"x\":{\"b\":1},\"a\":{\"c\":2,\"b\":[3]}}", "[3]"},
    {"an element", "/1", "[10,20,30]", "20"},
    {"an element of an element", "/1/0", "[10,[\"y\"],30]", "\"y\""},
    {"an index with a leading zero is a name", "/01", "[10,20]", ""},
    {"a name of digits", "/01", "{\"01\":5}", "5"},
    {"the element after the last", "/-", "[1,2]", ""},
    {"an index above all", "/99999999999999999999", "[1]", ""},
    {"the empty name", "/", "{\"\":7}", "7"},
    {"a slash and a tilde in a name", "/a~1b~0c", "{\"a/b~c\":8}", "8"},
    {"~01 is ~1", "/~01", "{\"~1\":9,\"/\":1}", "9"},
    {"a name that is spelt with escapes", "/caf\xc3\xa9", "{\"caf\\u00e9\":1}", "1"},
    {"a name with an escaped quote", "/a\"b", "{\"a\\\"b\":1}", "1"},
    {"a name beyond the basic plane", "/\xf0\x9f\x98\x80", "{\"\\ud83d\\uDE00\":1}", "1"},
    {"a name that only begins alike", "/ab", "{\"abc\":1,\"a\":2}", ""},
    {"of a name that comes twice the first counts", "/a", "{\"a\":1,\"a\":2}", "1"},
    {"the first counts though the second would lead further", "/a/b", "{\"a\":1,\"a\":{\"b\":2}}",
     ""},
    {"blanks everywhere", "/a", " \t\r\n{ \"a\" \n:\t[ 1 , 2 ] } ", "[ 1 , 2 ]"},
    {"strings with brackets and quotes", "/b", "{\"a\":\"}]\\\"{\",\"b\":1}", "1"},
    {"what follows the value is not looked at", "/a", "{\"a\":1,,,", "1"},
    {"nor what follows a string", "/a", "{\"a\":\"x\"\xff", "\"x\""},
    {"literals", "", "null", "null"},
    {"a number with everything", "", "-0.5e+10", "-0.5e+10"},
    {"an empty object", "/a", "{}", ""},
    {"a pointer through a scalar", "/a/b", "{\"a\":5}", ""},
    {"text above ASCII", "/k", "{\"j\":\"\xe2\x82\xac\",\"k\":2}", "2"},

    {"nothing", "/a", "", NULL},
    {"only blanks", "/a", "  ", NULL},
    {"two texts", "/a", "{} {}", NULL},
    {"a comma at the end of an object", "/a", "{\"b\":1,}", NULL},
    {"a comma at the end of an array", "/a", "[1,]", NULL},
    {"a comma at the beginning", "/a", "[,1]", NULL},
    {"no colon", "/a", "{\"b\" 1}", NULL},
    {"a name that is no string", "/a", "{1:2}", NULL},
    {"an array closed as an object", "/a", "[1}", NULL},
    {"an open object", "/a", "{\"b\":1", NULL},
    {"an open string", "/a", "{\"b\":\"x", NULL},
    {"a string that ends in a backslash", "/a", "[\"x\\", NULL},
    {"a line break in a string", "/a", "[\"x\ny\"]", NULL},
    {"an unknown escape", "/a", "[\"\\x41\"]", NULL},
    {"a cut escape", "/a", "[\"\\u12\"]", NULL},
    {"half a surrogate pair", "/a", "[\"\\ud83d\"]", NULL},
    {"half a surrogate pair and something else", "/a", "[\"\\ud83d\\u0041\"]", NULL},
    {"the wrong half first", "/a", "[\"\\ude00\"]", NULL},
    {"bytes that are not UTF-8", "/a", "[\"abcdefghij\xc3(\"]", NULL},
    {"a string that ends within a character", "/a", "[\"\xe2\x82\"]", NULL},
    {"a number with a leading zero", "/a", "[01]", NULL},
    {"a number with a leading plus", "/a", "[+1]", NULL},
    {"a number that ends with a point", "/a", "[1.]", NULL},
    {"a number that begins with a point", "/a", "[.5]", NULL},
    {"a minus alone", "/a", "[-]", NULL},
    {"an exponent without digits", "/a", "[1e]", NULL},
    {"a misspelt literal", "/a", "[nul]", NULL},
    {"a literal with a tail", "/a", "[nulls]", NULL},
    {"NaN", "/a", "[NaN]", NULL},
    {"single quotes", "/a", "['a']", NULL},
    {"a comment", "/a", "[1 /* x */]", NULL},
};

static bool scan_one(struct script_peer *guard, const char *pointer, struct lg_slice text,
                     struct lg_slice *value)
{
    struct lg_slice pointers[1] = {lg_str(pointer)};
    size_t bad = 99;
    struct lg_json_query *query = lg_json_query_new(pointers, 1, &bad);
    cr_assert_not_null(query, "%s", pointer);
    bool ok = lg_json_scan(query, script_guard(guard, text), value);
    lg_json_query_free(query);
    return ok;
}

Test(json_scan, finds_or_refuses_as_every_row_says)
{
    struct script_peer guard = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_slice value;
        bool ok = scan_one(&guard, rows[i].pointer, lg_str(rows[i].text), &value);
        cr_assert_eq(ok, rows[i].value != NULL, "%s: %s", rows[i].sentence, rows[i].text);
        if (ok) {
            cr_assert(lg_slice_eq(value, lg_str(rows[i].value)), "%s: %.*s", rows[i].sentence,
                      (int)value.n, value.p);
        }
    }
    script_close(&guard);
}

Test(json_scan, a_nul_byte_is_not_the_end)
{
    struct script_peer guard = {0};
    struct lg_slice value;
    cr_assert_not(scan_one(&guard, "/a", lg_slice("{}\0", 3), &value));
    cr_assert_not(scan_one(&guard, "/a", lg_slice("{\"b\":\"\0\"}", 9), &value));
    cr_assert_not(scan_one(&guard, "/a", lg_slice("\0", 1), &value));
    cr_assert(scan_one(&guard, "/a", lg_str("{\"\\u0000\":1,\"a\":2}"), &value));
    cr_assert(lg_slice_eq(value, lg_str("2")));
    script_close(&guard);
}

Test(json_scan, goes_64_levels_deep_and_no_further)
{
    struct script_peer guard = {0};
    for (int depth = 63; depth <= 66; depth++) {
        struct lg_buf text = {0};
        for (int i = 0; i < depth; i++) {
            lg_buf_adds(&text, i % 2 ? "{\"a\":" : "[");
        }
        lg_buf_adds(&text, "1");
        for (int i = depth; i-- > 0;) {
            lg_buf_adds(&text, i % 2 ? "}" : "]");
        }
        struct lg_slice value;
        cr_assert_eq(scan_one(&guard, "/no", lg_buf_slice(&text), &value), depth <= 64, "%d",
                     depth);
        lg_buf_free(&text);
    }
    script_close(&guard);
}

Test(json_scan, refuses_pointers_that_are_not_rfc_6901)
{
    static const char *const bad[] = {"a", "/a~", "/~2", "/~/x", "a/b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct lg_slice pointers[2] = {lg_str("/ok"), lg_str(bad[i])};
        size_t which = 99;
        cr_assert_null(lg_json_query_new(pointers, 2, &which), "%s", bad[i]);
        cr_assert_eq(which, 1);
    }
}

Test(json_scan, finds_eight_pointers_in_one_pass)
{
    static const char *const names[] = {"", "/a", "/a/b", "/a/b", "/a/c/1", "/d", "/x/y", "/a/c"};
    static const char *const want[] = {NULL,   "{\"b\":1,\"c\":[2,3]}", "1", "1", "3", "null", "",
                                       "[2,3]"};
    static const char text[] = "{\"a\":{\"b\":1,\"c\":[2,3]},\"d\":null}";
    struct lg_slice pointers[8], values[8];
    for (size_t i = 0; i < 8; i++) {
        pointers[i] = lg_str(names[i]);
    }
    size_t bad;
    struct lg_json_query *query = lg_json_query_new(pointers, 8, &bad);
    cr_assert(lg_json_scan(query, lg_str(text), values));
    for (size_t i = 0; i < 8; i++) {
        cr_assert(lg_slice_eq(values[i], lg_str(want[i] ? want[i] : text)), "%s", names[i]);
    }
    lg_json_query_free(query);
    query = lg_json_query_new(NULL, 0, &bad);
    cr_assert(lg_json_scan(query, lg_str("anything"), values), "nothing is looked for or at");
    lg_json_query_free(query);
}

/* ---- values ---- */

Test(json_scan, reads_integers_exactly)
{
    static const struct {
        const char *raw;
        bool ok;
        int64_t value;
    } ints[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"42", true, 42},
        {"-7", true, -7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"\"1\"", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"01", false, 0},
        {"null", false, 0},
    };
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        int64_t value = 12345;
        cr_assert_eq(lg_json_int(lg_str(ints[i].raw), &value), ints[i].ok, "%s", ints[i].raw);
        cr_assert_eq(value, ints[i].ok ? ints[i].value : 12345, "%s", ints[i].raw);
    }
}

Test(json_scan, undoes_escapes_and_borrows_where_there_are_none)
{
    struct lg_buf scratch = {0};
    struct lg_slice raw = lg_str("\"plain\""), out;
    cr_assert(lg_json_string(raw, &scratch, &out));
    cr_assert_eq(out.p, raw.p + 1);
    cr_assert_eq(out.n, 5);
    cr_assert(lg_json_string(lg_str("\"a\\n\\u20ac\\/\\ud83d\\ude00\\u0000z\""), &scratch, &out));
    cr_assert(lg_slice_eq(out, lg_slice("a\n\xe2\x82\xac/\xf0\x9f\x98\x80\0z", 12)));
    cr_assert_not(lg_json_string(lg_str("12"), &scratch, &out));
    cr_assert_not(lg_json_string(lg_str("\"\\ud83d\""), &scratch, &out));
    cr_assert_not(lg_json_string(lg_str("\"\\q\""), &scratch, &out));
    cr_assert_not(lg_json_string(lg_str("\""), &scratch, &out));
    lg_buf_free(&scratch);
}

Test(json_scan, compares_strings_by_what_they_say_and_the_rest_by_text)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } pairs[] = {
        {"\"a\"", "\"a\"", true},
        {"\"a\"", "\"\\u0061\"", true},
        {"\"\\n\"", "\"\\u000A\"", true},
        {"\"a\"", "\"b\"", false},
        {"1", "1", true},
        {"1", "1.0", false},
        {"1", "\"1\"", false},
        {"true", "true", true},
        {"\"\\u00e9\"", "\"\xc3\xa9\"", true},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        cr_assert_eq(lg_json_equal(lg_str(pairs[i].a), lg_str(pairs[i].b)), pairs[i].equal, "%s %s",
                     pairs[i].a, pairs[i].b);
    }
}

/* ---- Jansson as the oracle ---- */

static void random_string(struct lg_rng *rng, struct lg_buf *out)
{
    static const char *const parts[] = {
        "a",        "b",    "room",           "\\n",        "\\\"", "\\u0061", "~", "/",
        "\xc3\xa9", "\\\\", "\\ud83d\\ude00", "0123456789", "{}",   "[1,2]",   " ", "\xe2\x82\xac"};
    lg_buf_adds(out, "\"");
    for (uint64_t n = lg_rng_below(rng, 4); n > 0; n--) {
        lg_buf_adds(out, parts[lg_rng_below(rng, 16)]);
    }
    lg_buf_adds(out, "\"");
}

static void random_blank(struct lg_rng *rng, struct lg_buf *out)
{
    if (lg_rng_below(rng, 10) == 0) {
        lg_buf_add(out, " \t\n\r" + lg_rng_below(rng, 4), 1);
    }
}

static void random_name(struct lg_rng *rng, struct lg_buf *out)
{
    static const char *const names[] = {"\"a\"",           "\"b\"",   "\"\\u0061\"", "\"0\"",
                                        "\"a/b\"",         "\"~\"",   "\"\"",        "\"1\"",
                                        "\"caf\xc3\xa9\"", "\"cafe\""};
    lg_buf_adds(out, names[lg_rng_below(rng, 10)]);
}

static void random_value(struct lg_rng *rng, struct lg_buf *out, int depth)
{
    static const char *const scalars[] = {"0",    "-1",    "12.5", "1e3",          "-0.25E-2",
                                          "true", "false", "null", "1763900000000"};
    uint64_t kind = lg_rng_below(rng, depth > 0 ? 6 : 3);
    random_blank(rng, out);
    if (kind == 0) {
        random_string(rng, out);
    } else if (kind < 3) {
        lg_buf_adds(out, scalars[lg_rng_below(rng, 9)]);
    } else {
        bool object = kind < 5;
        lg_buf_adds(out, object ? "{" : "[");
        for (uint64_t n = lg_rng_below(rng, 5), i = 0; i < n; i++) {
            lg_buf_adds(out, i > 0 ? "," : "");
            random_blank(rng, out);
            if (object) {
                random_name(rng, out);
                random_blank(rng, out);
                lg_buf_adds(out, ":");
            }
            random_value(rng, out, depth - 1);
        }
        lg_buf_adds(out, object ? "}" : "]");
    }
    random_blank(rng, out);
}

static void mutate(struct lg_rng *rng, struct lg_buf *text)
{
    static const char bytes[] = "{}[]\",:\\u0019-+.eE tfn\x01\x7f\x80\xc3\xe9\xff";
    for (uint64_t n = 1 + lg_rng_below(rng, 2); n > 0 && text->n > 0; n--) {
        size_t at = lg_rng_below(rng, text->n);
        if (lg_rng_below(rng, 3) == 0) {
            memmove(text->p + at, text->p + at + 1, text->n - at - 1);
            text->n--;
        } else {
            text->p[at] = bytes[lg_rng_below(rng, sizeof bytes - 1)];
        }
    }
}

static const json_t *resolve(const json_t *at, const char *const *tokens)
{
    for (; at != NULL && *tokens != NULL; tokens++) {
        if (json_is_array(at)) {
            char *end;
            unsigned long index = strtoul(*tokens, &end, 10);
            bool number = **tokens != '\0' && *end == '\0';
            at = number ? json_array_get(at, index) : NULL;
        } else {
            at = json_object_get(at, *tokens);
        }
    }
    return at;
}

static const char *const pointer_texts[] = {"",     "/a",    "/a/b", "/0",
                                            "/0/a", "/a~1b", "/~0",  "/caf\xc3\xa9/1"};
static const char *const pointer_tokens[][3] = {
    {0}, {"a"}, {"a", "b"}, {"0"}, {"0", "a"}, {"a/b"}, {"~"}, {"caf\xc3\xa9", "1"}};

/* 0: compared, 1: both refuse, 2: left out (what the two may see differently). */
static int compare(struct script_peer *guard, const struct lg_json_query *query,
                   struct lg_slice text)
{
    struct lg_slice values[8];
    json_error_t error;
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES;
    json_t *root = json_loadb(text.p, text.n, flags, &error);
    bool ok = lg_json_scan(query, script_guard(guard, text), values);
    if (root == NULL) {
        enum json_error_code code = json_error_code(&error);
        if (code == json_error_duplicate_key || code == json_error_numeric_overflow) {
            return 2;
        }
        cr_assert_not(ok, "Jansson refuses (%s): %.*s", error.text, (int)text.n, text.p);
        return 1;
    }
    cr_assert(ok, "Jansson accepts: %.*s", (int)text.n, text.p);
    for (size_t i = 0; i < 8; i++) {
        const json_t *want = resolve(root, pointer_tokens[i]);
        cr_assert_eq(want != NULL, values[i].n > 0, "%s in %.*s", pointer_texts[i], (int)text.n,
                     text.p);
        if (want != NULL) {
            json_t *have =
                json_loadb(values[i].p, values[i].n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
            cr_assert(json_equal(have, want), "%s in %.*s", pointer_texts[i], (int)text.n, text.p);
            json_decref(have);
        }
    }
    json_decref(root);
    return 0;
}

Test(json_scan, agrees_with_jansson_on_random_texts_and_their_mutations)
{
    struct script_peer guard = {0};
    struct lg_rng rng;
    lg_rng_init(&rng, 4711, 0, 0);
    struct lg_slice pointers[8];
    for (size_t i = 0; i < 8; i++) {
        pointers[i] = lg_str(pointer_texts[i]);
    }
    size_t bad;
    struct lg_json_query *query = lg_json_query_new(pointers, 8, &bad);
    unsigned kinds[3] = {0};
    for (int i = 0; i < 40000; i++) {
        struct lg_buf text = {0};
        random_value(&rng, &text, 4);
        if (i % 2 == 1) {
            mutate(&rng, &text);
        }
        kinds[compare(&guard, query, lg_buf_slice(&text))]++;
        lg_buf_free(&text);
    }
    cr_assert(kinds[0] > 10000 && kinds[1] > 5000, "%u compared, %u refused", kinds[0], kinds[1]);
    lg_json_query_free(query);
    script_close(&guard);
}

/* ---- order ---- */

Test(json_scan, numbers_and_strings_have_an_order)
{
    static const struct {
        const char *a, *b;
        int order; /* 2: none */
    } orders[] = {
        {"1", "2", -1},
        {"2", "1.5", 1},
        {"1.0", "1", 0},
        {"-1", "1", -1},
        {"1e3", "1000", 0},
        {"9007199254740993", "9007199254740992", 1},
        {"\"a\"", "\"b\"", -1},
        {"\"a\"", "\"ab\"", -1},
        {"\"\\u0061\"", "\"a\"", 0},
        {"\"2026-01-02\"", "\"2026-01-10\"", -1},
        {"\"\"", "\"\"", 0},
        {"1", "\"1\"", 2},
        {"true", "1", 2},
        {"null", "null", 2},
        {"[1]", "[2]", 2},
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        int order = 2, back = 2;
        lg_json_order(lg_str(orders[i].a), lg_str(orders[i].b), &order);
        lg_json_order(lg_str(orders[i].b), lg_str(orders[i].a), &back);
        order = order == 2 ? 2 : (order > 0) - (order < 0);
        cr_expect_eq(order, orders[i].order, "%s and %s", orders[i].a, orders[i].b);
        cr_expect(order == 2 ? back == 2 : (back > 0) - (back < 0) == -order);
    }
}
