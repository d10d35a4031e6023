/* Any bytes are a run record or are refused with a reason; what was read can be written, and that
 * is read and written as the same bytes. */
#include "measure/record.h"

#include <stdio.h>

static struct lg_record *read_record(struct lg_slice json)
{
    const char *why = NULL;
    struct lg_arena *errors = lg_arena_new();
    struct lg_record *record = lg_record_read(json, errors, &why);
    LG_ASSERT(record != NULL || (why != NULL && why[0] != '\0'));
    lg_arena_free(errors);
    return record;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct lg_record *record = read_record(lg_slice(data, n));
    if (record == NULL) {
        return 0;
    }
    struct lg_buf once = {0}, twice = {0};
    lg_record_write(record, &once);
    lg_record_free(record);
    record = read_record(lg_buf_slice(&once));
    LG_ASSERT(record != NULL);
    lg_record_write(record, &twice);
    lg_record_free(record);
    LG_ASSERT(lg_slice_eq(lg_buf_slice(&once), lg_buf_slice(&twice)));
    lg_buf_free(&once);
    lg_buf_free(&twice);
    return 0;
}
