/* How rows of the sheet are made; only sheet.c and sheet_build.c know it. */
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
/* The row stays even when it is empty: a percentile that cannot be given is shown as such. */
void lg_sheet_row_always(struct lg_sheet_builder *b, const struct lg_sheet_row_spec *spec);
void lg_sheet_group_end(struct lg_sheet_builder *b); /* drops a group without rows */

/* By name, as targets may differ in what they got to; NULL: not there. */
const struct lg_step_result *lg_sheet_step(const struct lg_trial_result *trial, const char *name);

/* The group of a step of the model that does several steps at once; of other steps nothing. */
void lg_sheet_parallel(struct lg_sheet_builder *b, const struct lg_trial_result *model,
                       const struct lg_step_result *step);

/* The groups of the model's streams of events and downloads. */
void lg_sheet_streams(struct lg_sheet_builder *b, const struct lg_trial_result *model);

#endif
