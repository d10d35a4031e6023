/* The trend page of a history: what was found, put into the page's terms. */
#ifndef LG_CLI_NIGHTLY_PAGE_H
#define LG_CLI_NIGHTLY_PAGE_H

#include "cli/nightly_suite.h"
#include "report/trend.h"

/* Fills *page from the history's data and what was detected in it; of `arena` or borrowed.
 * `suite` NULL: the page shows what was there before. */
void lg_nightly_page(const struct lg_nightly_options *options, const char *history,
                     const struct lg_history_data *data, const struct lg_nightly_result *found,
                     const struct lg_nightly_suite *suite, struct lg_arena *arena,
                     struct lg_trend_page *page);

/* Series with a regression that is confirmed, not accepted and not undone. */
size_t lg_nightly_open(const struct lg_trend_page *page);

#endif
