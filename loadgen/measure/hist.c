#include "measure/hist.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    HALF_BITS =
        LG_HIST_SUB_BITS - 1, /* every bucket but the first uses the upper half of its slots */
    HALF = 1 << HALF_BITS,
    COUNTS_BYTES = LG_HIST_SLOTS * sizeof(uint64_t),
};

static void make_empty(struct lg_hist *h)
{
    uint64_t *counts = h->counts;
    *h = (struct lg_hist){.counts = counts, .min = LG_NEVER, .max = -1};
}

void lg_hist_init(struct lg_hist *h)
{
    /* Mapped, not malloc'ed: a recycled heap block would be zeroed by hand and so cost all of its
     * pages, and a run has hundreds of histograms that use a few pages each. */
    void *p = mmap(NULL, COUNTS_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bool memory_for_a_histogram = p != MAP_FAILED;
    LG_ASSERT(memory_for_a_histogram);
    h->counts = p;
    make_empty(h);
}

void lg_hist_fini(struct lg_hist *h)
{
    if (h->counts != NULL) {
        munmap(h->counts, COUNTS_BYTES);
    }
    h->counts = NULL;
    make_empty(h);
}

struct lg_hist *lg_hist_new(void)
{
    struct lg_hist *h = lg_alloc(sizeof *h);
    lg_hist_init(h);
    return h;
}

void lg_hist_free(struct lg_hist *h)
{
    if (h != NULL) {
        lg_hist_fini(h);
        free(h);
    }
}

void lg_hist_clear(struct lg_hist *h)
{
    if (h->count > 0) {
        uint32_t first = lg_hist_first_slot(h), last = lg_hist_last_slot(h);
        memset(h->counts + first, 0, (last - first + 1) * sizeof *h->counts);
    }
    make_empty(h);
}

void lg_hist_merge(struct lg_hist *into, const struct lg_hist *h)
{
    into->over += h->over;
    if (h->count == 0) {
        return;
    }
    uint32_t last = lg_hist_last_slot(h);
    for (uint32_t slot = lg_hist_first_slot(h); slot <= last; slot++) {
        /* Reading an untouched page is free, writing zero to one is not. */
        if (h->counts[slot] != 0) {
            into->counts[slot] += h->counts[slot];
        }
    }
    into->count += h->count;
    into->sum += h->sum;
    into->min = h->min < into->min ? h->min : into->min;
    into->max = h->max > into->max ? h->max : into->max;
}

/* Slots of bucket b are 2^b wide; the first bucket has twice as many slots as the others. */
static uint32_t slot_bucket(uint32_t slot)
{
    return slot < 2 * HALF ? 0 : (slot >> HALF_BITS) - 1;
}

lg_ns lg_hist_slot_low(uint32_t slot)
{
    LG_ASSERT(slot < LG_HIST_SLOTS);
    uint32_t bucket = slot_bucket(slot);
    return (lg_ns)(slot - (bucket << HALF_BITS)) << bucket;
}

lg_ns lg_hist_slot_high(uint32_t slot)
{
    return lg_hist_slot_low(slot) + ((lg_ns)1 << slot_bucket(slot)) - 1;
}

lg_ns lg_hist_rank(const struct lg_hist *h, uint64_t rank)
{
    LG_ASSERT(rank >= 1 && rank <= h->count);
    uint32_t slot = lg_hist_first_slot(h);
    for (uint64_t seen = h->counts[slot]; seen < rank; seen += h->counts[slot]) {
        slot++;
    }
    lg_ns high = lg_hist_slot_high(slot);
    return high < h->max ? high : h->max;
}

/* ceil(q n), but 0.07 * 100 is 7.000000000000001 in binary and means 7. */
uint64_t lg_hist_rank_of(double q, uint64_t n)
{
    double x = q * (double)n;
    double whole = nearbyint(x);
    double rank = fabs(x - whole) <= 4 * DBL_EPSILON * x ? whole : ceil(x);
    if (rank < 1) {
        return 1;
    }
    return rank >= (double)n ? n : (uint64_t)rank;
}

lg_ns lg_hist_quantile(const struct lg_hist *h, double q, uint64_t above)
{
    LG_ASSERT(q >= 0 && q <= 1);
    if (h->count == 0) {
        return -1;
    }
    uint64_t rank = lg_hist_rank_of(q, h->count + above);
    return rank > h->count ? LG_NEVER : lg_hist_rank(h, rank);
}

double lg_hist_mean(const struct lg_hist *h)
{
    return h->count == 0 ? 0 : h->sum / (double)h->count;
}

double lg_hist_sd(const struct lg_hist *h)
{
    if (h->count < 2) {
        return -1;
    }
    double mean = lg_hist_mean(h), sum = 0;
    for (uint32_t slot = lg_hist_first_slot(h); slot <= lg_hist_last_slot(h); slot++) {
        double low = (double)lg_hist_slot_low(slot), high = (double)lg_hist_slot_high(slot);
        double off = (low + high) / 2 - mean;
        sum += (double)h->counts[slot] * off * off;
    }
    return sqrt(sum / (double)(h->count - 1));
}

uint64_t lg_hist_count_up_to(const struct lg_hist *h, lg_ns v)
{
    if (v < h->min) { /* also when empty: min is LG_NEVER then */
        return 0;
    }
    uint32_t last = v >= h->max ? lg_hist_last_slot(h) : lg_hist_slot(v);
    uint64_t n = 0;
    for (uint32_t slot = lg_hist_first_slot(h); slot <= last; slot++) {
        n += h->counts[slot];
    }
    return n;
}
