#include "content/table.h"
#include "support/leaks.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(table, .fini = no_leaks);

/* Names, then rows; cells between bars. */
static char *show(const struct lg_table *t)
{
    struct lg_buf out = {0};
    for (size_t i = 0; i < t->columns; i++) {
        lg_buf_addf(&out, "|%.*s", (int)t->names[i].n, t->names[i].p);
    }
    for (size_t row = 0; row < t->rows; row++) {
        lg_buf_adds(&out, "\n");
        for (size_t i = 0; i < t->columns; i++) {
            struct lg_slice cell = lg_table_cell(t, row, i);
            lg_buf_addf(&out, "|%.*s", (int)cell.n, cell.n > 0 ? cell.p : "");
        }
    }
    return lg_buf_take(&out);
}

Test(table, tables_are_read)
{
    static const char *const rows[][3] = {
        {"a row", "a,b\n1,2\n", "|a|b\n|1|2"},
        {"no line end at the end", "a,b\n1,2", "|a|b\n|1|2"},
        {"lines end with CRLF", "a,b\r\n1,2\r\n3,4\r\n", "|a|b\n|1|2\n|3|4"},
        {"a CR at the very end", "a\n1\r", "|a\n|1"},
        {"empty fields", "a,b,c\n,,\n1,,3\n", "|a|b|c\n|||\n|1||3"},
        {"a quoted comma", "a,b\n\"x,y\",2\n", "|a|b\n|x,y|2"},
        {"a quoted line end", "a,b\n\"x\ny\",2\n", "|a|b\n|x\ny|2"},
        {"a quoted quote", "a\n\"say \"\"hi\"\"\"\n", "|a\n|say \"hi\""},
        {"only quotes", "a\n\"\"\"\"\n", "|a\n|\""},
        {"a quoted empty field is a row", "a\n\"\"\n", "|a\n|"},
        {"blanks count", "a , b\n 1, 2 \n", "|a | b\n| 1| 2 "},
        {"empty lines do not", "\n\na\n\n1\n\n\n2\n\n", "|a\n|1\n|2"},
        {"a byte order mark does not", "\xef\xbb\xbfname\nx\n", "|name\n|x"},
        {"names only", "a,b", "|a|b"},
        {"a CR within a field", "a\nx\ry\n", "|a\n|x\ry"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_arena *arena = lg_arena_new();
        struct lg_table table;
        size_t line, column;
        const char *why = lg_table_read(lg_str(rows[i][1]), arena, &table, &line, &column);
        cr_assert_null(why, "%s: %s", rows[i][0], why);
        char *text = show(&table);
        cr_expect_str_eq(text, rows[i][2], "%s", rows[i][0]);
        free(text);
        lg_arena_free(arena);
    }
}

Test(table, mistakes_are_told_with_their_place)
{
    static const struct {
        const char *text, *why;
        size_t line, column;
    } rows[] = {
        {"", "the line with the names of the columns is missing", 1, 1},
        {"\r\n\n", "the line with the names of the columns is missing", 3, 1},
        {"a,b\n1\n", "fewer fields than the header line has", 2, 2},
        {"a,b\n1,2\n1,2,3\n", "more fields than the header line has", 3, 6},
        {"a\n\"x\ny", "a quote that is never closed", 2, 1},
        {"a\nx\"y\n", "a quote within a field that does not begin with one", 2, 2},
        {"a,b\n\"p\nq\",\"x\"y\n", "text behind a closing quote", 3, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_arena *arena = lg_arena_new();
        struct lg_table table;
        size_t line = 0, column = 0;
        const char *why = lg_table_read(lg_str(rows[i].text), arena, &table, &line, &column);
        cr_expect_str_eq(why != NULL ? why : "", rows[i].why);
        cr_expect(line == rows[i].line && column == rows[i].column, "%s: %zu:%zu", rows[i].text,
                  line, column);
        lg_arena_free(arena);
    }
}

/* As many lines times as many columns as would need terabytes, were the table as large as both. */
Test(table, the_table_is_no_larger_than_its_text)
{
    struct lg_buf text = {0};
    for (int i = 0; i < LG_TABLE_COLUMNS - 1; i++) {
        lg_buf_adds(&text, "c,");
    }
    lg_buf_adds(&text, "c");
    for (int i = 0; i < 1 << 22; i++) {
        lg_buf_add(&text, "\n", 1);
    }
    struct lg_arena *arena = lg_arena_new();
    struct lg_table table;
    size_t line, column;
    cr_expect_null(lg_table_read(lg_buf_slice(&text), arena, &table, &line, &column));
    cr_expect_eq(table.rows, 0);
    lg_arena_free(arena);
    lg_buf_free(&text);
}
