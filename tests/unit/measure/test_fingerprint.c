#include "measure/record.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>

TestSuite(fingerprint, .fini = fail_on_leak);

enum { MOST = 4 };

static void hash_of(struct lg_setting_result *settings, size_t count, char out[LG_SCENARIO_HASH])
{
    struct lg_record *record = lg_record_new();
    record->settings = settings;
    record->setting_count = count;
    lg_scenario_hash(record, out);
    lg_record_free(record);
}

static const struct lg_setting_result base[MOST] = {
    {"scenario", "duration", "60s", true},
    {"users chatter", "rate", "1k/s", false},
    {"step say", "check", "status 200", false},
    {"step say", "check", "contains ok", false},
};

Test(fingerprint, of_known_settings_is_the_sha_256_of_their_texts)
{
    /* printf 'scenario\0duration\00060s\0' | sha256sum */
    struct lg_setting_result one = base[0];
    char hash[LG_SCENARIO_HASH];
    hash_of(&one, 1, hash);
    cr_expect_str_eq(hash, "98dad9ec3d89f3f357754de16e8aef761d57da78c44f07968570f859a69950ae");
}

Test(fingerprint, changes_with_the_load_and_with_nothing_else)
{
    static const struct {
        const char *what;
        size_t row;
        struct lg_setting_result now;
        bool same;
    } rows[] = {
        {"a default spelled out", 0, {"scenario", "duration", "60s", false}, true},
        {"another value", 0, {"scenario", "duration", "61s", true}, false},
        {"another key", 1, {"users chatter", "rates", "1k/s", false}, false},
        {"another section", 1, {"users walker", "rate", "1k/s", false}, false},
        {"text moved from key to value", 1, {"users chatter", "rat", "e1k/s", false}, false},
        {"another order within a key", 3, {"step say", "check", "status 200", false}, false},
    };
    char before[LG_SCENARIO_HASH], after[LG_SCENARIO_HASH];
    struct lg_setting_result settings[MOST];
    memcpy(settings, base, sizeof base);
    hash_of(settings, MOST, before);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memcpy(settings, base, sizeof base);
        settings[rows[i].row] = rows[i].now;
        if (rows[i].row == 3) {
            settings[2] = base[3];
        }
        hash_of(settings, MOST, after);
        cr_expect_eq(strcmp(before, after) == 0, rows[i].same, "%s", rows[i].what);
    }
}

Test(fingerprint, does_not_depend_on_the_order_of_sections)
{
    char before[LG_SCENARIO_HASH], after[LG_SCENARIO_HASH];
    struct lg_setting_result settings[MOST] = {base[2], base[0], base[3], base[1]};
    struct lg_setting_result sorted[MOST];
    memcpy(sorted, base, sizeof base);
    hash_of(sorted, MOST, before);
    hash_of(settings, MOST, after);
    cr_expect_str_eq(before, after);
}

Test(fingerprint, leaves_out_names_objectives_trials_and_targets)
{
    static const struct {
        struct lg_setting_result setting;
        bool shapes;
    } rows[] = {
        {{"scenario", "name", "chat", false}, false},
        {{"scenario", "claim", "realtime", false}, false},
        {{"scenario", "trials", "5", false}, false},
        {{"scenario", "targets", "node", false}, false},
        {{"objectives", "errors", "rate < 1%", false}, false},
        {{"target node", "command", "node server.js", false}, false},
        {{"scenario", "seed", "42", true}, true},
        {{"scenario", "warmup", "auto", true}, true},
        {{"users target", "name", "x", false}, true},
        {{"step objectives", "body", "x", false}, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(lg_setting_shapes_load(&rows[i].setting), rows[i].shapes, "%s.%s",
                     rows[i].setting.section, rows[i].setting.key);
    }
}
