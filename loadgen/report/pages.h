/* The pages with places to fill, made by the build from reports/template/. */
#ifndef LG_REPORT_PAGES_H
#define LG_REPORT_PAGES_H

#include <stddef.h>

extern const unsigned char lg_report_page[]; /* of a run */
extern const size_t lg_report_page_bytes;
extern const unsigned char lg_capacity_page_template[]; /* of a search for capacity */
extern const size_t lg_capacity_page_template_bytes;
extern const unsigned char lg_trend_page[]; /* of many nights */
extern const size_t lg_trend_page_bytes;

#endif
