/* What the sheet says of steps at once: which of them a group waits for, and how it fails. */
#include "report/plain.h"
#include "report/sheet_build.h"

static bool is_part(const struct lg_step_result *step, const char *group)
{
    const char *part_of = lg_plain_text(step->part_of);
    return part_of[0] != '\0' && strcmp(part_of, lg_plain_text(group)) == 0;
}

/* A step may be part of several groups; the record names the first and counts over all of them.
 * Shares are given only where the parts account for each success of their group. */
static bool adds_up(const struct lg_trial_result *t, const struct lg_step_result *group)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->step_count; i++) {
        sum += is_part(&t->steps[i], group->name) ? t->steps[i].slowest : 0;
    }
    return sum > 0 && sum == group->outcomes[LG_OK];
}

static struct lg_figure slowest(const struct lg_trial_result *t, const char *name, double q)
{
    (void)q;
    const struct lg_step_result *part = lg_sheet_step(t, name);
    const struct lg_step_result *group = part ? lg_sheet_step(t, part->part_of) : NULL;
    return group && adds_up(t, group)
               ? lg_figure((double)part->slowest / (double)group->outcomes[LG_OK])
               : lg_figure_none;
}

enum count { FAILED, PARTIAL, TIMEOUT, PARTS };

static struct lg_figure count(const struct lg_trial_result *t, const char *name, double which)
{
    const struct lg_step_result *group = lg_sheet_step(t, name);
    if (group == NULL) {
        return lg_figure_none;
    }
    const uint64_t counts[] = {[FAILED] = lg_figure_failures(group),
                               [PARTIAL] = group->partial,
                               [TIMEOUT] = group->outcomes[LG_TIMEOUT],
                               [PARTS] = group->failed_parts};
    return lg_figure((double)counts[(int)which]);
}

/* Steps that failed are among the errors: only what those cannot tell is bad news once more. */
static void failure_rows(struct lg_sheet_builder *b, const char *group)
{
    static const struct {
        const char *label;
        enum count which;
    } rows[] = {{"failed", FAILED},
                {"failed, in part", PARTIAL},
                {"failed, timeout first", TIMEOUT},
                {"steps failed", PARTS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lg_sheet_row(b, &(struct lg_sheet_row_spec){.label = rows[i].label,
                                                    .unit = LG_SHEET_COUNT,
                                                    .metric = count,
                                                    .name = group,
                                                    .q = rows[i].which,
                                                    .total = true,
                                                    .bad = rows[i].which == PARTIAL});
    }
}

void lg_sheet_parallel(struct lg_sheet_builder *b, const struct lg_trial_result *model,
                       const struct lg_step_result *step)
{
    if (!step->parallel) {
        return;
    }
    const char *name = lg_plain_text(step->name);
    lg_sheet_group(b, lg_arena_printf(b->arena, "%s: steps at once", name),
                   b->sheet->trials > 1 ? "shares of what succeeded; failures, all trials"
                                        : "shares of what succeeded; failures");
    b->group->brief = name;
    for (size_t i = 0; i < model->step_count; i++) {
        const char *part = model->steps[i].name;
        if (is_part(&model->steps[i], name)) {
            lg_sheet_row(b,
                         &(struct lg_sheet_row_spec){
                             .label = lg_arena_printf(b->arena, "slowest: %s", lg_plain_text(part)),
                             .unit = LG_SHEET_SHARE,
                             .metric = slowest,
                             .name = part});
        }
    }
    failure_rows(b, name);
    lg_sheet_group_end(b);
}
