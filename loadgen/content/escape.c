#include "content/escape.h"

/* Unreserved characters (RFC 3986 2.3). */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static bool fits_path(char c)
{
    return (unsigned char)c > 0x20 && (unsigned char)c < 0x7f && strchr("\"#<>\\^`{|}", c) == NULL;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static void add_percent(struct lg_buf *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char u = (unsigned char)c;
    char text[] = {'%', digits[u >> 4], digits[u & 15]};
    lg_buf_add(out, text, sizeof text);
}

static void add_json(struct lg_buf *out, char c)
{
    switch (c) {
    case '"':
    case '\\':
        lg_buf_add(out, "\\", 1);
        lg_buf_add(out, &c, 1);
        break;
    case '\n':
        lg_buf_adds(out, "\\n");
        break;
    case '\r':
        lg_buf_adds(out, "\\r");
        break;
    case '\t':
        lg_buf_adds(out, "\\t");
        break;
    default:
        lg_buf_addf(out, "\\u%04x", (unsigned char)c);
    }
}

static bool stays(char c, enum lg_escape escape)
{
    switch (escape) {
    case LG_ESCAPE_PATH:
        return fits_path(c);
    case LG_ESCAPE_HEADER:
        return !is_control(c);
    case LG_ESCAPE_URL:
        return is_unreserved(c);
    case LG_ESCAPE_JSON:
        return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
    default:
        return true;
    }
}

void lg_escape_add(struct lg_buf *out, struct lg_slice text, enum lg_escape escape)
{
    for (size_t i = 0; i < text.n;) {
        size_t from = i;
        while (i < text.n && stays(text.p[i], escape)) {
            i++;
        }
        lg_buf_add(out, text.p + from, i - from);
        if (i == text.n) {
            break;
        }
        if (escape == LG_ESCAPE_HEADER) {
            lg_buf_add(out, " ", 1);
        } else if (escape == LG_ESCAPE_JSON) {
            add_json(out, text.p[i]);
        } else {
            add_percent(out, text.p[i]);
        }
        i++;
    }
}
