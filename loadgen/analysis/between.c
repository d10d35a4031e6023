#include "analysis/between.h"

#include "analysis/compare_cell.h"
#include "analysis/unlike.h"

#include <stdlib.h>

/* ---- which targets ---- */

static const struct lg_target_result *find_target(const struct lg_record *record, const char *name)
{
    for (size_t i = 0; i < record->target_count; i++) {
        const struct lg_target_result *t = &record->targets[i];
        if (t->trial_count > 0 && t->name != NULL && strcmp(t->name, name) == 0) {
            return t;
        }
    }
    return NULL;
}

/* The only target that was measured; NULL: there are none or several. */
static const struct lg_target_result *only_target(const struct lg_record *record)
{
    const struct lg_target_result *only = NULL;
    for (size_t i = 0; i < record->target_count; i++) {
        if (record->targets[i].trial_count > 0) {
            if (only != NULL) {
                return NULL;
            }
            only = &record->targets[i];
        }
    }
    return only;
}

struct pairs {
    const struct lg_target_result **a, **b;
    size_t count;
};

static void add_pair(struct pairs *p, const struct lg_target_result *a,
                     const struct lg_target_result *b)
{
    p->a[p->count] = a;
    p->b[p->count++] = b;
}

static void match_targets(const struct lg_between *out, const char *only, struct pairs *p)
{
    for (size_t i = 0; i < out->a->target_count; i++) {
        const struct lg_target_result *a = &out->a->targets[i];
        if (a->trial_count == 0 || a->name == NULL ||
            (only != NULL && strcmp(a->name, only) != 0)) {
            continue;
        }
        const struct lg_target_result *b = find_target(out->b, a->name);
        if (b != NULL) {
            add_pair(p, a, b);
        }
    }
    const struct lg_target_result *a = only_target(out->a), *b = only_target(out->b);
    if (p->count == 0 && only == NULL && a != NULL && b != NULL) {
        add_pair(p, a, b);
    }
}

/* ---- the metrics ---- */

struct metrics {
    const struct lg_metric **rows;
    size_t count;
};

static struct metrics metrics_of(const struct lg_record *record, struct lg_arena *arena)
{
    struct metrics m = {0};
    size_t ratios = 0, shares = 0;
    const struct lg_metric *of_ratio = lg_metrics_of(record, arena, &ratios);
    const struct lg_metric *of_share = lg_metrics_shares(&shares);
    m.rows = lg_arena_alloc(arena, (ratios + shares) * sizeof *m.rows);
    for (size_t i = 0; i < ratios; i++) {
        m.rows[m.count++] = &of_ratio[i];
    }
    for (size_t i = 0; i < shares; i++) {
        m.rows[m.count++] = &of_share[i];
    }
    return m;
}

/* The target as one side: rows and sentences call it A or B. */
static const struct lg_target_result *side(const struct lg_target_result *target, const char *name,
                                           struct lg_arena *arena)
{
    struct lg_target_result *copy = lg_arena_alloc(arena, sizeof *copy);
    *copy = *target;
    copy->name = copy->label = name;
    return copy;
}

static void count_rows(struct lg_between *out, const struct lg_between_pair *pair)
{
    for (size_t i = 0; i < pair->row_count; i++) {
        enum lg_difference d = pair->rows[i].difference;
        out->better += d == LG_DIFFERENCE_BETTER;
        out->worse += d == LG_DIFFERENCE_WORSE;
        out->unclear += d == LG_DIFFERENCE_UNCLEAR;
    }
}

/* The cells of all pairs lie in one array, as Holm's rule goes over all of them. */
static void compare_pairs(struct lg_between *out, const struct pairs *p, struct lg_arena *arena)
{
    struct metrics metrics = metrics_of(out->a, arena);
    struct lg_compare_cell *cells = lg_alloc_array(p->count * metrics.count + 1, sizeof *cells);
    size_t *counts = lg_alloc_array(p->count + 1, sizeof *counts);
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct lg_target_result *a = side(p->a[i], "A", arena),
                                      *b = side(p->b[i], out->letter, arena);
        size_t before = count;
        for (size_t k = 0; k < metrics.count; k++) {
            cells[count] = (struct lg_compare_cell){.metric = metrics.rows[k], .a = a, .b = b};
            count += lg_compare_fill(&cells[count]);
        }
        counts[i] = count - before;
    }
    lg_compare_share_alpha(cells, count);
    const struct lg_compare_cell *cell = cells;
    for (size_t i = 0; i < count; i++) {
        lg_compare_decide(&cells[i], arena);
    }
    for (size_t i = 0; i < p->count; i++) {
        struct lg_between_pair *pair = LG_ARENA_PUSH(arena, out->pairs, out->pair_count);
        *pair = (struct lg_between_pair){.a = p->a[i]->name, .b = p->b[i]->name};
        for (size_t k = 0; k < counts[i]; k++) {
            *LG_ARENA_PUSH(arena, pair->rows, pair->row_count) = (cell++)->row;
        }
        count_rows(out, pair);
    }
    free(counts);
    free(cells);
}

/* ---- notes ---- */

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void note(struct lg_between *out, struct lg_arena *arena, const char *text)
{
    *LG_ARENA_PUSH(arena, out->notes, out->note_count) = text;
}

static void add_notes(struct lg_between *out, struct lg_arena *arena)
{
    const struct lg_record *a = out->a, *b = out->b;
    if (same_text(a->started_at, b->started_at) && same_text(a->command, b->command)) {
        note(out, arena, lg_arena_printf(arena, "A and %s are one and the same run.", out->letter));
    } else {
        note(out, arena,
             lg_arena_printf(arena,
                             "A and %s ran one after the other, not interleaved: what changed on "
                             "the machine in between counts as a difference, too. Two targets of "
                             "one run do not have that.",
                             out->letter));
    }
    if (!same_text(a->environment.commit, b->environment.commit)) {
        note(out, arena,
             lg_arena_printf(
                 arena, "loadgen was built from %s for A and from %s for %s.",
                 a->environment.commit && a->environment.commit[0] ? a->environment.commit
                                                                   : "an unknown commit",
                 b->environment.commit && b->environment.commit[0] ? b->environment.commit
                                                                   : "an unknown commit",
                 out->letter));
    }
    if (a->environment.open_files_limit != b->environment.open_files_limit ||
        a->environment.processes_limit != b->environment.processes_limit) {
        note(out, arena, "The limits on open files or processes were not the same.");
    }
}

bool lg_between(const struct lg_record *a, const struct lg_record *b, const char *target,
                struct lg_arena *arena, struct lg_between *out, const char **why)
{
    return lg_between_nth(a, b, 1, target, arena, out, why);
}

bool lg_between_nth(const struct lg_record *a, const struct lg_record *b, unsigned nth,
                    const char *target, struct lg_arena *arena, struct lg_between *out,
                    const char **why)
{
    *out = (struct lg_between){.a = a, .b = b};
    out->letter = lg_arena_printf(arena, "%c", 'A' + (int)(nth % 26));
    out->valid = a->valid && b->valid && !a->interrupted && !b->interrupted;
    struct pairs p = {
        .a = lg_arena_alloc(arena, (a->target_count + 1) * sizeof *p.a),
        .b = lg_arena_alloc(arena, (a->target_count + 1) * sizeof *p.b),
    };
    match_targets(out, target, &p);
    if (p.count == 0) {
        *why = target != NULL
                   ? lg_arena_printf(arena, "there is no target '%s' with a trial in both runs",
                                     target)
                   : "no target has trials in both runs";
        return false;
    }
    lg_unlike_environments(out, arena);
    lg_unlike_scenarios(out, arena);
    for (size_t i = 0; i < p.count; i++) {
        lg_unlike_company(out, p.a[i], p.b[i], arena);
        /* Of two targets of different names the difference is what was asked for. */
        if (same_text(p.a[i]->name, p.b[i]->name)) {
            lg_unlike_targets(out, p.a[i], p.b[i], arena);
        }
    }
    compare_pairs(out, &p, arena);
    add_notes(out, arena);
    return true;
}
