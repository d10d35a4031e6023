/* Writes the report folder of a sample run, for the browser tests:
 * sample_folder DIR [hostile|bare|empty|hour|streams|groups|capacity|trend]. */
#include "report/trend.h"
#include "report/write.h"

#include "support/hour_record.h"
#include "support/sample_capacity.h"
#include "support/sample_record.h"
#include "support/sample_trend.h"

#include <stdio.h>

#define ATTACK                                                                                     \
    "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\"'&@first@"

/* Every text that comes from outside tries to become markup. */
static void make_hostile(struct lg_record *record)
{
    record->name = record->question = record->headline = record->source = ATTACK;
    record->claim = record->command = record->file = ATTACK;
    record->notes[0] = record->environment.cpu = ATTACK;
    record->settings[0].value = record->comparisons[0].verdict = ATTACK;
    record->objectives[0].text = record->objectives[0].observed = ATTACK;
    record->valid = false;
    *LG_ARENA_PUSH(record->arena, record->invalid_reasons, record->invalid_count) = ATTACK;
    for (size_t t = 0; t < record->target_count; t++) {
        struct lg_target_result *target = &record->targets[t];
        target->label = target->url = target->versions[0].value = ATTACK;
        for (size_t i = 0; i < target->trial_count; i++) {
            target->trials[i].steps[1].name = target->trials[i].server.ended = ATTACK;
            target->trials[i].validity[0].text = ATTACK;
            target->trials[i].validity[0].met = t == 0;
        }
    }
    record->targets[1].trials[1].steps[1].errors[0].sample = ATTACK;
}

/* A run that broke off early: nothing is known but the shape. */
static void make_bare(struct lg_record *record)
{
    struct lg_trial_result *trial = &record->targets[0].trials[0];
    trial->timeline_count = 0;
    trial->validity_count = 0;
    trial->interrupted = true;
    trial->server = (struct lg_server_result){.ended = "killed by signal 9"};
    record->targets[1].trial_count = 0;
    record->targets[0].trial_count = 1;
    record->comparison_count = record->objective_count = record->note_count = 0;
}

static struct lg_record *record_of(const char *kind)
{
    if (strcmp(kind, "empty") == 0) {
        return lg_record_new();
    }
    if (strcmp(kind, "hour") == 0) {
        return hour_record();
    }
    struct lg_record *record = sample_record();
    if (strcmp(kind, "hostile") == 0) {
        make_hostile(record);
    }
    if (strcmp(kind, "streams") == 0) {
        sample_add_streams(record);
    }
    if (strcmp(kind, "groups") == 0) {
        sample_add_groups(record);
    }
    return record;
}

static const char *write_capacity(const char *folder, struct lg_arena *arena)
{
    struct lg_capacity_page page;
    struct lg_buf html = {0}, json = {0};
    sample_capacity(arena, &page);
    lg_report_capacity_html(&page, &html);
    lg_report_capacity_json(&page, &json);
    const char *why = lg_report_write_file(lg_arena_printf(arena, "%s/capacity.html", folder),
                                           lg_buf_slice(&html), arena);
    const char *also = lg_report_write_file(lg_arena_printf(arena, "%s/capacity.json", folder),
                                            lg_buf_slice(&json), arena);
    lg_buf_free(&html);
    lg_buf_free(&json);
    return why != NULL ? why : also;
}

/* The trend page of half a year in DIR/trend.html; the last night's report of shop lies where the
 * page says. */
static const char *write_trend(const char *folder, struct lg_arena *arena)
{
    enum { NIGHTS = 184 };
    struct lg_trend_page page;
    struct lg_buf html = {0};
    sample_trend(NIGHTS, arena, &page);
    lg_trend_html(&page, &html);
    const char *report = page.series[page.series_count - 1].points[NIGHTS - 1].report;
    const char *run =
        lg_arena_printf(arena, "%s/%.*s", folder, (int)(strrchr(report, '/') - report), report);
    struct lg_record *record = sample_record();
    const char *why = lg_report_write_folder(record, run, arena);
    lg_record_free(record);
    if (why == NULL) {
        why = lg_report_write_file(lg_arena_printf(arena, "%s/trend.html", folder),
                                   lg_buf_slice(&html), arena);
    }
    lg_buf_free(&html);
    return why;
}

static const char *write_run(const char *folder, const char *kind, struct lg_arena *errors)
{
    struct lg_record *record = record_of(kind);
    struct lg_record shown = *record;
    struct lg_target_result targets[2];
    if (strcmp(kind, "bare") == 0) {
        /* On copies, so that what is left out is freed all the same. */
        memcpy(targets, record->targets, sizeof targets);
        shown.targets = targets;
        make_bare(&shown);
    }
    const char *why = lg_report_write_folder(&shown, folder, errors);
    lg_record_free(record);
    return why;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: sample_folder DIR [hostile|bare|empty|hour|streams|groups|capacity|trend]\n",
              stderr);
        return 2;
    }
    struct lg_arena *errors = lg_arena_new();
    const char *kind = argc > 2 ? argv[2] : "";
    const char *why = strcmp(kind, "capacity") == 0 ? write_capacity(argv[1], errors)
                      : strcmp(kind, "trend") == 0  ? write_trend(argv[1], errors)
                                                    : write_run(argv[1], kind, errors);
    if (why != NULL) {
        fprintf(stderr, "%s\n", why);
    }
    int code = why != NULL;
    lg_arena_free(errors);
    return code;
}
