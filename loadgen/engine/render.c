#include "engine/room.h"
#include "engine/worker.h"

/* What a user's random text draws from: named by the user and the arrival, so that the data of a
 * run depend on the seed alone and not on which user was free or how many threads there are. */
static void data_stream(struct lg_rng *rng, struct lg_vu *vu)
{
    uint64_t purpose = 0x64617461 + vu->pool->kind;
    uint64_t index = vu->in_setup ? UINT64_MAX - vu->index : vu->arrival;
    lg_rng_init(rng, vu->worker->program->seed, purpose, index);
}

static void random_text(struct lg_buf *out, struct lg_rng *rng, size_t n)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    uint64_t bits = 0;
    lg_buf_reserve(out, n);
    for (size_t i = 0; i < n; i++) {
        bits = i % 4 == 0 ? lg_rng_u64(rng) : bits >> 16;
        out->p[out->n++] = letters[((bits & 0xffff) * (sizeof letters - 1)) >> 16];
    }
}

static void add_int(struct lg_buf *out, int64_t value)
{
    char digits[24];
    size_t i = sizeof digits;
    uint64_t u = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--i] = (char)('0' + u % 10);
        u /= 10;
    } while (u > 0);
    if (value < 0) {
        digits[--i] = '-';
    }
    lg_buf_add(out, digits + i, sizeof digits - i);
}

static void render_part(struct lg_buf *out, const struct lg_part *part, struct lg_vu *vu, lg_ns at,
                        struct lg_rng *rng)
{
    switch (part->kind) {
    case LG_PART_TEXT:
        lg_buf_add(out, part->text.p, part->text.n);
        break;
    case LG_PART_VARIABLE:
        lg_buf_adds(out, vu->values[part->variable] ? vu->values[part->variable] : "");
        break;
    case LG_PART_USER_INDEX:
        add_int(out, vu->index);
        break;
    case LG_PART_MESSAGE_ID:
        lg_buf_adds(out, vu->worker->program->tag);
        lg_buf_add(out, "-", 1);
        add_int(out, vu->room != NULL ? lg_room_number(vu->room) : 0);
        lg_buf_add(out, "-", 1);
        add_int(out, (int64_t)vu->message);
        break;
    case LG_PART_MESSAGE_AT:
        add_int(out, at - vu->worker->shared->epoch);
        break;
    case LG_PART_RANDOM_TEXT:
        random_text(out, rng, (size_t)part->low);
        break;
    case LG_PART_TRACE_PATH:
        lg_buf_add(out, lg_vu_traced(vu)->path.p, lg_vu_traced(vu)->path.n);
        break;
    case LG_PART_RANDOM_INT:
        add_int(out, lg_rng_between(rng, part->low, part->high));
        break;
    }
}

void lg_render(struct lg_buf *out, const struct lg_template *t, struct lg_vu *vu, lg_ns at)
{
    struct lg_rng rng;
    if (!t->is_static) {
        data_stream(&rng, vu);
    }
    for (size_t i = 0; i < t->part_count; i++) {
        render_part(out, &t->parts[i], vu, at, &rng);
    }
}

size_t lg_render_headers(struct lg_buf *text, const struct lg_step *step, struct lg_vu *vu,
                         struct lg_header *out)
{
    size_t ends[LG_HEADERS];
    LG_ASSERT(step->header_count <= LG_HEADERS);
    lg_buf_clear(text);
    for (size_t i = 0; i < step->header_count; i++) {
        lg_render(text, &step->headers[i].value, vu, 0);
        ends[i] = text->n;
    }
    /* The buffer has stopped moving: now the slices can point into it. */
    for (size_t i = 0; i < step->header_count; i++) {
        size_t begin = i > 0 ? ends[i - 1] : 0;
        out[i].name = step->headers[i].name;
        out[i].value = lg_slice(text->p + begin, ends[i] - begin);
    }
    return step->header_count;
}
