/* Writes the report folder of a sample run, for the browser tests: sample_folder DIR [hostile]. */
#include "report/write.h"

#include "support/sample_record.h"

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

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: sample_folder DIR [hostile]\n", stderr);
        return 2;
    }
    struct lg_arena *errors = lg_arena_new();
    struct lg_record *record = sample_record();
    if (argc > 2) {
        make_hostile(record);
    }
    const char *why = lg_report_write_folder(record, argv[1], errors);
    if (why != NULL) {
        fprintf(stderr, "%s\n", why);
    }
    lg_record_free(record);
    lg_arena_free(errors);
    return why != NULL;
}
