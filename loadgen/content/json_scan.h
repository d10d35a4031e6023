/* content/ looks into bodies and messages: pointers into JSON and what checks need.  Rank 1:
 * includes base/ only. This header: several RFC 6901 pointers looked up in one pass over a JSON
 * text, without building a document: the message path of a chat run is made of these.  The pass
 * stops when every pointer is found, so what follows is not looked at; of a name that occurs twice,
 * the first counts. */
#ifndef LG_CONTENT_JSON_SCAN_H
#define LG_CONTENT_JSON_SCAN_H

#include "base/base.h"
#include "base/buf.h"

enum { LG_JSON_POINTERS = 8 };

struct lg_json_query; /* immutable once made; may be shared by threads */

/* `pointers` is copied.  count <= LG_JSON_POINTERS.  NULL: pointer `*bad` is not RFC 6901 syntax.
 */
struct lg_json_query *lg_json_query_new(const struct lg_slice *pointers, size_t count, size_t *bad);
void lg_json_query_free(struct lg_json_query *query);

/* values[i] becomes the raw JSON text of pointer i's value within `text` (a string with its
 * quotes), or n == 0 where there is none.  False: malformed as far as it was read; values are then
 * undefined. Depth is limited to 64 levels (deeper: false).  O(text). */
bool lg_json_scan(const struct lg_json_query *query, struct lg_slice text, struct lg_slice *values);

/* Equality of two raw values: numbers and literals by their text, strings after undoing escapes. */
bool lg_json_equal(struct lg_slice a, struct lg_slice b);

/* The order of two raw values that have one: numbers by value, strings by their bytes after undoing
 * escapes.  *order < 0: a comes first; 0: equal.  False: they are of other kinds. */
bool lg_json_order(struct lg_slice a, struct lg_slice b, int *order);

/* An integer of a raw value, exact; false if it is not an integer or does not fit. */
bool lg_json_int(struct lg_slice raw, int64_t *out);

/* The characters of a raw string.  Without escapes this is a slice of `raw` itself; otherwise it is
 * decoded into `scratch` and that is returned.  False: not a string, or a broken escape. */
bool lg_json_string(struct lg_slice raw, struct lg_buf *scratch, struct lg_slice *out);

#endif
