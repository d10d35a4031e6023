/* Memory for nghttp2: freed blocks wait in lists by size, so that the items, header arrays and
 * streams of an exchange come from those of the ones before.  (A burst of streams is more than
 * malloc's own cache of seven blocks a size takes.) */
#ifndef LG_PROTO_H2_MEMORY_H
#define LG_PROTO_H2_MEMORY_H

#include "base/base.h"

#include <nghttp2/nghttp2.h>

enum { LG_H2_MEMORY_STEP = 16, LG_H2_MEMORY_CLASSES = 33 }; /* blocks of up to 512 bytes */

/* A zeroed struct is ready.  Must not move while blocks are in use. */
struct lg_h2_memory {
    void *free[LG_H2_MEMORY_CLASSES]; /* owned lists, linked by their first word */
};

nghttp2_mem lg_h2_memory_mem(struct lg_h2_memory *memory); /* borrows memory */
void lg_h2_memory_fini(struct lg_h2_memory *memory);       /* after every block was freed */

#endif
