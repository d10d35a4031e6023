#include "content/escape.h"
#include "support/leaks.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

TestSuite(escape, .fini = no_leaks);

Test(escape, a_text_stays_what_it_stands_for)
{
    static const struct {
        enum lg_escape escape;
        const char *text, *becomes;
    } rows[] = {
        {LG_ESCAPE_NONE, "a b\r\n\"", "a b\r\n\""},
        {LG_ESCAPE_PATH, "/a/b?c=d&e=%20;f,g", "/a/b?c=d&e=%20;f,g"},
        {LG_ESCAPE_PATH, "a b\r\nX: y\x7f", "a%20b%0D%0AX:%20y%7F"},
        {LG_ESCAPE_PATH, "caf\xc3\xa9#x", "caf%C3%A9%23x"},
        {LG_ESCAPE_HEADER, "Bearer x\r\nX: y\tz", "Bearer x  X: y z"},
        {LG_ESCAPE_HEADER, "caf\xc3\xa9", "caf\xc3\xa9"},
        {LG_ESCAPE_URL, "a-b.c_d~e 1+1=2&/%", "a-b.c_d~e%201%2B1%3D2%26%2F%25"},
        {LG_ESCAPE_JSON, "say \"hi\"\\\n\r\t\x01/", "say \\\"hi\\\"\\\\\\n\\r\\t\\u0001/"},
        {LG_ESCAPE_JSON, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_buf out = {0};
        lg_escape_add(&out, lg_str(rows[i].text), rows[i].escape);
        cr_expect(lg_slice_eq(lg_buf_slice(&out), lg_str(rows[i].becomes)), "%s: %.*s",
                  rows[i].text, (int)out.n, out.p);
        lg_buf_free(&out);
    }
}

Test(escape, json_reads_back_as_it_was)
{
    char text[256];
    for (int i = 0; i < 127; i++) {
        text[i] = (char)(i + 1);
    }
    struct lg_buf out = {0};
    lg_buf_adds(&out, "\"");
    lg_escape_add(&out, lg_slice(text, 127), LG_ESCAPE_JSON);
    lg_buf_adds(&out, "\"");
    json_t *value = json_loadb(out.p, out.n, JSON_DECODE_ANY, NULL);
    cr_assert_not_null(value);
    cr_expect(lg_slice_eq(lg_slice(json_string_value(value), json_string_length(value)),
                          lg_slice(text, 127)));
    json_decref(value);
    lg_buf_free(&out);
}
