/* What a capacity search found, as text, Markdown, HTML or JSON, and from JSON again. */
#ifndef LG_REPORT_CAPACITY_H
#define LG_REPORT_CAPACITY_H

#include "base/arena.h"
#include "base/buf.h"

struct lg_capacity_result; /* analysis/capacity.h */
struct lg_sizing;          /* analysis/sizing.h */

struct lg_capacity_objective {
    const char *text; /* as written */
    const char *unit; /* of what was observed: ns, bytes_per_s, share, per_s or count */
    double limit;
};

struct lg_capacity_page {
    const char *scenario, *file, *command, *started_at;
    const struct lg_capacity_objective *objectives;
    size_t objective_count;
    const struct lg_capacity_result *targets;
    size_t target_count;
    double precision;               /* as in lg_search_options */
    double overload_factor;         /* of the capacity, in the trials of an overload; 0: none */
    const char *overload_how;       /* how those are made, a sentence without its stop; "" */
    const struct lg_sizing *sizing; /* NULL: no target load was given */
    const char *cpu;                /* of the machine */
    unsigned cores;
    uint64_t seed;                        /* of the intervals of the scalability law */
    const struct lg_claim_result *claims; /* measure/record.h; may be none */
    size_t claim_count;
};

/* All append.  A screen of text at 80 columns for two targets; the trials are in the others. */
void lg_report_capacity_text(const struct lg_capacity_page *page, struct lg_buf *out);
void lg_report_capacity_markdown(const struct lg_capacity_page *page, struct lg_buf *out);
/* Schema: reports/schema/capacity-1.schema.json. */
void lg_report_capacity_json(const struct lg_capacity_page *page, struct lg_buf *out);

/* The inverse: a page of the arena, with what lg_capacity_conclude finds worked out anew.  False:
 * it is no such JSON, *why (of the arena) says where. */
bool lg_report_capacity_read(struct lg_slice json, struct lg_arena *arena,
                             struct lg_capacity_page *page, const char **why);
/* capacity.html: one file that needs nothing else, like report.html. */
void lg_report_capacity_html(const struct lg_capacity_page *page, struct lg_buf *out);

/* The answer for one target in a sentence: between which rates, or what ended the search. */
void lg_report_capacity_answer(const struct lg_capacity_result *result, struct lg_buf *out);

#endif
