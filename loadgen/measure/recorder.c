#include "measure/recorder.h"

#include <ctype.h>
#include <stdlib.h>

enum { FAILURE_KINDS = 64 };

size_t lg_shape_counts(const struct lg_shape *shape)
{
    return shape->steps * LG_STEP_COUNTS + shape->users * LG_USERS_COUNTS +
           shape->deliveries * LG_DELIVERIES_COUNTS + shape->streams * LG_STREAM_COUNTS;
}

size_t lg_shape_hists(const struct lg_shape *shape)
{
    return shape->steps * LG_PHASES + shape->users * LG_USERS_HISTS +
           shape->deliveries * LG_DELIVERIES_HISTS + shape->streams * LG_STREAM_HISTS;
}

struct lg_recorder *lg_recorder_new(struct lg_shape shape)
{
    struct lg_recorder *r = lg_alloc(sizeof *r);
    r->shape = shape;
    r->counts = lg_alloc_array(lg_shape_counts(&shape), sizeof *r->counts);
    r->hists = lg_alloc_array(lg_shape_hists(&shape), sizeof *r->hists);
    r->users_counts = r->counts + shape.steps * LG_STEP_COUNTS;
    r->deliveries_counts = r->users_counts + shape.users * LG_USERS_COUNTS;
    r->streams_counts = r->deliveries_counts + shape.deliveries * LG_DELIVERIES_COUNTS;
    r->users_hists = r->hists + shape.steps * LG_PHASES;
    r->deliveries_hists = r->users_hists + shape.users * LG_USERS_HISTS;
    r->streams_hists = r->deliveries_hists + shape.deliveries * LG_DELIVERIES_HISTS;
    r->take_ups = lg_alloc_array(shape.users, sizeof *r->take_ups);
    r->failures = lg_alloc_array(FAILURE_KINDS, sizeof *r->failures);
    for (size_t i = 0; i < lg_shape_hists(&shape); i++) {
        lg_hist_init(&r->hists[i]);
    }
    for (size_t i = 0; i < shape.users; i++) {
        r->take_ups[i].at = lg_alloc_array(LG_TAKE_UP_SAMPLE, sizeof(lg_ns));
        r->take_ups[i].cut = LG_NEVER;
    }
    return r;
}

void lg_recorder_free(struct lg_recorder *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < lg_shape_hists(&r->shape); i++) {
        lg_hist_fini(&r->hists[i]);
    }
    for (size_t i = 0; i < r->shape.users; i++) {
        free(r->take_ups[i].at);
    }
    free(r->counts);
    free(r->hists);
    free(r->take_ups);
    free(r->failures);
    free(r);
}

void lg_recorder_clear(struct lg_recorder *r)
{
    memset(r->counts, 0, lg_shape_counts(&r->shape) * sizeof *r->counts);
    for (size_t i = 0; i < lg_shape_hists(&r->shape); i++) {
        lg_hist_clear(&r->hists[i]);
    }
    for (size_t i = 0; i < r->shape.users; i++) {
        r->take_ups[i].count = 0;
        r->take_ups[i].cut = LG_NEVER;
    }
    r->failure_count = 0;
    r->open = 0;
    r->cpu = r->busiest = r->busiest_cpu = 0;
    r->run_queue = 0;
}

static struct lg_failure *find_failure(struct lg_recorder *r, size_t step,
                                       struct lg_outcome outcome)
{
    for (size_t i = 0; i < r->failure_count; i++) {
        struct lg_failure *f = &r->failures[i];
        if (f->step == step && f->class == outcome.class && f->code == outcome.code) {
            return f;
        }
    }
    return NULL;
}

static struct lg_failure *new_failure(struct lg_recorder *r, size_t step, struct lg_outcome outcome)
{
    if (r->failure_count >= FAILURE_KINDS) { /* room for the rest of one more step and class */
        r->failures = lg_grow(r->failures, r->failure_count + 1, sizeof *r->failures);
    }
    struct lg_failure *f = &r->failures[r->failure_count++];
    *f = (struct lg_failure){
        .step = step, .class = outcome.class, .code = outcome.code, .first_at = LG_NEVER};
    return f;
}

static struct lg_failure *find_or_add(struct lg_recorder *r, size_t step, struct lg_outcome outcome)
{
    struct lg_failure *f = find_failure(r, step, outcome);
    if (f == NULL && r->failure_count >= FAILURE_KINDS) {
        outcome.code = 0;
        f = find_failure(r, step, outcome);
    }
    return f != NULL ? f : new_failure(r, step, outcome);
}

static void keep_sample(struct lg_failure *f, lg_ns at, struct lg_slice sample)
{
    f->first_at = at;
    size_t n = sample.n < sizeof f->sample - 1 ? sample.n : sizeof f->sample - 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)sample.p[i];
        f->sample[i] = isprint(c) ? (char)c : '.';
    }
    f->sample[n] = '\0';
}

void lg_recorder_failure(struct lg_recorder *r, size_t step, struct lg_outcome outcome, lg_ns at,
                         struct lg_slice sample)
{
    struct lg_failure *f = find_or_add(r, step, outcome);
    f->count++;
    if (at < f->first_at) {
        keep_sample(f, at, sample);
    }
}

void lg_recorder_take_up(struct lg_recorder *r, size_t users, lg_ns at)
{
    struct lg_take_up_sample *s = &r->take_ups[users];
    if (s->count < LG_TAKE_UP_SAMPLE) {
        s->at[s->count++] = at;
    } else if (s->cut == LG_NEVER) {
        s->cut = s->at[s->count - 1];
    }
}

static void merge_failures(struct lg_recorder *into, const struct lg_failure *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct lg_failure *f =
            find_or_add(into, list[i].step, lg_outcome(list[i].class, list[i].code));
        f->count += list[i].count;
        if (list[i].first_at < f->first_at) {
            keep_sample(f, list[i].first_at, lg_str(list[i].sample));
        }
    }
}

void lg_recorder_merge(struct lg_recorder *into, const struct lg_recorder *r)
{
    for (size_t i = 0; i < lg_shape_counts(&r->shape); i++) {
        into->counts[i] += r->counts[i];
    }
    for (size_t i = 0; i < lg_shape_hists(&r->shape); i++) {
        lg_hist_merge(&into->hists[i], &r->hists[i]);
    }
    into->cpu += r->cpu;
    into->run_queue += r->run_queue;
    merge_failures(into, r->failures, r->failure_count);
}

struct packed_hist {
    struct lg_buf counts; /* lg_hist_pack */
    uint64_t count, over;
    lg_ns min, max;
    double sum;
};

struct lg_packed {
    struct lg_shape shape;
    int64_t row;
    lg_ns cpu, busiest, busiest_cpu, run_queue;
    uint64_t *counts;
    struct packed_hist *hists;
    struct lg_failure *failures;
    size_t failure_count;
};

static void pack_hist(struct packed_hist *out, const struct lg_hist *h)
{
    *out = (struct packed_hist){
        .count = h->count, .over = h->over, .min = h->min, .max = h->max, .sum = h->sum};
    if (h->count > 0) {
        lg_hist_pack(h, &out->counts);
    }
}

struct lg_packed *lg_recorder_pack(const struct lg_recorder *r)
{
    struct lg_packed *packed = lg_alloc(sizeof *packed);
    size_t counts = lg_shape_counts(&r->shape), hists = lg_shape_hists(&r->shape);
    packed->shape = r->shape;
    packed->row = r->row;
    packed->cpu = r->cpu;
    packed->busiest = r->busiest;
    packed->busiest_cpu = r->busiest_cpu;
    packed->run_queue = r->run_queue;
    packed->counts = lg_alloc_array(counts, sizeof *packed->counts);
    memcpy(packed->counts, r->counts, counts * sizeof *packed->counts);
    packed->hists = lg_alloc_array(hists, sizeof *packed->hists);
    for (size_t i = 0; i < hists; i++) {
        pack_hist(&packed->hists[i], &r->hists[i]);
    }
    packed->failures = lg_alloc_array(r->failure_count, sizeof *packed->failures);
    memcpy(packed->failures, r->failures, r->failure_count * sizeof *packed->failures);
    packed->failure_count = r->failure_count;
    return packed;
}

void lg_packed_free(struct lg_packed *packed)
{
    if (packed == NULL) {
        return;
    }
    for (size_t i = 0; i < lg_shape_hists(&packed->shape); i++) {
        lg_buf_free(&packed->hists[i].counts);
    }
    free(packed->counts);
    free(packed->hists);
    free(packed->failures);
    free(packed);
}

/* The counts know each value to its slot only; extremes and sum were kept beside them. */
static void unpack_hist(struct lg_hist *into, const struct packed_hist *p, struct lg_hist *scratch)
{
    into->over += p->over;
    if (p->count == 0) {
        return;
    }
    bool ok = lg_hist_unpack(scratch, lg_buf_slice(&p->counts));
    LG_ASSERT(ok && scratch->count == p->count);
    scratch->min = p->min;
    scratch->max = p->max;
    scratch->sum = p->sum;
    lg_hist_merge(into, scratch);
}

void lg_packed_merge(struct lg_recorder *into, const struct lg_packed *packed)
{
    struct lg_hist scratch;
    lg_hist_init(&scratch);
    for (size_t i = 0; i < lg_shape_counts(&packed->shape); i++) {
        into->counts[i] += packed->counts[i];
    }
    for (size_t i = 0; i < lg_shape_hists(&packed->shape); i++) {
        unpack_hist(&into->hists[i], &packed->hists[i], &scratch);
    }
    into->cpu += packed->cpu;
    into->busiest += packed->busiest;
    into->busiest_cpu += packed->busiest_cpu;
    into->run_queue += packed->run_queue;
    merge_failures(into, packed->failures, packed->failure_count);
    lg_hist_fini(&scratch);
}

int64_t lg_packed_row(const struct lg_packed *packed)
{
    return packed->row;
}
