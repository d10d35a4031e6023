#include "proto/http1_memo.h"

#include <stdlib.h>

enum { ENTRIES = 8, ENTRY_BYTES = 1024 };

struct entry {
    struct lg_http1_head head; /* n == 0: free */
    char bytes[ENTRY_BYTES];
};

struct lg_http1_memo {
    unsigned hit;  /* the entry that matched last */
    unsigned next; /* the entry to overwrite next */
    struct entry entries[ENTRIES];
};

struct lg_http1_memo *lg_http1_memo_new(void)
{
    return lg_alloc(sizeof(struct lg_http1_memo));
}

void lg_http1_memo_free(struct lg_http1_memo *memo)
{
    free(memo);
}

static bool is(const struct entry *entry, struct lg_slice in)
{
    size_t n = entry->head.n;
    return n != 0 && n <= in.n && memcmp(entry->bytes, in.p, n) == 0;
}

const struct lg_http1_head *lg_http1_memo_find(struct lg_http1_memo *memo, struct lg_slice in)
{
    if (memo == NULL) {
        return NULL;
    }
    if (is(&memo->entries[memo->hit], in)) {
        return &memo->entries[memo->hit].head;
    }
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (is(&memo->entries[i], in)) {
            memo->hit = i;
            return &memo->entries[i].head;
        }
    }
    return NULL;
}

void lg_http1_memo_put(struct lg_http1_memo *memo, const char *p, const struct lg_http1_head *head)
{
    if (memo == NULL || head->n > ENTRY_BYTES || head->framing != LG_HTTP1_LENGTH) {
        return;
    }
    struct entry *entry = &memo->entries[memo->next];
    entry->head = *head;
    memcpy(entry->bytes, p, head->n);
    memo->hit = memo->next;
    memo->next = (memo->next + 1) % ENTRIES;
}
