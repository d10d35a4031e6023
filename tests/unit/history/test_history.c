#include "base/buf.h"
#include "history/history.h"
#include "support/leak_check.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A folder of its own for each test. */
struct place {
    char folder[SCRATCH_PATH], file[SCRATCH_PATH + 32];
    struct lg_arena *arena;
    const char *why;
};

static struct place place;

static void begin(void)
{
    scratch_make(place.folder);
    snprintf(place.file, sizeof place.file, "%s/history.db", place.folder);
    place.arena = lg_arena_new();
    place.why = NULL;
}

static void end(void)
{
    static const char *const names[] = {"history.db", "history.db-journal", "other.db"};
    lg_arena_free(place.arena);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[SCRATCH_PATH + 32];
        snprintf(path, sizeof path, "%s/%s", place.folder, names[i]);
        unlink(path);
    }
    cr_expect(rmdir(place.folder) == 0, "nothing else is left behind");
    fail_on_leak();
}

TestSuite(history, .init = begin, .fini = end);

static struct lg_history *open_it(void)
{
    struct lg_history *h = lg_history_open(place.file, LG_HISTORY_WRITE, place.arena, &place.why);
    cr_assert(h != NULL, "%s", place.why);
    return h;
}

/* Night `number` with two metrics of one target, and one without data. */
static bool append(struct lg_history *h, int number, const char *environment, const char *digest)
{
    char id[32], at[32];
    snprintf(id, sizeof id, "night-%03d", number);
    snprintf(at, sizeof at, "2026-01-01T%02d:%02d:00Z", number / 60, number % 60);
    double p99[] = {1e6 + number, 1.1e6, 0.1, 1.25e6, 1e6 / 3};
    double rate[] = {1000.5, 999, 1001};
    struct lg_history_run runs[] = {{"chat", "runs/chat", digest, ""},
                                    {"shop", "", "", "node: did not start"}};
    struct lg_history_value values[] = {
        {"chat", "node", "say response p99", "ns", true, false, p99, 5, NULL, false, 0},
        {"chat", "node", "achieved rate", "per_s", false, false, rate, 3, "", false, 0},
        {"shop", "node", "errors", "share", true, true, NULL, 0, "node: did not start", false, 0}};
    struct lg_history_night night = {.id = id,
                                     .started_at = at,
                                     .commit = "c0ffee",
                                     .suite = "chat.ini, \"shop\".ini",
                                     .suite_digest = "d1",
                                     .environment = environment,
                                     .note = number == 2 ? "interrupted\nby SIGTERM" : "",
                                     .runs = runs,
                                     .run_count = 2,
                                     .values = values,
                                     .value_count = 3};
    return lg_history_append(h, &night, NULL, &place.why);
}

static struct lg_history_data read_it(struct lg_history *h, size_t most)
{
    struct lg_history_data data;
    bool ok = lg_history_read(h, most, place.arena, &data, &place.why);
    cr_assert(ok, "%s", place.why);
    return data;
}

static size_t nights_in(const char *file)
{
    struct lg_history *h = lg_history_open(file, LG_HISTORY_READ, place.arena, &place.why);
    cr_assert(h != NULL, "%s", place.why);
    size_t count = read_it(h, 0).night_count;
    lg_history_close(h);
    return count;
}

static char *export_of(struct lg_history *h)
{
    struct lg_buf out = {0};
    bool ok = lg_history_export(h, &out, &place.why);
    cr_assert(ok, "%s", place.why);
    return lg_buf_take(&out);
}

Test(history, what_was_appended_is_read_in_order)
{
    struct lg_history *h = open_it();
    for (int i = 1; i <= 3; i++) {
        cr_assert(append(h, i, "cpu", "d"), "%s", place.why);
    }
    lg_history_close(h);
    h = open_it();
    struct lg_history_data d = read_it(h, 0);
    cr_assert(d.night_count == 3 && d.in.night_count == 3 && d.in.series_count == 3);
    cr_assert_str_eq(d.nights[1].note, "interrupted\nby SIGTERM");
    cr_assert_str_eq(d.nights[0].commit, "c0ffee");
    cr_assert(d.nights[2].run_count == 2);
    cr_assert_str_eq(d.nights[2].runs[1].missing, "node: did not start");
    const struct lg_nightly_series *rate = &d.in.series[0], *p99 = &d.in.series[1];
    cr_assert_str_eq(rate->metric, "achieved rate");
    cr_assert(!rate->less_is_better && rate->nights[0].known && rate->nights[0].value == 1000.5);
    cr_assert(p99->less_is_better && p99->nights[2].trial_count == 5);
    cr_assert(p99->nights[2].trials[0] == 1e6 + 3 && p99->nights[2].trials[4] == 1e6 / 3);
    cr_assert(p99->nights[2].value == 1e6 + 3);
    cr_assert(d.in.series[2].share && !d.in.series[2].nights[0].known);
    cr_assert_str_eq(d.missing[2 * 3 + 1], "node: did not start");
    d = read_it(h, 2);
    cr_assert(d.night_count == 2);
    cr_assert_str_eq(d.nights[0].id, "night-002");
    lg_history_close(h);
}

Test(history, a_night_appended_twice_is_there_once)
{
    struct lg_history *h = open_it();
    cr_assert(append(h, 1, "cpu", "d"));
    struct lg_history_night again = {.id = "night-001",
                                     .started_at = "",
                                     .commit = "",
                                     .suite = "",
                                     .suite_digest = "",
                                     .environment = "other"};
    bool there = false;
    cr_assert(lg_history_append(h, &again, &there, &place.why) && there);
    struct lg_history_data d = read_it(h, 0);
    cr_assert(d.night_count == 1);
    cr_assert_str_eq(d.nights[0].environment, "cpu");
    lg_history_close(h);
}

Test(history, another_environment_or_scenario_breaks_and_a_clock_set_back_is_flagged)
{
    struct lg_history *h = open_it();
    append(h, 1, "cpu a", "d");
    append(h, 5, "cpu a", "d");
    append(h, 3, "cpu b", "d");
    append(h, 6, "", "d");
    append(h, 7, "cpu b", "e");
    struct lg_history_data d = read_it(h, 0);
    cr_assert_str_eq(d.nights[2].id, "night-003");
    bool backs[] = {false, false, true, false, false};
    bool breaks[] = {false, false, true, false, true};
    for (size_t i = 0; i < 5; i++) {
        cr_expect(d.nights[i].clock_back == backs[i], "night %zu", i);
        cr_expect(d.in.series[0].nights[i].broken == breaks[i], "night %zu", i);
    }
    cr_assert(d.nights[2].broken && !d.nights[4].broken, "of the machine, not of the scenario");
    lg_history_close(h);
}

static struct lg_history_note rerun_note(const char *night)
{
    return (struct lg_history_note){.kind = LG_HISTORY_RERUN,
                                    .night = night,
                                    .scenario = "chat",
                                    .target = "node",
                                    .metric = "say response p99",
                                    .good = "night-001",
                                    .verdict = LG_NIGHTLY_REFUTED,
                                    .ratio = 1.01,
                                    .low = 0.98,
                                    .high = 1.04,
                                    .pairs = 10,
                                    .at = "2026-01-02T00:00:00Z"};
}

Test(history, a_note_replaces_the_one_of_its_kind_and_needs_its_night)
{
    struct lg_history *h = open_it();
    append(h, 1, "cpu", "d");
    append(h, 2, "cpu", "d");
    struct lg_history_note note = rerun_note("night-002");
    cr_assert(lg_history_add_note(h, &note, &place.why), "%s", place.why);
    note.verdict = LG_NIGHTLY_PROVEN;
    cr_assert(lg_history_add_note(h, &note, &place.why));
    note.kind = LG_HISTORY_ACKNOWLEDGED;
    note.text = "meant so, \"really\"";
    cr_assert(lg_history_add_note(h, &note, &place.why));
    struct lg_history_data d = read_it(h, 0);
    cr_assert(d.note_count == 2 && d.in.note_count == 1);
    cr_assert(d.in.notes[0].verdict == LG_NIGHTLY_PROVEN && d.in.notes[0].night == 1);
    cr_assert_str_eq(d.in.series[d.in.notes[0].series].metric, "say response p99");
    cr_assert_str_eq(d.notes[1].text, "meant so, \"really\"");
    note.night = "night-009";
    cr_assert(!lg_history_add_note(h, &note, &place.why));
    cr_assert(strstr(place.why, "night-009") != NULL, "%s", place.why);
    lg_history_close(h);
}

Test(history, export_and_import_make_an_equal_history)
{
    struct lg_history *h = open_it();
    for (int i = 1; i <= 6; i++) {
        append(h, i, i < 4 ? "cpu, \"a\"" : "cpu b", "d");
    }
    struct lg_history_note note = rerun_note("night-004");
    lg_history_add_note(h, &note, &place.why);
    size_t pruned = 0;
    cr_assert(lg_history_prune(h, 4, &pruned, &place.why) && pruned == 2);
    char *first = export_of(h);
    char other_file[SCRATCH_PATH + 32];
    snprintf(other_file, sizeof other_file, "%s/other.db", place.folder);
    struct lg_history *other =
        lg_history_open(other_file, LG_HISTORY_WRITE, place.arena, &place.why);
    size_t added = 0, there = 0;
    bool ok = lg_history_import(other, lg_str(first), "first.csv", &added, &there, &place.why);
    cr_assert(ok && added == 6 && there == 0, "%s", place.why);
    char *second = export_of(other);
    cr_assert_str_eq(first, second);
    ok = lg_history_import(other, lg_str(first), "first.csv", &added, &there, &place.why);
    cr_assert(ok && added == 0 && there == 6);
    char *third = export_of(other);
    cr_assert_str_eq(first, third, "importing again changes nothing");
    free(first);
    free(second);
    free(third);
    lg_history_close(h);
    lg_history_close(other);
}

Test(history, pruning_keeps_nights_and_medians)
{
    struct lg_history *h = open_it();
    for (int i = 1; i <= 5; i++) {
        append(h, i, "cpu", i < 3 ? "d" : "e");
    }
    size_t pruned = 9;
    cr_assert(lg_history_prune(h, 2, &pruned, &place.why) && pruned == 3);
    struct lg_history_data d = read_it(h, 0);
    const struct lg_nightly_series *p99 = &d.in.series[1];
    cr_assert(d.night_count == 5 && d.nights[0].pruned && !d.nights[3].pruned);
    cr_assert(p99->nights[0].known && p99->nights[0].value == 1e6 + 1);
    cr_assert(p99->nights[0].trial_count == 0 && p99->nights[4].trial_count == 5);
    cr_assert(p99->nights[2].broken, "the break is remembered");
    cr_assert(lg_history_prune(h, 2, &pruned, &place.why) && pruned == 0);
    cr_assert(lg_history_prune(h, 100, &pruned, &place.why) && pruned == 0);
    lg_history_close(h);
}

Test(history, a_small_csv_is_enough)
{
    struct lg_history *h = open_it();
    static const char csv[] = "night,scenario,target,metric,better,value\n"
                              "1,chat,node,p99,lower,12.5\n"
                              "1,chat,node,p99,lower,13.5\n"
                              "2,chat,node,p99,lower,1e1\n";
    size_t added;
    bool ok = lg_history_import(h, lg_str(csv), "small.csv", &added, NULL, &place.why);
    cr_assert(ok && added == 2, "%s", place.why);
    struct lg_history_data d = read_it(h, 0);
    cr_assert(d.in.series_count == 1 && d.in.series[0].nights[0].value == 13);
    cr_assert(d.in.series[0].nights[1].value == 10 && !d.nights[0].clock_back);
    lg_history_close(h);
}

Test(history, mistakes_in_a_csv_are_told_all_at_once_and_nothing_is_imported)
{
    struct lg_history *h = open_it();
    static const char csv[] = "night,scenario,target,metric,better,value,started_at\n"
                              "1,chat,node,p99,lower,12.5,2026-01-01T00:00:00Z\n"
                              "2,chat,node,p99,less,abc,yesterday\n"
                              ",chat,node,p99,lower,1,\n"
                              "3,chat,,p99,lower,1,\n"
                              "4,chat,node,p99,lower,,\n"
                              "5,chat,\"no\"\"de\",p99,lower,nan,\n";
    cr_assert(!lg_history_import(h, lg_str(csv), "bad.csv", NULL, NULL, &place.why));
    static const char *const told[] = {"bad.csv:3:17: better: neither lower nor higher",
                                       "bad.csv:3:22: value: not a number",
                                       "bad.csv:3:26: started_at: not a time",
                                       "bad.csv:4:1: night: a name",
                                       "bad.csv:5:8: target: needed",
                                       "bad.csv:6:23: value: a row has",
                                       "bad.csv:7:27: value: not a number"};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        cr_expect(strstr(place.why, told[i]) != NULL, "%s\nis not in\n%s", told[i], place.why);
    }
    cr_assert(read_it(h, 0).night_count == 0);
    static const char names[] = "nigth,value\n1,2\n";
    cr_assert(!lg_history_import(h, lg_str(names), "names.csv", NULL, NULL, &place.why));
    cr_assert(strstr(place.why, "did you mean night?") != NULL, "%s", place.why);
    cr_assert(strstr(place.why, "the column night is missing") != NULL, "%s", place.why);
    cr_assert(!lg_history_import(h, lg_str("night\n\"1"), "open.csv", NULL, NULL, &place.why));
    cr_assert(strstr(place.why, "open.csv:2:1:") != NULL, "%s", place.why);
    lg_history_close(h);
}

/* Appends nights from..to in a process of its own, which writes a byte to `tell` (>= 0) after each;
 * returns its id. */
static pid_t append_elsewhere(int from, int to, int tell)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct lg_history *h =
            lg_history_open(place.file, LG_HISTORY_WRITE, place.arena, &place.why);
        bool ok = h != NULL;
        for (int i = from; ok && i <= to; i++) {
            ok = append(h, i, "cpu", "d") && (tell < 0 || write(tell, "", 1) == 1);
        }
        if (!ok) {
            fprintf(stderr, "%s\n", place.why);
        }
        _exit(ok ? 0 : 1);
    }
    return pid;
}

Test(history, two_programs_append_to_one_new_file_and_nothing_is_lost)
{
    pid_t pids[] = {append_elsewhere(1, 40, -1), append_elsewhere(21, 60, -1)};
    for (size_t i = 0; i < 2; i++) {
        int status = -1;
        cr_assert(waitpid(pids[i], &status, 0) == pids[i]);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    cr_assert(nights_in(place.file) == 60, "%zu", nights_in(place.file));
}

/* At whatever point it dies, what it said is there and the file is sound. */
Test(history, a_killed_writer_leaves_whole_nights)
{
    size_t said = 0;
    for (int round = 0; round < 10; round++) {
        int tell[2];
        cr_assert(pipe(tell) == 0);
        pid_t pid = append_elsewhere((int)said + 1, (int)said + 100000, tell[1]);
        close(tell[1]);
        char byte;
        for (int i = 0; i <= round; i++) {
            cr_assert(read(tell[0], &byte, 1) == 1);
            said++;
        }
        usleep((useconds_t)(137 * round)); /* somewhere within the next */
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (read(tell[0], &byte, 1) == 1) {
            said++;
        }
        close(tell[0]);
        cr_assert(nights_in(place.file) >= said, "a reader undoes what was left half done, too");
        struct lg_history *h = open_it();
        struct lg_history_data d = read_it(h, 0);
        cr_assert(d.night_count == said || d.night_count == said + 1, "%zu of %zu", d.night_count,
                  said);
        for (size_t i = 0; i < d.night_count; i++) {
            cr_assert(d.in.series[1].nights[i].trial_count == 5 && d.nights[i].run_count == 2);
        }
        said = d.night_count;
        lg_history_close(h);
    }
}

Test(history, a_full_disk_changes_nothing_and_says_so)
{
    struct lg_history *h = open_it();
    int night = 1;
    for (; night <= 20; night++) {
        append(h, night, "cpu", "d");
    }
    lg_history_close(h);
    pid_t pid = fork();
    if (pid == 0) {
        struct stat now;
        stat(place.file, &now);
        struct rlimit limit = {(rlim_t)now.st_size, (rlim_t)now.st_size};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        h = lg_history_open(place.file, LG_HISTORY_WRITE, place.arena, &place.why);
        bool failed = false;
        for (; h != NULL && !failed && night <= 200; night++) {
            failed = !append(h, night, "cpu", "d");
        }
        bool told = failed && strstr(place.why, "nothing was changed") != NULL &&
                    strstr(place.why, place.file) != NULL;
        _exit(told ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    size_t kept = nights_in(place.file);
    cr_assert(kept >= 20, "%zu", kept);
    h = open_it();
    cr_assert(append(h, 150, "cpu", "d"), "there is room again: %s", place.why);
    lg_history_close(h);
    cr_assert(nights_in(place.file) == kept + 1);
}

static void write_file(const char *text, size_t n)
{
    FILE *f = fopen(place.file, "w");
    fwrite(text, 1, n, f);
    fclose(f);
}

static void is_refused(enum lg_history_mode mode, const char *says)
{
    struct lg_history *h = lg_history_open(place.file, mode, place.arena, &place.why);
    cr_assert(h == NULL);
    cr_expect(strstr(place.why, says) != NULL, "%s", place.why);
    cr_expect(strstr(place.why, place.file) != NULL, "%s", place.why);
}

Test(history, what_is_no_history_is_refused_and_left_alone)
{
    is_refused(LG_HISTORY_READ, "no such history file");
    static const char text[] = "night,value\n1,2\n and so on, for long enough to be looked at ...";
    for (int mode = 0; mode < 2; mode++) {
        write_file(text, sizeof text);
        is_refused(mode == 0 ? LG_HISTORY_READ : LG_HISTORY_WRITE, "not a history file");
        struct stat now;
        cr_assert(stat(place.file, &now) == 0 && now.st_size == sizeof text);
    }
    unlink(place.file);
    sqlite3 *db;
    sqlite3_open(place.file, &db);
    sqlite3_exec(db, "CREATE TABLE mine (x)", NULL, NULL, NULL);
    sqlite3_close(db);
    is_refused(LG_HISTORY_WRITE, "some other database");
}

Test(history, a_newer_version_is_refused)
{
    lg_history_close(open_it());
    sqlite3 *db;
    sqlite3_open(place.file, &db);
    sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL);
    sqlite3_close(db);
    is_refused(LG_HISTORY_WRITE, "newer loadgen");
}

Test(history, a_damaged_file_is_refused_and_left_alone)
{
    struct lg_history *h = open_it();
    for (int i = 1; i <= 50; i++) {
        append(h, i, "cpu", "d");
    }
    lg_history_close(h);
    int fd = open(place.file, O_RDWR);
    char junk[4096];
    memset(junk, 0x5a, sizeof junk);
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = 4096; at < size; at += sizeof junk) {
        cr_assert(pwrite(fd, junk, sizeof junk, at) == sizeof junk);
    }
    close(fd);
    is_refused(LG_HISTORY_WRITE, "damaged");
    is_refused(LG_HISTORY_READ, "import the last export");
    struct stat now;
    cr_assert(stat(place.file, &now) == 0 && now.st_size == size);
}

Test(history, a_folder_that_is_not_there_is_named)
{
    strcat(place.file, "/no/where.db");
    is_refused(LG_HISTORY_WRITE, "does its folder exist");
    snprintf(place.file, sizeof place.file, "%s/history.db", place.folder);
}
