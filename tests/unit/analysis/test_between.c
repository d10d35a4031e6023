#include "analysis/between.h"

#include "support/leak_check.h"

#include "made_run.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(between, .fini = fail_on_leak);

struct both {
    struct lg_record *a, *b;
    struct lg_arena *arena;
    struct lg_between between;
    bool found;
    const char *why;
};

static struct both compare_records(struct lg_record *a, struct lg_record *b, const char *target)
{
    struct both both = {.a = a, .b = b, .arena = lg_arena_new()};
    both.found = lg_between(a, b, target, both.arena, &both.between, &both.why);
    return both;
}

static struct both compare_runs(const struct made_run *a, const struct made_run *b)
{
    return compare_records(made_run(a), made_run(b), NULL);
}

static void both_fini(struct both *both)
{
    lg_record_free(both->a);
    lg_record_free(both->b);
    lg_arena_free(both->arena);
}

static const struct lg_comparison *find(const struct both *both, const char *metric)
{
    for (size_t i = 0; both->between.pair_count > 0 && i < both->between.pairs[0].row_count; i++) {
        if (strcmp(both->between.pairs[0].rows[i].metric, metric) == 0) {
            return &both->between.pairs[0].rows[i];
        }
    }
    cr_assert_fail("no %s", metric);
    return NULL;
}

Test(between, a_run_and_its_repetition_differ_in_at_most_5_of_100)
{
    static const double noises[] = {0.005, 0.03, 0.1};
    for (size_t k = 0; k < 3; k++) {
        int alarms = 0;
        for (uint64_t i = 0; i < 100; i++) {
            struct made_run a = {.trials = 5, .noise = noises[k], .run = 10000 * k + 2 * i};
            struct made_run b = a;
            b.run++;
            struct both both = compare_runs(&a, &b);
            cr_assert(both.between.pairs[0].row_count == 6 && both.between.valid);
            alarms += both.between.better + both.between.worse > 0;
            both_fini(&both);
        }
        cr_assert(alarms <= 5, "noise %g: %d of 100", noises[k], alarms);
    }
}

/* "cannot tell: about N more trials each needed" */
static size_t announced(const struct lg_comparison *c)
{
    const char *digits = strpbrk(c->verdict, "0123456789");
    cr_assert(c->difference == LG_DIFFERENCE_UNCLEAR && digits != NULL, "%s", c->verdict);
    return (size_t)strtoul(digits, NULL, 10);
}

Test(between, a_run_5_percent_slower_is_found_with_the_trials_announced)
{
    int found = 0, first = 0, asked = 0;
    for (uint64_t i = 0; i < 60; i++) {
        struct made_run a = {.trials = 5, .noise = 0.03, .run = 500000 + 2 * i};
        struct made_run b = {.trials = 5, .noise = 0.03, .run = a.run + 1, .slower = 1.05};
        struct both both = compare_runs(&a, &b);
        const struct lg_comparison *c = find(&both, "checkout response p50");
        if (c->difference == LG_DIFFERENCE_UNCLEAR) {
            asked++;
            a.trials = b.trials = 5 + announced(c);
        } else {
            first += c->difference == LG_DIFFERENCE_WORSE;
        }
        both_fini(&both);
        if (a.trials > 5) {
            both = compare_runs(&a, &b);
            found += find(&both, "checkout response p50")->difference == LG_DIFFERENCE_WORSE;
            both_fini(&both);
        }
    }
    cr_expect(asked >= 30, "%d of 60 asked for more", asked);
    cr_expect(10 * found >= 9 * asked, "%d of %d found it then, %d at once", found, asked, first);
}

Test(between, verdicts_have_ratio_interval_and_effect_size)
{
    struct made_run a = {.trials = 5, .noise = 0.01, .run = 1};
    struct made_run b = {.trials = 8, .noise = 0.01, .run = 2, .slower = 1.5};
    struct both both = compare_runs(&a, &b);
    const struct lg_comparison *c = find(&both, "checkout response p99");
    cr_expect(c->difference == LG_DIFFERENCE_WORSE && strncmp(c->verdict, "slower", 6) == 0);
    cr_expect(c->low > 1.45 && c->low < c->ratio && c->ratio < c->high && c->high < 1.55,
              "%g (%g to %g)", c->ratio, c->low, c->high);
    cr_expect_eq(c->a12, 1);
    cr_expect_eq(c->trials, 5);
    cr_expect_str_eq(c->a, "A");
    cr_expect_eq(find(&both, "achieved rate")->difference, LG_DIFFERENCE_WITHIN);
    cr_expect_str_eq(find(&both, "errors")->verdict, "none in either");
    cr_expect_eq(find(&both, "achieved rate")->a12, 0.5);
    cr_expect(both.between.worse == 3 && both.between.better == 0 &&
              both.between.unlike_count == 0);
    both_fini(&both);
}

Test(between, errors_are_compared_by_their_difference)
{
    static const struct {
        uint64_t a, b;
        enum lg_difference difference;
        const char *begins;
    } rows[] = {
        {0, 12, LG_DIFFERENCE_WORSE, "more: by 1 points (95 % interval of the difference 1 to 1)"},
        {12, 0, LG_DIFFERENCE_BETTER,
         "fewer: by 1 points (95 % interval of the difference -1 to -1)"},
        {6, 6, LG_DIFFERENCE_WITHIN, "the same within 0.1 points"},
        {0, 1, LG_DIFFERENCE_WITHIN, "the same within 0.1 points"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made_run a = {.trials = 5, .noise = 0.01, .run = 1, .failed = rows[i].a};
        struct made_run b = {.trials = 5, .noise = 0.01, .run = 2, .failed = rows[i].b};
        struct both both = compare_runs(&a, &b);
        const struct lg_comparison *c = find(&both, "errors");
        cr_expect_eq(c->difference, rows[i].difference, "row %zu: %s", i, c->verdict);
        cr_expect(strncmp(c->verdict, rows[i].begins, strlen(rows[i].begins)) == 0, "%s",
                  c->verdict);
        both_fini(&both);
    }
}

Test(between, few_trials_have_figures_and_no_verdict)
{
    for (size_t trials = 1; trials <= 2; trials++) {
        struct made_run a = {.trials = 5, .noise = 0.01, .run = 1};
        struct made_run b = {.trials = trials, .noise = 0.01, .run = 2, .slower = 2};
        struct both both = compare_runs(&a, &b);
        const struct lg_comparison *c = find(&both, "checkout response p50");
        cr_expect_eq(c->difference, LG_DIFFERENCE_NO_INTERVAL);
        cr_expect_str_eq(c->verdict, "fewer than three trials on one side: no interval");
        cr_expect(c->ratio > 1.9 && c->ratio < 2.1 && c->high == 0);
        both_fini(&both);
    }
}

Test(between, an_invalid_or_interrupted_run_is_not_judged)
{
    for (int what = 0; what < 3; what++) {
        struct made_run how = {.trials = 5, .noise = 0.01, .run = 1, .slower = 3};
        struct lg_record *b = made_run_raw(&how);
        struct lg_trial_result *last = &b->targets[0].trials[4];
        last->generator.busiest_5s = what == 0 ? 1 : 0.1;
        last->interrupted = b->interrupted = what == 1;
        how = (struct made_run){.trials = 5, .noise = 0.01, .run = 2};
        struct both both = what == 2 ? compare_records(made_run(&how), made_run_stored(b), NULL)
                                     : compare_records(made_run_stored(b), made_run(&how), NULL);
        enum lg_difference wanted = what == 2 ? LG_DIFFERENCE_WORSE : LG_DIFFERENCE_NOT_JUDGED;
        cr_expect_eq(both.between.valid, what == 2);
        cr_expect_eq(find(&both, "checkout response p50")->difference, wanted, "case %d", what);
        both_fini(&both);
    }
}

/* ---- likeness ---- */

enum change {
    CPU,
    KERNEL,
    OS,
    GOVERNOR,
    CORES,
    MEMORY,
    A_LITTLE_MEMORY,
    LIBRARY,
    NEW_LIBRARY,
    RATE,
    SECOND_CHECK,
    NEW_SECTION,
    TRIALS,
    OBJECTIVE,
    COMMAND,
    FASTIFY,
    COMMIT,
    COMPANY,
    A_LITTLE_COMPANY,
    UNKNOWN_COMPANY,
    NOTHING,
};

static void change(struct lg_record *r, enum change what)
{
    struct lg_environment *e = &r->environment;
    struct lg_setting_result *s = r->settings;
    switch (what) {
    case CPU:
        e->cpu = "other";
        break;
    case KERNEL:
        e->kernel = "other";
        break;
    case OS:
        e->os = "other";
        break;
    case GOVERNOR:
        e->governor = "powersave";
        break;
    case CORES:
        e->cores = 4;
        break;
    case MEMORY:
        e->memory_bytes *= 2;
        break;
    case A_LITTLE_MEMORY:
        e->memory_bytes += 1 << 20;
        break;
    case LIBRARY:
        e->versions[1].value = "2.2";
        break;
    case NEW_LIBRARY:
        *LG_ARENA_PUSH(r->arena, e->versions, e->version_count) = (struct lg_name_value){"x", "1"};
        break;
    case RATE:
        s[3].value = "121/s";
        break;
    case SECOND_CHECK:
        *LG_ARENA_PUSH(r->arena, r->settings, r->setting_count) = s[4];
        break;
    case NEW_SECTION:
        for (const char *const *key = (const char *const[]){"request", "timeout", NULL}; *key;
             key++) {
            *LG_ARENA_PUSH(r->arena, r->settings, r->setting_count) =
                (struct lg_setting_result){.section = "step pay", .key = *key, .value = "x"};
        }
        break;
    case TRIALS:
        s[1].value = "8";
        break;
    case OBJECTIVE:
        s[5].value = "rate < 2%";
        break;
    case COMMAND:
        s[6].value = "node b.js";
        break;
    case FASTIFY:
        r->targets[0].versions[0].value = "5.1";
        break;
    case COMMIT:
        e->commit = "another";
        break;
    case COMPANY:
    case A_LITTLE_COMPANY:
    case UNKNOWN_COMPANY:
        for (size_t i = 0; i < r->targets[0].trial_count; i++) {
            r->targets[0].trials[i].generator.others_share = what == COMPANY           ? 0.25
                                                             : what == UNKNOWN_COMPANY ? -1
                                                                                       : 0.04;
        }
        break;
    case NOTHING:
        break;
    }
}

Test(between, what_is_not_alike_is_named_with_both_values)
{
    static const struct {
        enum change what;
        const char *kind, *name, *a, *b; /* kind NULL: alike enough */
    } rows[] = {
        {CPU, "environment", "cpu", "CPU", "other"},
        {KERNEL, "environment", "kernel", "Linux 6.1", "other"},
        {OS, "environment", "system", "Debian 12", "other"},
        {GOVERNOR, "environment", "cpu frequency governor", "performance", "powersave"},
        {CORES, "environment", "cores", "2", "4"},
        {MEMORY, "environment", "bytes of memory", "8589934592", "17179869184"},
        {A_LITTLE_MEMORY, NULL, "", "", ""},
        {LIBRARY, "environment", "version of libevent", "2.1.12", "2.2"},
        {NEW_LIBRARY, "environment", "version of x", "", "1"},
        {RATE, "scenario", "users chatter: rate", "120/s", "121/s"},
        {SECOND_CHECK, "scenario", "step checkout: check", "", "status 200"},
        {NEW_SECTION, "scenario", "[step pay]", "", "it"},
        {TRIALS, NULL, "", "", ""},
        {OBJECTIVE, NULL, "", "", ""},
        {COMMAND, "target", "target node: command", "node a.js", "node b.js"},
        {FASTIFY, "target", "node: version of fastify", "5.0", "5.1"},
        {COMMIT, NULL, "", "", ""},
        {COMPANY, "environment", "node: CPU time taken by other programs", "0 %", "25 %"},
        {A_LITTLE_COMPANY, NULL, "", "", ""},
        {UNKNOWN_COMPANY, NULL, "", "", ""},
        {NOTHING, NULL, "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made_run how = {.trials = 3, .noise = 0.01, .run = 1};
        struct lg_record *b = made_run_raw(&how);
        change(b, rows[i].what);
        struct both both = compare_records(made_run(&how), made_run_stored(b), NULL);
        cr_expect_eq(both.between.unlike_count, rows[i].kind != NULL ? 1 : 0, "row %zu", i);
        if (rows[i].kind != NULL && both.between.unlike_count == 1) {
            const struct lg_unlike *u = &both.between.unlike[0];
            cr_expect_str_eq(lg_unlike_name(u->kind), rows[i].kind);
            cr_expect_str_eq(u->what, rows[i].name);
            cr_expect_str_eq(u->a, rows[i].a);
            cr_expect_str_eq(u->b, rows[i].b);
        }
        both_fini(&both);
    }
}

/* ---- which targets ---- */

static struct lg_record *with_targets(const char *const *names)
{
    struct lg_record *record = lg_record_new();
    made_environment(record);
    for (; *names != NULL; names++) {
        struct lg_target_result *target = made_target(record, *names, *names);
        for (int i = 0; i < 3 && (*names)[0] != '-'; i++) {
            made_trial(record, target, &(struct made){.ms = 5, .cpu_us = 50});
        }
    }
    return made_run_stored(record);
}

Test(between, targets_are_matched_by_name_or_by_being_the_only_ones)
{
    static const struct {
        const char *a[4], *b[4], *only, *pairs;
    } rows[] = {
        {{"node", "django"}, {"django", "node"}, NULL, "node-node django-django "},
        {{"node", "django"}, {"django"}, NULL, "django-django "},
        {{"node", "django"}, {"django", "node"}, "node", "node-node "},
        {{"node"}, {"django"}, NULL, "node-django "},
        {{"node"}, {"-none", "django"}, NULL, "node-django "},
        {{"node"}, {"django"}, "node", ""},
        {{"node", "x"}, {"django"}, NULL, ""},
        {{"-none"}, {"-none"}, NULL, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct both both =
            compare_records(with_targets(rows[i].a), with_targets(rows[i].b), rows[i].only);
        char pairs[128] = "";
        for (size_t k = 0; k < both.between.pair_count; k++) {
            const struct lg_between_pair *p = &both.between.pairs[k];
            snprintf(pairs + strlen(pairs), sizeof pairs - strlen(pairs), "%s-%s ", p->a, p->b);
        }
        cr_expect_str_eq(pairs, rows[i].pairs, "row %zu: %s", i, pairs);
        cr_expect_eq(both.found, rows[i].pairs[0] != '\0');
        cr_expect(both.found || strstr(both.why, "target") != NULL);
        both_fini(&both);
    }
}

Test(between, targets_of_different_names_may_have_other_versions)
{
    struct made_run a = {.trials = 3, .run = 1}, b = {.trials = 3, .run = 2, .target = "bun"};
    struct lg_record *other = made_run_raw(&b);
    change(other, FASTIFY);
    struct both both = compare_records(made_run(&a), made_run_stored(other), NULL);
    cr_expect(both.found && both.between.unlike_count == 0);
    both_fini(&both);
}

Test(between, a_run_with_itself_and_another_build_are_noted)
{
    struct made_run how = {.trials = 3, .run = 1};
    struct both both = compare_runs(&how, &how);
    cr_expect(both.between.note_count == 1 && strstr(both.between.notes[0], "one and the same"));
    both_fini(&both);
    struct lg_record *b = made_run_raw(&(struct made_run){.trials = 3, .run = 2});
    change(b, COMMIT);
    both = compare_records(made_run(&how), made_run_stored(b), NULL);
    cr_expect(both.between.note_count == 2 && strstr(both.between.notes[0], "not interleaved"));
    cr_expect_str_eq(both.between.notes[1],
                     "loadgen was built from 0123456789ab for A and from another for B.");
    both_fini(&both);
}
