/* What failed and how, for where there is no table of it: the terminal, a pull request. */
#include "base/units.h"
#include "report/plain.h"
#include "report/sheet.h"

#include <stdlib.h>

enum { SAMPLE = 120 }; /* columns that are shown of one */

struct failure {
    const char *target, *step;
    enum lg_outcome_class class;
    int code;
    uint64_t count;
    const char *sample;
};

struct failures {
    struct failure *items;
    size_t count;
};

static struct failure *find(struct failures *all, const struct failure *like)
{
    for (size_t i = 0; i < all->count; i++) {
        struct failure *f = &all->items[i];
        if (f->class == like->class && f->code == like->code && f->target == like->target &&
            strcmp(f->step, like->step) == 0) {
            return f;
        }
    }
    return NULL;
}

static void add_step(struct failures *all, const char *target, const struct lg_step_result *step,
                     struct lg_arena *arena)
{
    for (size_t i = 0; !step->parallel && i < step->error_count; i++) {
        const struct lg_error_count *e = &step->errors[i];
        struct failure one = {.target = target,
                              .step = lg_plain_text(step->name),
                              .class = e->class,
                              .code = e->code,
                              .sample = lg_plain_text(e->sample)};
        struct failure *known = find(all, &one);
        if (known == NULL) {
            known = LG_ARENA_PUSH(arena, all->items, all->count);
            *known = one;
        }
        known->count += e->count;
    }
}

static int most_first(const void *pa, const void *pb)
{
    const struct failure *a = pa, *b = pb;
    return (a->count < b->count) - (a->count > b->count);
}

static struct failures gather(const struct lg_record *record, struct lg_arena *arena)
{
    struct failures all = {0};
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        for (size_t i = 0; i < target->trial_count; i++) {
            for (size_t k = 0; k < target->trials[i].step_count; k++) {
                add_step(&all, lg_plain_text(target->name), &target->trials[i].steps[k], arena);
            }
        }
    }
    if (all.count > 0) {
        qsort(all.items, all.count, sizeof *all.items, most_first);
    }
    return all;
}

/* What the code of a class says, where nobody could guess it from the sample.  A stored record may
 * hold any. */
static const char *detail(const struct failure *f, struct lg_arena *arena)
{
    if (f->class == LG_PROTOCOL && f->code >= 0 && f->code < LG_PROTOCOL_FAULTS) {
        return lg_arena_printf(arena, " (%s)",
                               lg_protocol_fault_name((enum lg_protocol_fault)f->code));
    }
    return f->class == LG_WS_CLOSE ? lg_arena_printf(arena, " (%d)", f->code) : "";
}

/* "node, order: status, 66 times: HTTP 404" */
static const char *words(const struct failure *f, bool named, struct lg_arena *arena)
{
    char count[LG_UNIT_TEXT];
    struct lg_buf sample = {0};
    lg_plain_add(&sample, f->sample, SAMPLE);
    while (sample.n > 0 && sample.p[sample.n - 1] == ' ') {
        sample.n--;
    }
    const char *text =
        lg_arena_printf(arena, "%s%s%s: %s%s, %s time%s%s%.*s", named ? f->target : "",
                        named ? ", " : "", f->step, lg_outcome_name(f->class), detail(f, arena),
                        lg_show_count(count, (double)f->count), f->count == 1 ? "" : "s",
                        sample.n > 0 ? ": " : "", (int)sample.n, sample.n > 0 ? sample.p : "");
    lg_buf_free(&sample);
    return text;
}

const char **lg_sheet_failures(struct lg_arena *arena, const struct lg_record *record, size_t most,
                               size_t *count)
{
    struct failures all = gather(record, arena);
    size_t shown = all.count > most + 1 ? most : all.count, n = 0;
    const char **lines = NULL;
    for (size_t i = 0; i < shown; i++) {
        *LG_ARENA_PUSH(arena, lines, n) = words(&all.items[i], record->target_count > 1, arena);
    }
    if (shown < all.count) {
        *LG_ARENA_PUSH(arena, lines, n) =
            lg_arena_printf(arena, "and %zu other kinds", all.count - shown);
    }
    *count = n;
    return lines;
}
