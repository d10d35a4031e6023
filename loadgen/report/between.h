/* Two runs side by side, as a reader sees them. */
#ifndef LG_REPORT_BETWEEN_H
#define LG_REPORT_BETWEEN_H

#include "analysis/between.h"
#include "base/buf.h"

#define LG_REPORT_COMPARE_SCHEMA "loadgen.compare/1"

struct lg_report_between {
    const struct lg_between *between;
    const char *file_a, *file_b; /* as the user named them */
    bool forced;                 /* unlike runs are compared because the user said so */
    bool colour;                 /* text only */
};

/* Lines of at most LG_REPORT_TEXT_WIDTH columns. */
void lg_report_between_text(const struct lg_report_between *report, struct lg_buf *out);
void lg_report_between_markdown(const struct lg_report_between *report, struct lg_buf *out);
/* Schema: reports/schema/compare-1.schema.json. */
void lg_report_between_json(const struct lg_report_between *report, struct lg_buf *out);

/* A page like a run's, with the percentiles and timelines of all runs over each other.  The
 * reports, at least one, have the same run A. */
void lg_report_between_html(const struct lg_report_between *reports, size_t count,
                            struct lg_buf *out);

/* What differs between the runs, one line each: "cpu: A has X, B has Y".  For a refusal. */
void lg_report_unlike(const struct lg_between *between, struct lg_buf *out);

#endif
