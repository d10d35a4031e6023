#include "measure/stream_meter.h"

#include <endian.h>

/* Ids above this are no counters. */
enum { ID_DIGITS = 18 };

/* Four ASCII digits at once, by pairs; -1: there is something else among them. */
static inline int64_t four_digits(const char *p)
{
    uint32_t w;
    memcpy(&w, p, sizeof w);
    w = le32toh(w) - UINT32_C(0x30303030);
    if (((w | (w + UINT32_C(0x76767676))) & UINT32_C(0x80808080)) != 0) {
        return -1; /* a byte below '0' borrows and one above '9' is high, whatever the others are */
    }
    w = (w * 10 + (w >> 8)) & UINT32_C(0x00ff00ff);
    return (w * 100 + (w >> 16)) & 0xffff;
}

static bool read_id(struct lg_slice id, int64_t *out)
{
    int64_t value = 0;
    if (id.n == 0 || id.n > ID_DIGITS) {
        return false;
    }
    for (; id.n >= 4; id.p += 4, id.n -= 4) {
        int64_t four = four_digits(id.p);
        if (four < 0) {
            return false;
        }
        value = value * 10000 + four;
    }
    for (size_t i = 0; i < id.n; i++) {
        unsigned digit = (unsigned char)id.p[i] - (unsigned)'0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static void follow_id(struct lg_stream_meter *m, int64_t id, uint64_t *counts)
{
    int64_t ahead = id - m->newest;
    if (m->seen == 0 || ahead > 0) {
        if (m->seen != 0) {
            counts[LG_STREAM_SKIPPED] += (uint64_t)(ahead - 1);
            m->seen = ahead < 64 ? m->seen << ahead : 0;
        }
        m->seen |= 1;
        m->newest = id;
        return;
    }
    uint64_t bit = ahead > -64 ? UINT64_C(1) << -ahead : 0;
    bool fresh = bit != 0 && (m->seen & bit) == 0;
    counts[fresh ? LG_STREAM_REORDERED : LG_STREAM_DUPLICATED]++;
    m->seen |= bit;
}

static bool is_stall(const struct lg_stream_meter *m, lg_ns gap)
{
    return m->expect_gap > 0 && gap > LG_STALL_GAPS * m->expect_gap;
}

/* RFC 3550 6.4.1 and A.8, with the expected gap in the place of the sender's time stamps. */
static void follow_jitter(struct lg_stream_meter *m, lg_ns gap, uint64_t *counts)
{
    int64_t off = gap > m->expect_gap ? gap - m->expect_gap : m->expect_gap - gap;
    m->jitter16 += off - ((m->jitter16 + 8) >> 4);
    counts[LG_STREAM_JITTERS]++;
    counts[LG_STREAM_JITTER_NS] += (uint64_t)(m->jitter16 >> 4);
}

static void take_gap(struct lg_stream_meter *m, lg_ns gap, uint64_t *counts, struct lg_hist *hists)
{
    lg_hist_add(&hists[LG_STREAM_GAP], gap);
    counts[LG_STREAM_COALESCED] += gap == 0;
    if (m->expect_gap > 0) {
        counts[LG_STREAM_STALLS] += is_stall(m, gap);
        follow_jitter(m, gap, counts);
    }
}

void lg_stream_event(struct lg_stream_meter *m, struct lg_slice id, lg_ns at, uint64_t *counts,
                     struct lg_hist *hists)
{
    int64_t number;
    counts[LG_STREAM_EVENTS]++;
    if (m->last_at != 0) {
        take_gap(m, at - m->last_at, counts, hists);
    } else if (m->lost_at != 0) {
        lg_hist_add(&hists[LG_STREAM_RECONNECT], at - m->lost_at);
        m->lost_at = 0;
    }
    m->last_at = at;
    if (read_id(id, &number)) {
        follow_id(m, number, counts);
    }
}

void lg_stream_lost(struct lg_stream_meter *m, lg_ns at)
{
    m->last_at = 0;
    m->lost_at = m->lost_at != 0 ? m->lost_at : at;
}

void lg_stream_silent(const struct lg_stream_meter *m, lg_ns at, uint64_t *counts,
                      struct lg_hist *hists)
{
    if (m->last_at != 0 && is_stall(m, at - m->last_at)) {
        counts[LG_STREAM_STALLS]++;
        lg_hist_add(&hists[LG_STREAM_GAP], at - m->last_at);
    }
}

void lg_stream_download(uint64_t bytes, lg_ns took, lg_ns pause, struct lg_hist *hists)
{
    double per_s = (double)bytes * (double)LG_S / (double)took;
    lg_hist_add(&hists[LG_STREAM_THROUGHPUT], (lg_ns)per_s);
    lg_hist_add(&hists[LG_STREAM_PAUSE], pause);
}
