#include "engine/stream.h"

static const lg_ns depth = 50 * LG_MS;

/* At least a byte, or nothing would ever move. */
static double capacity(const struct lg_throttle *t)
{
    double bytes = t->bytes_per_s * (double)depth / (double)LG_S;
    return bytes > 1 ? bytes : 1;
}

size_t lg_throttle_room(struct lg_throttle *t, lg_ns now)
{
    double more = t->bytes_per_s * (double)(now - t->at) / (double)LG_S;
    double most = capacity(t);
    t->tokens = t->tokens + more < most ? t->tokens + more : most;
    t->at = now;
    return t->tokens >= 1 ? (size_t)t->tokens : 0;
}

bool lg_throttle_low(const struct lg_throttle *t)
{
    double half = capacity(t) / 2;
    return t->tokens < (half > 1 ? half : 1);
}

void lg_throttle_took(struct lg_throttle *t, size_t bytes)
{
    t->tokens -= (double)bytes;
}

lg_ns lg_throttle_wait(const struct lg_throttle *t, lg_ns now)
{
    double missing = capacity(t) - t->tokens;
    return now + 1 + (lg_ns)(missing / t->bytes_per_s * (double)LG_S);
}
