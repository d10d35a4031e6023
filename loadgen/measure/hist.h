/* measure/ keeps what was measured: histograms, a worker's recorder, the run record.  Rank 1:
 * includes base/ only.
 * This header: a log-linear histogram of times with HdrHistogram's layout for 3 significant digits,
 * 1 ns to 1 h, so that its V2 encoding is read by other HdrHistogram tools. */
#ifndef LG_MEASURE_HIST_H
#define LG_MEASURE_HIST_H

#include "base/base.h"
#include "base/buf.h"

#define LG_HIST_DIGITS   3
#define LG_HIST_SUB_BITS 11 /* 2 * 10^3 values fit into 2^11: every value is kept within 0.1 % */
#define LG_HIST_MAX      (3600 * LG_S)
#define LG_HIST_SLOTS                                                                              \
    33792 /* slot of LG_HIST_MAX, rounded up to a whole bucket: (31 + 2) * 1024 \
                                */

struct lg_hist {
    uint64_t *counts; /* owned, LG_HIST_SLOTS of them; pages are touched only where values fall */
    uint64_t count;   /* of values in range */
    uint64_t over;    /* values above LG_HIST_MAX: never silent, they make a run invalid */
    lg_ns min, max;   /* exact; min = LG_NEVER and max = -1 while empty */
    double sum;       /* of the values themselves, so the mean has no slot error */
};

void lg_hist_init(struct lg_hist *h);
void lg_hist_fini(struct lg_hist *h);
struct lg_hist *lg_hist_new(void);                                 /* on the heap, initialised */
void lg_hist_free(struct lg_hist *h);                              /* of lg_hist_new; NULL ok */
void lg_hist_clear(struct lg_hist *h);                             /* O(slots in use) */
void lg_hist_merge(struct lg_hist *into, const struct lg_hist *h); /* adds; O(slots in use) */

static inline uint32_t lg_hist_slot(lg_ns v)
{
    uint64_t u = (uint64_t)v;
    int bucket = 64 - LG_HIST_SUB_BITS - __builtin_clzll(u | ((1u << LG_HIST_SUB_BITS) - 1));
    return ((uint32_t)bucket << (LG_HIST_SUB_BITS - 1)) + (uint32_t)(u >> bucket);
}

/* As lg_hist_add, for a v <= LG_HIST_MAX whose slot is known. */
static inline void lg_hist_add_to_slot(struct lg_hist *h, lg_ns v, uint32_t slot)
{
    h->counts[slot]++;
    h->count++;
    h->sum += (double)v;
    if (__builtin_expect(v < h->min, 0)) {
        h->min = v;
    }
    if (__builtin_expect(v > h->max, 0)) {
        h->max = v;
    }
}

/* v >= 0. */
static inline void lg_hist_add(struct lg_hist *h, lg_ns v)
{
    if (__builtin_expect((uint64_t)v > (uint64_t)LG_HIST_MAX, 0)) {
        LG_ASSERT(v >= 0);
        h->over++;
        return;
    }
    lg_hist_add_to_slot(h, v, lg_hist_slot(v));
}

/* The same value into two histograms. */
static inline void lg_hist_add_both(struct lg_hist *a, struct lg_hist *b, lg_ns v)
{
    if (__builtin_expect((uint64_t)v > (uint64_t)LG_HIST_MAX, 0)) {
        lg_hist_add(a, v);
        lg_hist_add(b, v);
        return;
    }
    uint32_t slot = lg_hist_slot(v);
    lg_hist_add_to_slot(a, v, slot);
    lg_hist_add_to_slot(b, v, slot);
}

/* The slots in use lie within [first, last]; count > 0. */
static inline uint32_t lg_hist_first_slot(const struct lg_hist *h)
{
    return lg_hist_slot(h->min);
}

static inline uint32_t lg_hist_last_slot(const struct lg_hist *h)
{
    return lg_hist_slot(h->max);
}

/* The lowest and the highest value that share a slot. */
lg_ns lg_hist_slot_low(uint32_t slot);
lg_ns lg_hist_slot_high(uint32_t slot);

/* The q-quantile over the recorded values and `above` more that are known only to lie above them
 * all (failed or timed-out exchanges): the order statistic of rank ceil(q * n), at least 1; the
 * highest value of its slot but never above max.  q in [0, 1].  -1: none recorded.  LG_NEVER: the
 * rank falls among the `above`.  O(slots in use). */
lg_ns lg_hist_quantile(const struct lg_hist *h, double q, uint64_t above);
/* The rank of the q-quantile of n > 0 values: ceil(q * n), at least 1. */
uint64_t lg_hist_rank_of(double q, uint64_t n);
/* The value of the given rank, 1 <= rank <= count. */
lg_ns lg_hist_rank(const struct lg_hist *h, uint64_t rank);
double lg_hist_mean(const struct lg_hist *h); /* exact; 0 while empty */
/* The sample standard deviation, each value taken as the middle of its slot; -1: fewer than 2. */
double lg_hist_sd(const struct lg_hist *h);
uint64_t lg_hist_count_up_to(const struct lg_hist *h,
                             lg_ns v); /* values in slots that end at or below v's */

/* The counts alone, about a byte for each slot in use: for keeping many histograms for a while.
 * unpack replaces h; count, min, max and sum are the caller's to keep, as from decode below. False:
 * not what pack wrote. */
void lg_hist_pack(const struct lg_hist *h, struct lg_buf *out);
bool lg_hist_unpack(struct lg_hist *h, struct lg_slice packed);

/* HdrHistogram V2, compressed, base64 (begins with "HISTF").  Appends. */
void lg_hist_encode(const struct lg_hist *h, struct lg_buf *out);
/* Replaces h (initialised) by what the text holds.  False: not such a histogram, or other digits or
 * range than ours; h is then empty.  The encoding has no min, max and sum: they come back to within
 * the slot's width. */
bool lg_hist_decode(struct lg_hist *h, struct lg_slice text);

#endif
