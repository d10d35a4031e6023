/* How rows of the sheet are made; only sheet*.c know it. */
#ifndef LG_REPORT_SHEET_BUILD_H
#define LG_REPORT_SHEET_BUILD_H

#include "report/figure.h"
#include "report/sheet.h"

struct lg_sheet_builder {
    struct lg_arena *arena;
    const struct lg_record *record;
    struct lg_sheet *sheet;
    struct lg_sheet_group *group; /* the one that rows are added to */
    bool brief;                   /* rows that are added now are; false when a group begins */
};

/* A figure of one trial; `name` and `q` are what lg_sheet_row_spec holds. */
typedef struct lg_figure lg_sheet_metric(const struct lg_trial_result *trial, const char *name,
                                         double q);

struct lg_sheet_row_spec {
    const char *label;
    enum lg_sheet_unit unit;
    lg_sheet_metric *metric;
    const char *name;   /* of the step, users or deliveries */
    double q;           /* a quantile, or an index that the metric understands */
    bool total;         /* the sum over the trials instead of the median */
    bool bad;           /* a total above 0 is bad news, and brief then */
    const char *beyond; /* what became of events above all values; NULL: "failed" */
};

/* Begins a group; its brief title is the title until it is changed. */
void lg_sheet_group(struct lg_sheet_builder *b, const char *title, const char *note);
/* False: no trial of any target has the figure; the row is then left out. */
bool lg_sheet_row(struct lg_sheet_builder *b, const struct lg_sheet_row_spec *spec);
/* A row of medians; left out if nobody has the figure. */
void lg_sheet_typical(struct lg_sheet_builder *b, const char *label, enum lg_sheet_unit unit,
                      lg_sheet_metric *metric, const char *name, double q);
/* A row of counts, summed over the trials. */
void lg_sheet_total(struct lg_sheet_builder *b, const char *label, lg_sheet_metric *metric,
                    const char *name, double q, bool bad);
/* p50 to p99.9 and the maximum.  Some of the rows are brief, if rows are to be. */
void lg_sheet_percentiles(struct lg_sheet_builder *b, const char *name, lg_sheet_metric *at,
                          lg_sheet_metric *max, const char *beyond);
/* "PREFIX LABEL" where it is wanted, else the label. */
const char *lg_sheet_prefixed(struct lg_sheet_builder *b, bool wanted, const char *prefix,
                              const char *label);
void lg_sheet_group_end(struct lg_sheet_builder *b); /* drops a group without rows */

/* By name, as targets may differ in what they got to; NULL: not there. */
const struct lg_step_result *lg_sheet_step(const struct lg_trial_result *trial, const char *name);
const struct lg_users_result *lg_sheet_users(const struct lg_trial_result *trial, const char *name);

/* What is a detail elsewhere, how long a server takes to start, is then the answer. */
bool lg_sheet_is_about_starting(const struct lg_record *record);

/* The group of a step of the model that does several steps at once; of other steps nothing. */
void lg_sheet_parallel(struct lg_sheet_builder *b, const struct lg_trial_result *model,
                       const struct lg_step_result *step);

/* The groups of one [deliveries NAME]. */
void lg_sheet_deliveries(struct lg_sheet_builder *b, const struct lg_deliveries_result *d);
void lg_sheet_server(struct lg_sheet_builder *b, const struct lg_trial_result *model);
void lg_sheet_generator(struct lg_sheet_builder *b, const struct lg_trial_result *model);

/* The groups of the model's streams of events and downloads. */
void lg_sheet_streams(struct lg_sheet_builder *b, const struct lg_trial_result *model);

#endif
