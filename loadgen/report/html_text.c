#include "report/html_text.h"

#include "report/plain.h"

#include <stdio.h>

void lg_html_text(struct lg_buf *out, const char *raw)
{
    for (raw = lg_plain_text(raw); *raw; raw++) {
        switch (*raw) {
        case '<':
            lg_buf_adds(out, "&lt;");
            break;
        case '>':
            lg_buf_adds(out, "&gt;");
            break;
        case '&':
            lg_buf_adds(out, "&amp;");
            break;
        case '"':
            lg_buf_adds(out, "&quot;");
            break;
        case '\'':
            lg_buf_adds(out, "&#39;");
            break;
        default:
            lg_buf_add(out, raw, 1);
        }
    }
}

void lg_html_element(struct lg_buf *out, const char *open, const char *raw, const char *close)
{
    lg_buf_adds(out, open);
    lg_html_text(out, raw);
    lg_buf_adds(out, close);
}

void lg_html_when(struct lg_buf *out, const char *raw)
{
    const char *at = lg_plain_text(raw);
    bool iso = strlen(at) >= 20 && at[10] == 'T' && at[strlen(at) - 1] == 'Z';
    char shown[32] = "";
    if (iso) {
        snprintf(shown, sizeof shown, "%.10s %.8s UTC", at, at + 11);
    }
    lg_html_element(out, "<span><time>", iso ? shown : at, "</time></span>");
}

/* In JSON "<" occurs in strings only; without it neither "</script" nor "<!--" can occur. */
void lg_html_json(struct lg_slice json, struct lg_buf *out)
{
    size_t from = 0;
    for (size_t i = 0; i < json.n; i++) {
        if (json.p[i] == '<') {
            lg_buf_add(out, json.p + from, i - from);
            lg_buf_adds(out, "\\u003c");
            from = i + 1;
        }
    }
    lg_buf_add(out, json.p + from, json.n - from);
}
