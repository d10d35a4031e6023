/* What the sheet says of streams: events and downloads. */
#include "report/plain.h"
#include "report/sheet_build.h"

static const struct lg_stream_result *stream_of(const struct lg_trial_result *t, const char *name)
{
    for (size_t i = 0; i < t->stream_count; i++) {
        if (strcmp(lg_plain_text(t->streams[i].name), lg_plain_text(name)) == 0) {
            return &t->streams[i];
        }
    }
    return NULL;
}

static struct lg_figure first_event(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_stream_result *s = stream_of(t, name);
    return s ? lg_figure_quantile(s->first_event, q, lg_first_event_above(s), 0) : lg_figure_none;
}

static struct lg_figure gap(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_stream_result *s = stream_of(t, name);
    return s ? lg_figure_quantile(s->gap, q, s->gap ? s->gap->over : 0, 0) : lg_figure_none;
}

static struct lg_figure longest_gap(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_stream_result *s = stream_of(t, name);
    (void)q;
    return s ? lg_figure_max(s->gap, s->gap ? s->gap->over : 0, 0) : lg_figure_none;
}

static struct lg_figure reconnect(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_stream_result *s = stream_of(t, name);
    return s ? lg_figure_quantile(s->reconnect, q, s->reconnect ? s->reconnect->over : 0, 0)
             : lg_figure_none;
}

static struct lg_figure throughput(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_stream_result *s = stream_of(t, name);
    return s ? lg_figure_throughput(s, q) : lg_figure_none;
}

static struct lg_figure pause(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_stream_result *s = stream_of(t, name);
    return s ? lg_figure_quantile(s->pause, q, s->pause ? s->pause->over : 0, 0) : lg_figure_none;
}

static struct lg_figure longest_pause(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_stream_result *s = stream_of(t, name);
    (void)q;
    return s ? lg_figure_max(s->pause, s->pause ? s->pause->over : 0, 0) : lg_figure_none;
}

enum count { EVENTS, STALLS, MISSING, REORDERED, DUPLICATED, COALESCED, RECONNECTS, FAILED };

static struct lg_figure count(const struct lg_trial_result *t, const char *name, double which)
{
    const struct lg_stream_result *s = stream_of(t, name);
    if (s == NULL) {
        return lg_figure_none;
    }
    const uint64_t counts[] = {
        [EVENTS] = s->events,         [STALLS] = s->stalls,         [MISSING] = s->missing,
        [REORDERED] = s->reordered,   [DUPLICATED] = s->duplicated, [COALESCED] = s->coalesced,
        [RECONNECTS] = s->reconnects, [FAILED] = s->failed};
    return lg_figure((double)counts[(int)which]);
}

enum number { EVENT_RATE, GAP_SD, JITTER, BYTE_RATE };

static struct lg_figure number(const struct lg_trial_result *t, const char *name, double which)
{
    const struct lg_stream_result *s = stream_of(t, name);
    if (s == NULL) {
        return lg_figure_none;
    }
    switch ((enum number)which) {
    case EVENT_RATE:
        return lg_figure(s->events_per_s);
    case GAP_SD:
        return lg_figure_known(s->gap_sd_ns);
    case JITTER:
        return lg_figure_known(s->jitter_ns);
    case BYTE_RATE:
        break;
    }
    return t->duration_s > 0 ? lg_figure((double)s->bytes / t->duration_s) : lg_figure_none;
}

struct row {
    const char *label;
    enum lg_sheet_unit unit;
    lg_sheet_metric *metric;
    double q;
    bool total, bad, brief;
};

static void rows(struct lg_sheet_builder *b, const char *name, const struct row *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        b->brief = list[i].brief;
        lg_sheet_row(b, &(struct lg_sheet_row_spec){.label = list[i].label,
                                                    .unit = list[i].unit,
                                                    .metric = list[i].metric,
                                                    .name = name,
                                                    .q = list[i].q,
                                                    .total = list[i].total,
                                                    .bad = list[i].bad});
    }
}

static void events_group(struct lg_sheet_builder *b, const struct lg_stream_result *s)
{
    static const struct row list[] = {
        {"events", LG_SHEET_PER_S, number, EVENT_RATE, false, false, true},
        {"first event, p50", LG_SHEET_NS, first_event, 0.5, false, false, false},
        {"first event, p99", LG_SHEET_NS, first_event, 0.99, false, false, true},
        {"gap, p50", LG_SHEET_NS, gap, 0.5, false, false, true},
        {"gap, p99", LG_SHEET_NS, gap, 0.99, false, false, true},
        {"gap, p99.9", LG_SHEET_NS, gap, 0.999, false, false, false},
        {"longest gap", LG_SHEET_NS, longest_gap, 0, false, false, false},
        {"gap, deviation", LG_SHEET_NS, number, GAP_SD, false, false, false},
        {"jitter, RFC 3550", LG_SHEET_NS, number, JITTER, false, false, false},
        {"stalls", LG_SHEET_COUNT, count, STALLS, true, true, false},
        {"missing", LG_SHEET_COUNT, count, MISSING, true, true, false},
        {"duplicated", LG_SHEET_COUNT, count, DUPLICATED, true, true, false},
        {"reordered", LG_SHEET_COUNT, count, REORDERED, true, true, false},
        {"read together", LG_SHEET_COUNT, count, COALESCED, true, false, false},
        {"reconnections", LG_SHEET_COUNT, count, RECONNECTS, true, true, false},
        {"reconnection, p50", LG_SHEET_NS, reconnect, 0.5, false, false, false},
    };
    const char *note =
        s->expected_gap_ns > 0
            ? lg_arena_printf(b->arena, "%s expected; a stall is above three times that",
                              lg_sheet_show(b->arena, LG_SHEET_NS, s->expected_gap_ns))
            : "gaps between events of one connection";
    lg_sheet_group(b, lg_arena_printf(b->arena, "%s: events", lg_plain_text(s->name)), note);
    b->group->brief = lg_plain_text(s->name);
    rows(b, s->name, list, sizeof list / sizeof *list);
    lg_sheet_group_end(b);
}

static void download_group(struct lg_sheet_builder *b, const struct lg_stream_result *s)
{
    static const struct row list[] = {
        {"all together", LG_SHEET_BYTES, number, BYTE_RATE, false, false, true},
        {"each, p50", LG_SHEET_BYTES, throughput, 0.5, false, false, true},
        {"each, p5", LG_SHEET_BYTES, throughput, 0.05, false, false, false},
        {"longest pause, p99", LG_SHEET_NS, pause, 0.99, false, false, false},
        {"longest pause, max", LG_SHEET_NS, longest_pause, 0, false, false, true},
        {"failed", LG_SHEET_COUNT, count, FAILED, true, true, false},
    };
    lg_sheet_group(b, lg_arena_printf(b->arena, "%s: throughput", lg_plain_text(s->name)),
                   "bytes a second of a download, from send to end");
    b->group->brief = lg_plain_text(s->name);
    rows(b, s->name, list, sizeof list / sizeof *list);
    lg_sheet_group_end(b);
}

void lg_sheet_streams(struct lg_sheet_builder *b, const struct lg_trial_result *model)
{
    for (size_t i = 0; i < model->stream_count; i++) {
        const struct lg_stream_result *s = &model->streams[i];
        if (strcmp(lg_plain_text(s->kind), "download") == 0) {
            download_group(b, s);
        } else {
            events_group(b, s);
        }
    }
}
