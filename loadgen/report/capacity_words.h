/* What is known of a capacity, in sentences: all formats say it in the same words.  All append; a
 * sentence about what was not measured is none. */
#ifndef LG_REPORT_CAPACITY_WORDS_H
#define LG_REPORT_CAPACITY_WORDS_H

#include "analysis/capacity.h"
#include "report/capacity.h"

/* All targets in one sentence, intervals first, and how two of them compare. */
void lg_capacity_headline(const struct lg_capacity_page *page, struct lg_buf *out);
/* CPU per iteration, the cores in use, and which resource is used up, if one is. */
void lg_capacity_resource(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                          struct lg_buf *out);
/* The scalability law with its intervals, and its peak where one may be claimed. */
void lg_capacity_law(const struct lg_capacity_result *r, struct lg_buf *out);
/* That other programs took more than a tenth of the machine at the greatest rate that held. */
void lg_capacity_company(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                         struct lg_buf *out);
/* Overloads from which the target took long to come back. */
void lg_capacity_recovery(const struct lg_capacity_result *r, struct lg_buf *out);
/* What is carried in an overload, of what is carried within the objectives, and how soon these are
 * met again; or why there is no such figure.  Nothing where no overload was asked for. */
void lg_capacity_overload_words(const struct lg_capacity_page *page,
                                const struct lg_capacity_result *r, struct lg_buf *out);
/* The objectives after an overload: "at once", "in 4 s", "not within 27 s"; nothing: not told. */
void lg_capacity_recovers(const struct lg_overload_sum *sum, struct lg_buf *out);
/* The knees besides the objectives' own, each by the name of its method. */
void lg_capacity_knees(const struct lg_capacity_result *r, struct lg_buf *out);
/* Trials that say nothing of the target. */
size_t lg_capacity_not_counted(const struct lg_capacity_result *r);

/* For how many instances: the low end, the middle and the high end of what is known. */
struct lg_capacity_size {
    const char *end; /* static: "low end" ... */
    double capacity; /* arrivals per second of one instance */
};
/* Fills rows; how many there are: none without a low end or a single
 * answer, one without a high end. */
size_t lg_capacity_sizes(const struct lg_capacity_result *r, struct lg_capacity_size rows[3]);
/* What the sizing assumes. */
void lg_capacity_sizing_intro(const struct lg_capacity_page *page, struct lg_buf *out);

#endif
