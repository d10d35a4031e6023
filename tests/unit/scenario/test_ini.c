#include "scenario/ini.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct world {
    const char *text;
    size_t n;
};

static const char *read_file(void *ctx, const char *path, struct lg_arena *arena,
                             struct lg_slice *text, const char **identity)
{
    const struct world *world = ctx;
    if (strcmp(path, "a/part.ini") == 0) {
        *text = lg_str("; not the question\n[inner]\nk = v");
    } else if (strcmp(path, "a/main.ini") == 0) {
        *text = lg_slice(lg_arena_strndup(arena, world->text, world->n), world->n);
    } else {
        return "is not there";
    }
    *identity = path;
    return NULL;
}

static const char *env_of(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "LONG") == 0 ? "twelve chars" : strcmp(name, "E") == 0 ? "" : NULL;
}

struct result {
    struct lg_arena *arena;
    struct lg_problems problems;
    struct lg_ini ini;
};

static struct result read_bytes(const char *text, size_t n)
{
    struct world world = {text, n};
    struct lg_io io = {.ctx = &world, .read = read_file, .env = env_of};
    struct result r = {.arena = lg_arena_new()};
    lg_problems_init(&r.problems);
    cr_assert(lg_ini_read(&r.ini, "a/main.ini", &io, r.arena, &r.problems));
    return r;
}

static struct result read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void done(struct result *r)
{
    lg_problems_fini(&r->problems);
    lg_arena_free(r->arena);
}

struct value {
    const char *line, *key, *value;
};

Test(ini, values_are_taken_whole)
{
    static const struct value rows[] = {
        {"a=b", "a", "b"},
        {"  a \t=\t b c  ", "a", "b c"},
        {"a = b ; c # d", "a", "b ; c # d"},
        {"a = \"q\" = [x]", "a", "\"q\" = [x]"},
        {"a =", "a", ""},
        {"a b = c", "a b", "c"},
        {"a = ${lower} ${x.y z} $ ${ }", "a", "${lower} ${x.y z} $ ${ }"},
        {"a = <${LONG}>", "a", "<twelve chars>"},
        {"a = ${E:-empty}${E}${NO:-}${NO:-d e}", "a", "emptyd e"},
        {"a = $${LONG} ${PORT}", "a", "$${LONG} ${PORT}"},
        {"a = ${LONG", "a", "${LONG"},
        {"a = caf\xc3\xa9 \xf0\x9f\x98\x80", "a", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = lg_printf("[s]\n%s\n", rows[i].line);
        struct result r = read_text(text);
        cr_assert_eq(r.problems.count, 0u, "%s", rows[i].line);
        cr_assert_str_eq(r.ini.sections[0].entries[0].key.p, rows[i].key);
        cr_assert_str_eq(r.ini.sections[0].entries[0].value.p, rows[i].value);
        done(&r);
        free(text);
    }
}

Test(ini, the_place_of_a_part_counts_characters_and_sees_through_the_environment)
{
    struct result r = read_text("\n[s  name ]\n  k\xc3\xa9y = \xc3\xa9${LONG}x${E}yz\n");
    const struct lg_ini_section *s = &r.ini.sections[0];
    cr_assert(s->place.line == 2 && s->place.column == 1 && s->name_place.column == 5);
    const struct lg_ini_entry *e = &s->entries[0];
    cr_assert(e->place.line == 3 && e->place.column == 3 && e->value_place.column == 9);
    static const unsigned columns[][2] = {{0, 9}, {2, 10}, {7, 10}, {14, 17}, {15, 22}, {16, 23}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        cr_assert_eq(lg_ini_place(e, columns[i][0]).column, columns[i][1], "offset %u: %u",
                     columns[i][0], lg_ini_place(e, columns[i][0]).column);
    }
    done(&r);
}

Test(ini, an_include_stands_where_it_is_and_leaves_the_section_as_it_was)
{
    struct result r = read_text("; asked\n[outer]\na = 1\ninclude = part.ini\nb = 2\n");
    cr_assert_eq(r.problems.count, 0u);
    cr_assert(r.ini.count == 2 && r.ini.sections[0].count == 2 && r.ini.sections[1].count == 1);
    cr_assert_str_eq(r.ini.sections[0].entries[1].key.p, "b");
    cr_assert_str_eq(r.ini.sections[1].entries[0].place.file, "a/part.ini");
    cr_assert_str_eq(r.ini.opening, "asked");
    cr_assert_str_eq(r.ini.source.p, "; asked\n[outer]\na = 1\ninclude = part.ini\n"
                                     "; included from here: part.ini\n; not the question\n[inner]\n"
                                     "k = v\n; end of part.ini\nb = 2\n");
    done(&r);
}

Test(ini, the_source_knows_where_each_value_stands)
{
    struct result r = read_text("[s]\r\na =  b c  \r\ninclude = part.ini\r\nd=e");
    for (size_t i = 0; i < r.ini.count; i++) {
        for (size_t j = 0; j < r.ini.sections[i].count; j++) {
            const struct lg_ini_entry *e = &r.ini.sections[i].entries[j];
            struct lg_slice there = lg_slice(r.ini.source.p + e->source_from, e->source_n);
            cr_assert(lg_slice_eq(there, e->value), "%s", e->key.p);
        }
    }
    done(&r);
}

/* Every byte in every place of a small text, and every prefix: no crash, and nothing that is not
 * UTF-8 gets through. */
Test(ini, any_byte_anywhere_is_survived)
{
    static const char text[] = "; c\n[s n]\na = ${LONG} x\ninclude = part.ini\nb=$${\n";
    char copy[sizeof text];
    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(copy, text, sizeof text);
            copy[at] = (char)byte;
            struct result r = read_bytes(copy, sizeof text - 1);
            bool control = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
            cr_assert(!(control || byte >= 0x7f) || r.problems.count > 0, "%02x at %zu", byte, at);
            done(&r);
        }
        struct result r = read_bytes(text, at);
        done(&r);
    }
}

Test(ini, a_line_of_any_length_is_read)
{
    enum { N = 1 << 20 };
    char *text = lg_alloc(N + 16);
    memcpy(text, "[s]\nk=", 6);
    memset(text + 6, 'v', N);
    struct result r = read_bytes(text, N + 6);
    cr_assert_eq(r.ini.sections[0].entries[0].value.n, (size_t)N);
    done(&r);
    free(text);
}

Test(ini, a_scenario_includes_a_limited_number_of_files)
{
    struct lg_buf text = {0};
    for (int i = 0; i < LG_INI_FILES + 10; i++) {
        lg_buf_adds(&text, "include = part.ini\n");
    }
    struct result r = read_bytes(text.p, text.n);
    cr_assert_eq(r.problems.count, 1u);
    cr_assert_eq(r.ini.count, (size_t)LG_INI_FILES);
    lg_buf_free(&text);
    done(&r);
}
