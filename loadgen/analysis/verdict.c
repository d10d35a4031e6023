#include "analysis/verdict.h"
#include "analysis/claims.h"
#include "analysis/headline.h"
#include "analysis/validity.h"
#include "base/units.h"

static void add_reason(struct lg_record *record, const char *text)
{
    *LG_ARENA_PUSH(record->arena, record->invalid_reasons, record->invalid_count) = text;
}

static void add_note(struct lg_record *record, const char *text)
{
    for (size_t i = 0; i < record->note_count; i++) {
        if (strcmp(record->notes[i], text) == 0) {
            return;
        }
    }
    /* The array may come from elsewhere with any capacity: it is copied, not grown. */
    const char **notes = lg_arena_alloc(record->arena, (record->note_count + 1) * sizeof *notes);
    for (size_t i = 0; i < record->note_count; i++) {
        notes[i] = record->notes[i];
    }
    notes[record->note_count++] = text;
    record->notes = notes;
}

static void find_reasons(struct lg_record *record, const struct lg_target_result *target)
{
    const char *name = lg_target_words(target);
    if (target->trial_count == 0) {
        add_reason(record, lg_arena_printf(record->arena, "%s: no trial was measured", name));
    }
    for (size_t i = 0; i < target->trial_count; i++) {
        const struct lg_trial_result *trial = &target->trials[i];
        for (size_t k = 0; k < trial->validity_count; k++) {
            const struct lg_validity *v = &trial->validity[k];
            if (v->measured && !v->met) {
                add_reason(record, lg_arena_printf(record->arena, "%s, trial %u: %s", name,
                                                   trial->number, v->text));
            }
        }
    }
}

static bool unmeasured_anywhere(const struct lg_record *record, const char *id)
{
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            const struct lg_trial_result *trial = &record->targets[t].trials[i];
            for (size_t k = 0; k < trial->validity_count; k++) {
                if (!trial->validity[k].measured && strcmp(trial->validity[k].id, id) == 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

static void note_unmeasured(struct lg_record *record)
{
    struct lg_buf ids = {0};
    size_t count = 0;
    const struct lg_validity_check *checks = lg_validity_checks(&count);
    for (size_t i = 0; i < count; i++) {
        if (unmeasured_anywhere(record, checks[i].id)) {
            lg_buf_addf(&ids, "%s%s", ids.n > 0 ? ", " : "", checks[i].id);
        }
    }
    if (ids.n > 0) {
        add_note(record, lg_arena_printf(record->arena,
                                         "Checks that were not measured, so nothing vouches for "
                                         "them: %.*s.",
                                         (int)ids.n, ids.p));
    }
    lg_buf_free(&ids);
}

/* Fewest connections that opened in any trial, by kind of user. */
static void note_connections(struct lg_record *record, const struct lg_target_result *target)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        for (size_t u = 0; u < target->trials[i].users_count; u++) {
            const struct lg_users_result *users = &target->trials[i].users[u];
            if (users->connected < users->connections) {
                add_note(record,
                         lg_arena_printf(record->arena,
                                         "%s, trial %u: %llu of %llu connections of %s opened.",
                                         lg_target_words(target), target->trials[i].number,
                                         (unsigned long long)users->connected,
                                         (unsigned long long)users->connections, users->name));
            }
        }
    }
}

static void note_deliveries(struct lg_record *record, const struct lg_target_result *target)
{
    struct lg_totals t = lg_totals_of(target);
    char duplicated[LG_UNIT_TEXT];
    char reordered[LG_UNIT_TEXT];
    if (t.duplicated + t.reordered > 0) {
        add_note(record,
                 lg_arena_printf(record->arena, "%s: %s deliveries came twice, %s out of order.",
                                 lg_target_words(target),
                                 lg_show_count(duplicated, (double)t.duplicated),
                                 lg_show_count(reordered, (double)t.reordered)));
    }
    if (t.arrivals.in_flight_at_end > 0) {
        add_note(record, lg_arena_printf(record->arena,
                                         "%s: %llu iterations had not ended when the run did; "
                                         "they rank above every one that had.",
                                         lg_target_words(target),
                                         (unsigned long long)t.arrivals.in_flight_at_end));
    }
}

static void note_steadiness(struct lg_record *record)
{
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            const char *steady = record->targets[t].trials[i].steady;
            if (steady != NULL && strcmp(steady, "too_short") == 0) {
                add_note(record,
                         "A trial with fewer than 60 whole seconds is too short to be tested "
                         "for a steady state.");
                return;
            }
        }
    }
}

static void note_machine(struct lg_record *record)
{
    for (size_t t = 0; t < record->target_count; t++) {
        struct lg_claim_case c = {.record = record, .target = &record->targets[t]};
        if (c.target->trial_count > 0 && !lg_claim_allowed(LG_CLAIM_ABSOLUTE, &c)) {
            add_note(record, "Generator and target shared one machine: the comparison holds, the "
                             "figures are not the target's capacity.");
            return;
        }
    }
}

void lg_verdict(struct lg_record *record)
{
    record->invalid_reasons = NULL;
    record->invalid_count = 0;
    for (size_t i = 0; i < record->target_count; i++) {
        find_reasons(record, &record->targets[i]);
        note_connections(record, &record->targets[i]);
        note_deliveries(record, &record->targets[i]);
    }
    if (record->target_count == 0) {
        add_reason(record, "no target was measured");
    }
    record->valid = record->invalid_count == 0;
    note_unmeasured(record);
    note_steadiness(record);
    note_machine(record);
    record->headline = lg_headline(record);
}
