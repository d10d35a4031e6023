/* What the nights of a suite say together: the trend page, its data, the summary and the test cases
 * of one `loadgen nightly`.  Plain data in, bytes out; whoever fills it has judged already. */
#ifndef LG_REPORT_TREND_H
#define LG_REPORT_TREND_H

#include "base/arena.h"
#include "base/buf.h"

#define LG_TREND_SCHEMA "loadgen.nightly/1"

/* One night of the suite, oldest first in the page.  Texts are never NULL. */
struct lg_trend_night {
    const char *at;     /* ISO 8601, UTC, as the machine's clock had it */
    const char *commit; /* of the system under test; "": not known */
    const char *note;   /* interrupted, clock set back, imported ...; "": nothing to say */
};

/* A series in one night: the median over the night's trials, or the reason why there is none. */
struct lg_trend_point {
    const char *missing; /* NULL: there is a value */
    bool target_failed;  /* missing because the target did not start or died */
    double value;        /* in the series' unit, as low and high */
    double low, high;    /* least and greatest trial */
    size_t trials;
    bool outlier;       /* far from its neighbours, kept */
    const char *broken; /* what changed around the target before this night; NULL: nothing */
    const char *report; /* report.html of the run, relative to the page; "": there is none */
};

#define LG_TREND_STATE_MAP(X)                                                                      \
    X(SUSPECTED, "suspected", "too few nights since to tell")                                      \
    X(CONFIRMED_BY_NIGHTS, "confirmed_by_nights", "at least three nights since agree")             \
    X(CONFIRMED_BY_RERUN, "confirmed_by_rerun", "measured beside the last good version")           \
    X(REFUTED, "refuted", "not there beside the last good version")                                \
    X(UNCLEAR, "unclear", "the re-run could not tell")                                             \
    X(ACCEPTED, "accepted", "it is the new normal, somebody said")                                 \
    X(UNRESOLVED, "unresolved", "something around it changed before it was undone or accepted")

enum lg_trend_state {
#define X(name, text, help) LG_TREND_##name,
    LG_TREND_STATE_MAP(X)
#undef X
        LG_TREND_STATES
};
const char *lg_trend_state_name(enum lg_trend_state state); /* static, as in trend.json */

struct lg_trend_change {
    size_t night; /* the first of the new level; an index of the page's nights */
    bool regression;
    bool open; /* a regression that is confirmed, not accepted and not undone since; an UNRESOLVED
                  one only in the first night that shows it */
    enum lg_trend_state state;
    const char *undone;       /* day since which more than half of it has gone; "": it has not */
    double before, after;     /* level: median of the nights on either side */
    double ratio, low, high;  /* after / before and its 95 % interval; low, high 0: none */
    double p;                 /* of "nothing changed"; NAN: not known */
    const char *last_good;    /* commit of the last night before it; "": not known */
    const char *rerun;        /* what the re-run found, a sentence; "": there was none */
    const char *rerun_report; /* relative to the page; "": none */
};

#define LG_TREND_TONIGHT_MAP(X)                                                                    \
    X(QUIET, "quiet", "nothing changed that this history can show")                                \
    X(SUSPECTED, "suspected", "it may have got worse")                                             \
    X(REGRESSED, "regressed", "it has got worse and is not accepted")                              \
    X(IMPROVED, "improved", "it has got better in the last three nights")                          \
    X(YOUNG, "young", "too few nights to judge")                                                   \
    X(NO_DATA, "no_data", "not measured tonight")

enum lg_trend_tonight {
#define X(name, text, help) LG_TONIGHT_##name,
    LG_TREND_TONIGHT_MAP(X)
#undef X
        LG_TONIGHT_STATES
};
const char *lg_trend_tonight_name(enum lg_trend_tonight tonight); /* static, as in trend.json */
const char *lg_trend_tonight_help(enum lg_trend_tonight tonight); /* static */

struct lg_trend_series {
    const char *scenario, *target, *metric;
    const char *unit; /* of struct lg_comparison: ns, us, per_s, bytes, share */
    bool less_is_better;
    struct lg_trend_point *points;   /* one for each of the page's nights */
    struct lg_trend_change *changes; /* oldest first */
    size_t change_count;
    size_t nights;     /* with a value */
    double detectable; /* the least change, as a share of the present level, that this history would
                          show; NAN: too few nights to say */
    enum lg_trend_tonight tonight;
};

struct lg_trend_page {
    const char *command;
    const char *history; /* the file */
    const char *cpu;
    unsigned cores;
    struct lg_trend_night *nights; /* oldest first */
    size_t night_count;
    bool measured; /* the last night is this command's own; else the page shows what was there */
    struct lg_trend_series *series; /* ordered by scenario and target */
    size_t series_count;
    const char **notes; /* left out, interrupted, not written: what a reader must know */
    size_t note_count;
};

/* Each appends.  Text from outside is made harmless in every one of them. */
void lg_trend_json(const struct lg_trend_page *page, struct lg_buf *out);     /* trend.json */
void lg_trend_html(const struct lg_trend_page *page, struct lg_buf *out);     /* trend.html */
void lg_trend_markdown(const struct lg_trend_page *page, struct lg_buf *out); /* summary.md */
void lg_trend_junit(const struct lg_trend_page *page, struct lg_buf *out);
void lg_trend_annotations(const struct lg_trend_page *page, struct lg_buf *out); /* for GitHub */
void lg_trend_text(const struct lg_trend_page *page, const char *folder, bool colour,
                   struct lg_buf *out);

#endif
