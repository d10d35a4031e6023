#include "report/intervals.h"

#include "measure/hlog.h"
#include "report/plain.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* 2026-11-20T08:00:00Z or with a fraction, which is ignored; -1: it is not a time. */
static lg_ns read_time(const char *text)
{
    struct tm utc = {0};
    if (strptime(lg_plain_text(text), "%Y-%m-%dT%H:%M:%S", &utc) == NULL) {
        return -1;
    }
    time_t seconds = timegm(&utc);
    return seconds >= 0 && seconds < INT32_MAX * 4ll ? (lg_ns)seconds * LG_S : -1;
}

/* Seconds of a stored run are not trusted. */
static lg_ns ns_of(double seconds)
{
    return seconds >= 0 && seconds < 1e8 ? (lg_ns)llround(seconds * 1e9) : 0;
}

/* One second of one trial. */
struct second {
    const struct lg_target_result *target;
    const struct lg_trial_result *trial;
    const struct lg_timeline_row *row;
    lg_ns at; /* since the base */
};

struct seconds {
    struct second *list;
    size_t count, room;
};

static int by_time(const void *left, const void *right)
{
    const struct second *a = left, *b = right;
    if (a->at != b->at) {
        return a->at < b->at ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

static void add_trial(struct seconds *s, const struct lg_target_result *target,
                      const struct lg_trial_result *trial, lg_ns base)
{
    lg_ns started = read_time(trial->started_at);
    lg_ns window = (started > base ? started - base : 0) + ns_of(trial->warmup_s);
    for (size_t i = 0; i < trial->timeline_count; i++) {
        const struct lg_timeline_row *row = &trial->timeline[i];
        if (!(row->at_s >= 0 && row->at_s < trial->duration_s)) {
            continue; /* warm-up is not measured */
        }
        if (s->count == s->room) {
            s->room = s->room > 0 ? 2 * s->room : 256;
            s->list = lg_grow(s->list, s->room, sizeof *s->list);
        }
        s->list[s->count++] = (struct second){target, trial, row, window + ns_of(row->at_s)};
    }
}

static void line(struct lg_buf *out, const struct second *s, const char *name, const char *time,
                 lg_ns max, const char *histogram)
{
    char *tag = lg_printf("%s.%s.%s", lg_plain_text(s->target->name), lg_plain_text(name), time);
    lg_hlog_add(out, tag, s->at, ns_of(s->row->length_s), max == LG_NEVER ? -1 : max,
                lg_str(lg_plain_text(histogram)));
    free(tag);
}

static void write_second(struct lg_buf *out, const struct second *s)
{
    const struct lg_timeline_row *row = s->row;
    for (size_t i = 0; i < s->trial->step_count; i++) {
        line(out, s, s->trial->steps[i].name, "response", row->steps[i].max,
             row->steps[i].histogram);
    }
    for (size_t i = 0; i < s->trial->deliveries_count; i++) {
        line(out, s, s->trial->deliveries[i].name, "delivery", row->deliveries[i].max,
             row->deliveries[i].histogram);
    }
    for (size_t i = 0; i < s->trial->stream_count; i++) {
        line(out, s, s->trial->streams[i].name, "gap", row->streams[i].max,
             row->streams[i].histogram);
    }
}

void lg_report_intervals(const struct lg_record *record, struct lg_buf *out)
{
    struct seconds seconds = {0};
    lg_ns base = read_time(record->started_at);
    base = base >= 0 ? base : 0;
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        for (size_t i = 0; i < target->trial_count; i++) {
            add_trial(&seconds, target, &target->trials[i], base);
        }
    }
    if (seconds.count > 1) {
        qsort(seconds.list, seconds.count, sizeof *seconds.list, by_time);
    }
    lg_hlog_begin(out, base);
    for (size_t i = 0; i < seconds.count; i++) {
        write_second(out, &seconds.list[i]);
    }
    free(seconds.list);
}
