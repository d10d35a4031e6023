#include "measure/hlog.h"

#include <time.h>

/* Whole milliseconds, rounded: floating point would show 9 digits of a wall clock wrongly. */
static void add_seconds(struct lg_buf *out, lg_ns ns)
{
    long long ms = (ns + LG_MS / 2) / LG_MS;
    lg_buf_addf(out, "%lld.%03lld", ms / 1000, ms % 1000);
}

static void add_date(struct lg_buf *out, lg_ns ns)
{
    time_t seconds = (time_t)(ns / LG_S);
    struct tm utc;
    char text[32];
    size_t n = gmtime_r(&seconds, &utc) == NULL
                   ? 0
                   : strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    lg_buf_add(out, text, n);
}

void lg_hlog_begin(struct lg_buf *out, lg_ns base)
{
    LG_ASSERT(base >= 0);
    lg_buf_adds(out, "#[Histogram log format version 1.3]\n#[StartTime: ");
    add_seconds(out, base);
    lg_buf_adds(out, " (seconds since epoch), ");
    add_date(out, base);
    lg_buf_adds(out, "]\n#[BaseTime: ");
    add_seconds(out, base);
    lg_buf_adds(out, " (seconds since epoch)]\n\"StartTimestamp\",\"Interval_Length\","
                     "\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
}

static void add_tag(struct lg_buf *out, const char *tag)
{
    if (*tag == '\0') {
        return;
    }
    lg_buf_adds(out, "Tag=");
    for (const char *p = tag; *p != '\0'; p++) {
        bool ends_tag = (unsigned char)*p <= ' ' || *p == ',' || *p == 0x7f;
        lg_buf_add(out, ends_tag ? "_" : p, 1);
    }
    lg_buf_adds(out, ",");
}

void lg_hlog_add(struct lg_buf *out, const char *tag, lg_ns start, lg_ns length, lg_ns max,
                 struct lg_slice histogram)
{
    LG_ASSERT(start >= 0 && length >= 0);
    if (histogram.n == 0) {
        return;
    }
    add_tag(out, tag);
    add_seconds(out, start);
    lg_buf_adds(out, ",");
    add_seconds(out, length);
    lg_buf_addf(out, ",%.6f,", max < 0 ? 0 : (double)max / (double)LG_MS);
    lg_buf_add(out, histogram.p, histogram.n);
    lg_buf_adds(out, "\n");
}
