#include "report/html_template.h"

#include <openssl/evp.h>

static struct lg_slice script_of(struct lg_slice page)
{
    static const char open[] = "<script>", close[] = "</script>";
    const char *from = lg_slice_find(page, lg_str(open));
    LG_ASSERT(from != NULL);
    from += sizeof open - 1;
    struct lg_slice rest = lg_slice(from, (size_t)(page.p + page.n - from));
    const char *to = lg_slice_find(rest, lg_str(close));
    LG_ASSERT(to != NULL);
    return lg_slice(from, (size_t)(to - from));
}

static void add_script_hash(struct lg_slice page, struct lg_buf *out)
{
    struct lg_slice script = script_of(page);
    unsigned char digest[EVP_MAX_MD_SIZE], base64[2 * EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    LG_ASSERT(EVP_Digest(script.p, script.n, digest, &bytes, EVP_sha256(), NULL) == 1);
    lg_buf_add(out, base64, (size_t)EVP_EncodeBlock(base64, digest, (int)bytes));
}

/* Appends what lies before the mark; the result is what lies behind it. */
static struct lg_slice add_until(struct lg_slice rest, const char *mark, struct lg_buf *out)
{
    const char *at = lg_slice_find(rest, lg_str(mark));
    LG_ASSERT(at != NULL); /* in the order of the template */
    size_t before = (size_t)(at - rest.p), n = strlen(mark);
    lg_buf_add(out, rest.p, before);
    return lg_slice(at + n, rest.n - before - n);
}

void lg_html_fill(struct lg_slice page, const struct lg_html_place *places, size_t count,
                  const void *ctx, struct lg_buf *out)
{
    struct lg_slice rest = add_until(page, "@script-hash@", out);
    add_script_hash(page, out);
    for (size_t i = 0; i < count; i++) {
        rest = add_until(rest, places[i].mark, out);
        places[i].fill(ctx, out);
    }
    lg_buf_add(out, rest.p, rest.n);
}
