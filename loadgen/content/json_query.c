#include "content/json_query.h"

#include <stdlib.h>

static size_t index_of(const char *p, size_t n)
{
    if (n == 0 || n > 18 || (n > 1 && p[0] == '0')) {
        return SIZE_MAX;
    }
    size_t index = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return SIZE_MAX;
        }
        index = index * 10 + (size_t)(p[i] - '0');
    }
    return index;
}

/* RFC 6901 section 3: "~" stands only before 0 or 1. */
static bool unescape_token(struct lg_slice token, struct lg_buf *out)
{
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        if (c == '~') {
            if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1')) {
                return false;
            }
            c = token.p[i] == '0' ? '~' : '/';
        }
        lg_buf_add(out, &c, 1);
    }
    return true;
}

static struct lg_json_node *child_named(struct lg_json_node *parent, const struct lg_buf *name)
{
    struct lg_json_node **last = &parent->child;
    unsigned bit = 1;
    for (; *last != NULL; last = &(*last)->next, bit <<= 1) {
        if (lg_slice_eq(lg_slice((*last)->name, (*last)->name_n), lg_buf_slice(name))) {
            return *last;
        }
    }
    struct lg_json_node *node = lg_alloc(sizeof *node);
    node->name = lg_alloc(name->n); /* it may hold NUL bytes */
    node->name_n = name->n;
    if (name->n > 0) {
        memcpy(node->name, name->p, name->n);
    }
    char first[sizeof node->word] = {0};
    memcpy(first, node->name, name->n < sizeof first ? name->n : sizeof first);
    node->word = lg_json_word(first);
    node->index = index_of(node->name, node->name_n);
    node->bit = bit;
    *last = node;
    parent->firsts |= UINT64_C(1) << (node->word & 63);
    return node;
}

static bool add_pointer(struct lg_json_node *root, struct lg_slice pointer, unsigned answer)
{
    struct lg_json_node *node = root;
    struct lg_buf name = {0};
    bool ok = pointer.n == 0 || pointer.p[0] == '/';
    for (size_t at = 0; ok && at < pointer.n;) {
        const char *from = pointer.p + at + 1;
        size_t rest = pointer.n - at - 1;
        const char *slash = rest > 0 ? memchr(from, '/', rest) : NULL;
        struct lg_slice token = lg_slice(from, slash != NULL ? (size_t)(slash - from) : rest);
        lg_buf_clear(&name);
        ok = unescape_token(token, &name);
        if (ok) {
            node = child_named(node, &name);
        }
        at += 1 + token.n;
    }
    lg_buf_free(&name);
    node->answers |= ok ? answer : 0;
    return ok;
}

static void free_children(struct lg_json_node *node)
{
    while (node->child != NULL) {
        struct lg_json_node *child = node->child;
        node->child = child->next;
        free_children(child);
        free(child->name);
        free(child);
    }
}

void lg_json_query_free(struct lg_json_query *query)
{
    if (query != NULL) {
        free_children(&query->root);
        free(query);
    }
}

struct lg_json_query *lg_json_query_new(const struct lg_slice *pointers, size_t count, size_t *bad)
{
    LG_ASSERT(count <= LG_JSON_POINTERS);
    struct lg_json_query *query = lg_alloc(sizeof *query);
    query->count = count;
    for (size_t i = 0; i < count; i++) {
        if (!add_pointer(&query->root, pointers[i], 1u << i)) {
            *bad = i;
            lg_json_query_free(query);
            return NULL;
        }
    }
    return query;
}
