#include "engine/room.h"
#include "engine/worker.h"

#include <time.h>

struct rendering {
    struct lg_buf *out;
    struct lg_vu *vu;
    lg_ns at;
    struct lg_rng rng;
};

/* What a user's random data draw from: named by the user and the arrival, the place in its walk and
 * the text, so that the data of a run depend on the seed alone and not on which user was free or
 * how many threads there are. */
static void data_stream(struct lg_rng *rng, const struct lg_template *t, const struct lg_vu *vu)
{
    uint64_t purpose = 0x64617461 + vu->pool->kind;
    uint64_t index = vu->in_setup ? UINT64_MAX - vu->index : vu->arrival;
    uint64_t text = (uint64_t)vu->place << 40 | (uint64_t)vu->branch << 32 | t->number;
    lg_rng_init(rng, vu->worker->program->seed + text * UINT64_C(0x9e3779b97f4a7c15), purpose,
                index);
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

static void random_hex(struct lg_buf *out, struct lg_rng *rng, size_t n)
{
    uint64_t bits = 0;
    lg_buf_reserve(out, n);
    for (size_t i = 0; i < n; i++) {
        bits = i % 16 == 0 ? lg_rng_u64(rng) : bits >> 4;
        out->p[out->n++] = "0123456789abcdef"[bits & 15];
    }
}

/* RFC 9562 5.4: all random but the version, 4, and the variant, binary 10. */
static void random_uuid(struct lg_buf *out, struct lg_rng *rng)
{
    uint64_t high = (lg_rng_u64(rng) & ~UINT64_C(0xf000)) | 0x4000;
    uint64_t low = (lg_rng_u64(rng) & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    lg_buf_addf(out, "%08llx-%04llx-%04llx-%04llx-%012llx", (unsigned long long)(high >> 32),
                (unsigned long long)(high >> 16 & 0xffff), (unsigned long long)(high & 0xffff),
                (unsigned long long)(low >> 48), (unsigned long long)(low & 0xffffffffffff));
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

static void add_message_id(struct lg_buf *out, const struct lg_vu *vu)
{
    lg_buf_adds(out, vu->worker->program->tag);
    lg_buf_add(out, "-", 1);
    add_int(out, vu->room != NULL ? lg_room_number(vu->room) : 0);
    lg_buf_add(out, "-", 1);
    add_int(out, (int64_t)vu->message);
}

static void add_time(struct lg_buf *out)
{
    lg_ns now = lg_wall_clock();
    time_t seconds = (time_t)(now / LG_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    lg_buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now % LG_S / LG_MS));
}

/* The plan's seed for what users keep, as with their variables; the trial's for iterations. */
static struct lg_slice data_of(const struct lg_part *part, const struct lg_vu *vu)
{
    const struct lg_program *program = vu->worker->program;
    const struct lg_data *data = &program->plan->data[part->variable];
    bool by_user = data->per == LG_DATA_PER_USER;
    size_t row = lg_data_row(data, by_user ? program->plan->seed : program->seed,
                             by_user ? vu->index : vu->arrival);
    LG_ASSERT(row < data->table.rows); /* the plan limits what takes rows */
    return lg_table_cell(&data->table, row, part->column);
}

static struct lg_slice choice_of(const struct lg_part *part, struct lg_rng *rng)
{
    return part->choices[lg_rng_below(rng, (uint64_t)part->low)];
}

static void add_text(struct lg_buf *out, struct lg_slice text, enum lg_escape escape)
{
    if (escape == LG_ESCAPE_NONE) {
        lg_buf_add(out, text.p, text.n);
    } else {
        lg_escape_add(out, text, escape);
    }
}

static void render_part(struct rendering *r, const struct lg_part *part)
{
    struct lg_vu *vu = r->vu;
    switch (part->kind) {
    case LG_PART_TEXT:
        lg_buf_add(r->out, part->text.p, part->text.n);
        break;
    case LG_PART_VARIABLE:
        add_text(r->out, lg_buf_slice(&vu->values[part->variable]), part->escape);
        break;
    case LG_PART_DATA:
        add_text(r->out, data_of(part, vu), part->escape);
        break;
    case LG_PART_USER_INDEX:
        add_int(r->out, vu->index);
        break;
    case LG_PART_ITERATION:
        add_int(r->out, (int64_t)vu->arrival);
        break;
    case LG_PART_MESSAGE_ID:
        add_message_id(r->out, vu);
        break;
    case LG_PART_MESSAGE_AT:
        add_int(r->out, r->at - vu->worker->shared->epoch);
        break;
    case LG_PART_TIME_MS:
        add_int(r->out, lg_wall_clock() / LG_MS);
        break;
    case LG_PART_TIME_ISO:
        add_time(r->out);
        break;
    case LG_PART_RANDOM_TEXT:
        random_text(r->out, &r->rng, (size_t)part->low);
        break;
    case LG_PART_RANDOM_HEX:
        random_hex(r->out, &r->rng, (size_t)part->low);
        break;
    case LG_PART_TRACE_PATH:
        add_text(r->out, lg_vu_traced(vu)->path, part->escape);
        break;
    case LG_PART_RANDOM_INT:
        add_int(r->out, lg_rng_between(&r->rng, part->low, part->high));
        break;
    case LG_PART_RANDOM_UUID:
        random_uuid(r->out, &r->rng);
        break;
    case LG_PART_RANDOM_CHOICE:
        add_text(r->out, choice_of(part, &r->rng), part->escape);
        break;
    }
}

void lg_render(struct lg_buf *out, const struct lg_template *t, struct lg_vu *vu, lg_ns at)
{
    struct rendering r = {.out = out, .vu = vu, .at = at};
    if (!t->is_static) {
        data_stream(&r.rng, t, vu);
    }
    for (size_t i = 0; i < t->part_count; i++) {
        render_part(&r, &t->parts[i]);
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
