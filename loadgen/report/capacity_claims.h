/* The claims that capacities were to judge, as lines of each page of `loadgen capacity`. */
#ifndef LG_REPORT_CAPACITY_CLAIMS_H
#define LG_REPORT_CAPACITY_CLAIMS_H

#include "report/capacity.h"

#include <jansson.h>

/* Nothing where the page has none. */
void lg_capacity_claims_text(const struct lg_capacity_page *page, struct lg_buf *out);
void lg_capacity_claims_markdown(const struct lg_capacity_page *page, struct lg_buf *out);
json_t *lg_capacity_claims_json(const struct lg_capacity_page *page); /* a new reference */

#endif
