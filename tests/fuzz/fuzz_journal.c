/* Any bytes are a journal or are refused with a reason.  A first byte that is even leaves the bytes
 * as they are; after an odd one each line gets the checksum that it should have, as no fuzzer
 * guesses one.  What was read is judged, as `loadgen report` does, and can be written. */
#include "analysis/analyse.h"
#include "measure/journal.h"

#include <zlib.h>

static void add_line(struct lg_slice line, struct lg_buf *out)
{
    unsigned long sum = crc32(0, (const unsigned char *)line.p, (unsigned)line.n);
    lg_buf_addf(out, "%08lx ", sum);
    lg_buf_add(out, line.p, line.n);
    lg_buf_adds(out, "\n");
}

static void add_sums(struct lg_slice text, struct lg_buf *out)
{
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end != NULL ? (size_t)(end - text.p) : text.n;
        add_line(lg_slice(text.p, n), out);
        n += end != NULL;
        text = lg_slice(text.p + n, text.n - n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct lg_buf journal = {0}, json = {0};
    struct lg_arena *errors = lg_arena_new();
    const char *why = NULL;
    struct lg_slice text = lg_slice(data, n);
    if (n > 0 && data[0] % 2 == 1) {
        add_sums(lg_slice(data + 1, n - 1), &journal);
        text = lg_buf_slice(&journal);
    }
    struct lg_record *record = lg_journal_read(text, n % 2 == 0, errors, &why);
    LG_ASSERT(record != NULL || (why != NULL && why[0] != '\0'));
    if (record != NULL) {
        lg_analyse(record, NULL);
        lg_record_write(record, &json);
    }
    lg_record_free(record);
    lg_buf_free(&json);
    lg_buf_free(&journal);
    lg_arena_free(errors);
    return 0;
}
