/* What the sheet says of deliveries. */
#include "report/plain.h"
#include "report/sheet_build.h"

static const struct lg_deliveries_result *deliveries_of(const struct lg_trial_result *t,
                                                        const char *name)
{
    for (size_t i = 0; i < t->deliveries_count; i++) {
        if (strcmp(lg_plain_text(t->deliveries[i].name), lg_plain_text(name)) == 0) {
            return &t->deliveries[i];
        }
    }
    return NULL;
}

static struct lg_figure delivery(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_deliveries_result *d = deliveries_of(t, name);
    return d ? lg_figure_quantile(d->delivery, q, lg_delivery_above(d), 0) : lg_figure_none;
}

static struct lg_figure delivery_max(const struct lg_trial_result *t, const char *name, double q)
{
    (void)q;
    const struct lg_deliveries_result *d = deliveries_of(t, name);
    return d ? lg_figure_max(d->delivery, lg_delivery_above(d), 0) : lg_figure_none;
}

static struct lg_figure spread(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_deliveries_result *d = deliveries_of(t, name);
    return d ? lg_figure_quantile(d->spread, q, 0, 0) : lg_figure_none;
}

enum completeness { EXPECTED, RECEIVED, LOST, DUPLICATED, REORDERED, UNEXPECTED };

static struct lg_figure completeness(const struct lg_trial_result *t, const char *name,
                                     double which)
{
    const struct lg_deliveries_result *d = deliveries_of(t, name);
    if (d == NULL) {
        return lg_figure_none;
    }
    const uint64_t counts[] = {
        [EXPECTED] = d->expected,     [RECEIVED] = d->received,   [LOST] = d->lost,
        [DUPLICATED] = d->duplicated, [REORDERED] = d->reordered, [UNEXPECTED] = d->unexpected};
    return lg_figure((double)counts[(int)which]);
}

void lg_sheet_deliveries(struct lg_sheet_builder *b, const struct lg_deliveries_result *d)
{
    static const struct {
        const char *label;
        enum completeness which;
    } rows[] = {{"expected", EXPECTED},     {"received", RECEIVED},   {"lost", LOST},
                {"duplicated", DUPLICATED}, {"reordered", REORDERED}, {"unexpected", UNEXPECTED}};
    lg_sheet_group(b, lg_arena_printf(b->arena, "%s: delivery time", lg_plain_text(d->name)),
                   "from the actual send to each receiver");
    b->group->brief = lg_arena_printf(b->arena, "%s delivery", lg_plain_text(d->name));
    b->brief = true;
    lg_sheet_percentiles(b, d->name, delivery, delivery_max, "lost");
    lg_sheet_typical(b, "first to last, p99", LG_SHEET_NS, spread, d->name, 0.99);
    lg_sheet_group_end(b);
    lg_sheet_group(b, lg_arena_printf(b->arena, "%s: completeness", lg_plain_text(d->name)),
                   b->sheet->trials > 1 ? "deliveries, all trials" : "deliveries");
    b->group->brief = lg_plain_text(d->name);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        b->brief = rows[i].which == LOST;
        lg_sheet_total(b, rows[i].label, completeness, d->name, rows[i].which,
                       rows[i].which >= LOST);
    }
    lg_sheet_group_end(b);
}
