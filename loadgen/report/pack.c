#include "report/pack.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

void lg_report_pack(struct lg_slice raw, struct lg_buf *out)
{
    LG_ASSERT(raw.n <= (size_t)1 << 30); /* EVP_EncodeBlock counts in int */
    uLongf n = compressBound(raw.n);
    Bytef *packed = lg_alloc(n);
    int done = compress2(packed, &n, (const Bytef *)raw.p, raw.n, Z_DEFAULT_COMPRESSION);
    LG_ASSERT(done == Z_OK);
    lg_buf_reserve(out, 4 * (n / 3 + 1) + 1);
    out->n += (size_t)EVP_EncodeBlock((unsigned char *)out->p + out->n, packed, (int)n);
    free(packed);
}
