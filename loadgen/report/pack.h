/* What a page carries for its script: deflate (RFC 1950), then base64, a third of the size.  The
 * page's inflate() and bytesOfBase64() undo it. */
#ifndef LG_REPORT_PACK_H
#define LG_REPORT_PACK_H

#include "base/buf.h"

/* Appends `raw` packed: letters, digits, "+", "/" and "=" only, so that it needs no escaping in
 * HTML or JSON.  At most 1 GiB. */
void lg_report_pack(struct lg_slice raw, struct lg_buf *out);

#endif
