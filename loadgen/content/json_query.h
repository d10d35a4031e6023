/* The compiled form of a query: its pointers as one tree of names. */
#ifndef LG_CONTENT_JSON_QUERY_H
#define LG_CONTENT_JSON_QUERY_H

#include "content/json_scan.h"

#include <endian.h>

struct lg_json_node {
    struct lg_json_node *child, *next; /* owned */
    char *name;                        /* owned; the token with ~0 and ~1 undone */
    size_t name_n;
    uint64_t word;    /* its first eight bytes, little-endian, zeros behind its end */
    size_t index;     /* the token as an array index; SIZE_MAX: it is none */
    unsigned answers; /* bit i: pointer i ends here */
    unsigned bit;     /* its place among its siblings */
    uint64_t firsts;  /* bit b: a child's name begins with a byte that is b modulo 64 */
};

struct lg_json_query {
    struct lg_json_node root;
    size_t count;
};

/* Eight bytes, the first one lowest. */
static inline uint64_t lg_json_word(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

#endif
