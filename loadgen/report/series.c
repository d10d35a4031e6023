#include "report/series.h"

#include <math.h>

#include "report/pack.h"

/* One column after the other. */
struct pack {
    struct lg_buf bytes;
    int64_t last;
};

static void begin_column(struct pack *p)
{
    p->last = 0;
}

static void add(struct pack *p, int64_t value)
{
    int64_t delta = value - p->last;
    uint64_t zigzag = ((uint64_t)delta << 1) ^ (uint64_t)(delta >> 63);
    p->last = value;
    do {
        unsigned char byte = zigzag & 127;
        zigzag >>= 7;
        byte |= zigzag != 0 ? 128 : 0;
        lg_buf_add(&p->bytes, &byte, 1);
    } while (zigzag != 0);
}

static void end_pack(struct pack *p, struct lg_buf *out)
{
    lg_buf_adds(out, "\"");
    lg_report_pack(lg_buf_slice(&p->bytes), out);
    lg_buf_adds(out, "\"");
    lg_buf_free(&p->bytes);
}

/* What does not fit into a double is not shown either; records are not trusted. */
static int64_t scaled(double value, double unit)
{
    double x = value / unit;
    return isfinite(x) && fabs(x) < 9e15 && value >= 0 ? llround(x) : -1;
}

static int64_t signed_ms(double seconds)
{
    return isfinite(seconds) && fabs(seconds) < 9e12 ? llround(seconds * 1e3) : 0;
}

static int64_t count(uint64_t n)
{
    return n < (uint64_t)1 << 53 ? (int64_t)n : (int64_t)1 << 53;
}

static int64_t slot(lg_ns time)
{
    enum { NONE, ABOVE, FIRST };
    if (time == LG_NEVER) {
        return ABOVE;
    }
    return time < 0 ? NONE : FIRST + lg_hist_slot(time < LG_HIST_MAX ? time : LG_HIST_MAX);
}

#define COLUMN(pack, trial, value)                                                                 \
    do {                                                                                           \
        begin_column(pack);                                                                        \
        for (size_t r_ = 0; r_ < (trial)->timeline_count; r_++) {                                  \
            const struct lg_timeline_row *row = &(trial)->timeline[r_];                            \
            add(pack, value);                                                                      \
        }                                                                                          \
    } while (0)

static void add_base(const struct lg_trial_result *trial, struct lg_buf *out)
{
    struct pack p = {.last = 0};
    COLUMN(&p, trial, signed_ms(row->at_s));
    COLUMN(&p, trial, signed_ms(row->length_s));
    COLUMN(&p, trial, count(row->scheduled));
    COLUMN(&p, trial, count(row->completed));
    COLUMN(&p, trial, count(row->failed));
    COLUMN(&p, trial, count(row->in_flight));
    COLUMN(&p, trial, scaled(row->generator_cpu, 1e-4));
    COLUMN(&p, trial, scaled(row->server_cpu, 1e-4));
    COLUMN(&p, trial, scaled(row->server_rss_bytes, 1024));
    end_pack(&p, out);
}

/* A row may lack its steps or deliveries. */
static void add_step(const struct lg_trial_result *trial, size_t i, struct lg_buf *out)
{
    struct pack p = {.last = 0};
    COLUMN(&p, trial, row->steps ? count(row->steps[i].completed) : -1);
    COLUMN(&p, trial, row->steps ? count(row->steps[i].failed) : -1);
    COLUMN(&p, trial, slot(row->steps ? row->steps[i].p50 : -1));
    COLUMN(&p, trial, slot(row->steps ? row->steps[i].p99 : -1));
    end_pack(&p, out);
}

static void add_deliveries(const struct lg_trial_result *trial, size_t i, struct lg_buf *out)
{
    struct pack p = {.last = 0};
    COLUMN(&p, trial, row->deliveries ? count(row->deliveries[i].received) : -1);
    COLUMN(&p, trial, slot(row->deliveries ? row->deliveries[i].p50 : -1));
    COLUMN(&p, trial, slot(row->deliveries ? row->deliveries[i].p99 : -1));
    end_pack(&p, out);
}

static void add_stream(const struct lg_trial_result *trial, size_t i, struct lg_buf *out)
{
    struct pack p = {.last = 0};
    COLUMN(&p, trial, row->streams ? count(row->streams[i].events) : -1);
    COLUMN(&p, trial, row->streams ? count(row->streams[i].bytes) : -1);
    COLUMN(&p, trial, slot(row->streams ? row->streams[i].p50 : -1));
    COLUMN(&p, trial, slot(row->streams ? row->streams[i].p99 : -1));
    end_pack(&p, out);
}

static void add_trial(const struct lg_trial_result *trial, struct lg_buf *out)
{
    lg_buf_addf(out, "{\"rows\":%zu,\"base\":", trial->timeline_count);
    add_base(trial, out);
    lg_buf_adds(out, ",\"steps\":[");
    for (size_t i = 0; i < trial->step_count; i++) {
        lg_buf_adds(out, i > 0 ? "," : "");
        add_step(trial, i, out);
    }
    lg_buf_adds(out, "],\"deliveries\":[");
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        lg_buf_adds(out, i > 0 ? "," : "");
        add_deliveries(trial, i, out);
    }
    lg_buf_adds(out, "],\"streams\":[");
    for (size_t i = 0; i < trial->stream_count; i++) {
        lg_buf_adds(out, i > 0 ? "," : "");
        add_stream(trial, i, out);
    }
    lg_buf_adds(out, "]}");
}

void lg_report_series(const struct lg_record *record, struct lg_buf *out)
{
    lg_buf_adds(out, "[");
    for (size_t t = 0; t < record->target_count; t++) {
        lg_buf_adds(out, t > 0 ? ",[" : "[");
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            lg_buf_adds(out, i > 0 ? "," : "");
            add_trial(&record->targets[t].trials[i], out);
        }
        lg_buf_adds(out, "]");
    }
    lg_buf_adds(out, "]");
}
