/* The command from its words to its exit code, over stored runs. */
#include "cli/cli.h"
#include "report/write.h"

#include "support/leak_check.h"
#include "support/scratch.h"
#include "support/unpacked.h"

#include "../analysis/made_run.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

enum { TEXT = 1 << 16, WORDS = 8, FILE_PATH = SCRATCH_PATH + 64, LINE = 2 * FILE_PATH };

static char folder[SCRATCH_PATH];

static void make_folder(void)
{
    scratch_make(folder);
}

static void remove_folder(void)
{
    scratch_remove(folder);
    fail_on_leak();
}

TestSuite(cmd_compare, .init = make_folder, .fini = remove_folder);

static void store(const char *name, struct lg_record *raw)
{
    struct lg_record *record = made_run_stored(raw);
    struct lg_arena *errors = lg_arena_new();
    struct lg_buf json = {0};
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    lg_record_write(record, &json);
    const char *why = lg_report_write_file(path, lg_buf_slice(&json), errors);
    cr_assert_null(why, "%s", why);
    lg_buf_free(&json);
    lg_arena_free(errors);
    lg_record_free(record);
}

static void read_back(const char *name, char out[TEXT])
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s", path);
    size_t n = fread(out, 1, TEXT - 1, file);
    out[n] = '\0';
    fclose(file);
}

struct said {
    int code;
    char out[TEXT], err[TEXT];
};

static void redirect(int fd, const char *name)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_geq(file, 0);
    cr_assert_eq(dup2(file, fd), fd);
    close(file);
}

/* The words are parted by blanks; a run's name means its file. */
static void run(const char *words, struct said *said)
{
    char copy[LINE], paths[WORDS][FILE_PATH], *argv[WORDS + 2] = {"compare"}, *rest = copy;
    int argc = 1, out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word; (word = strsep(&rest, " ")) != NULL && argc <= WORDS; argc++) {
        bool is_file = word[0] == '@';
        snprintf(paths[argc - 1], sizeof paths[0], is_file ? "%s/%s" : "%.0s%s", folder,
                 word + is_file);
        argv[argc] = paths[argc - 1];
    }
    fflush(stdout);
    fflush(stderr);
    redirect(STDOUT_FILENO, "out");
    redirect(STDERR_FILENO, "err");
    optind = 0;
    said->code = lg_cmd_compare(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    read_back("out", said->out);
    read_back("err", said->err);
}

static void store_all(void)
{
    store("a", made_run_raw(&(struct made_run){.trials = 5, .noise = 0.01, .run = 1}));
    store("same", made_run_raw(&(struct made_run){.trials = 5, .noise = 0.01, .run = 2}));
    store("slow",
          made_run_raw(&(struct made_run){.trials = 5, .noise = 0.01, .run = 3, .slower = 1.3}));
    store("short",
          made_run_raw(&(struct made_run){.trials = 1, .noise = 0.01, .run = 4, .slower = 1.3}));
    struct lg_record *other =
        made_run_raw(&(struct made_run){.trials = 5, .noise = 0.01, .run = 5, .slower = 1.3});
    other->environment.cpu = "another CPU";
    other->settings[3].value = "240/s";
    store("unlike", other);
    struct lg_record *invalid =
        made_run_raw(&(struct made_run){.trials = 5, .noise = 0.01, .run = 6, .slower = 1.3});
    invalid->targets[0].trials[2].generator.busiest_5s = 1;
    store("invalid", invalid);
}

Test(cmd_compare, ends_with_the_code_that_a_job_needs)
{
    static const struct {
        const char *words;
        int code;
        const char *out, *err;
    } rows[] = {
        {"@a.json @same.json", 0, "B is the same as A within the margin", ""},
        {"@a.json @slow.json", 3, "B is worse than A: checkout response p50", ""},
        {"@slow.json @a.json", 0, "B is better than A: checkout response p50", ""},
        {"@a.json @short.json", 0, "No verdict", ""},
        {"@a.json @unlike.json", 2, "", "cpu: A has CPU, B has another CPU"},
        {"@a.json @unlike.json", 2, "", "users chatter: rate: A has 120/s, B has 240/s"},
        {"@a.json @unlike.json --force", 3, "UNLIKE (--force): cpu", ""},
        {"@a.json @invalid.json", 4, "INVALID: run B: ", ""},
        {"@invalid.json @a.json", 4, "not judged: a trial is invalid", ""},
        {"@a.json @slow.json --target node", 3, "Comparison: node", ""},
        {"@a.json @slow.json", 3, "A         B     B / A  95 % interval\n- checkout response p50",
         ""},
        {"@a.json @slow.json --target x", 2, "", "no target 'x' with a trial in both runs"},
        {"@a.json @slow.json --md", 3, "### B is worse than A: checkout response p50", ""},
        {"@a.json", 2, "", "which two runs?"},
        {"@a.json @same.json @slow.json", 3, "\nC is worse than A: checkout response p50", ""},
        {"@a.json @slow.json --format md", 3, "### B is worse than A: checkout", ""},
        {"@a.json @slow.json --format pdf", 2, "", "there are text, md, html and json"},
        {"@a.json @slow.json --out /nowhere/x", 1, "", "cannot write /nowhere/x"},
        {"@a.json @none.json", 2, "", "No such file or directory"},
        {"@a.json @err", 2, "", ""}, /* a file that is no record */
        {"--nonsense", 2, "", "--help"},
        {"--help", 0, "usage: loadgen compare RUN RUN", ""},
    };
    store_all();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct said said;
        run(rows[i].words, &said);
        cr_expect_eq(said.code, rows[i].code, "%s: %d\n%s%s", rows[i].words, said.code, said.out,
                     said.err);
        cr_expect_not_null(strstr(said.out, rows[i].out), "%s: %s", rows[i].words, said.out);
        cr_expect_not_null(strstr(said.err, rows[i].err), "%s: %s", rows[i].words, said.err);
        cr_expect(said.code == 1 || said.code == 2 || said.err[0] == '\0', "%s: %s", rows[i].words,
                  said.err);
        cr_expect(said.code != 2 || said.out[0] == '\0', "%s: %s", rows[i].words, said.out);
    }
}

Test(cmd_compare, text_fits_80_columns)
{
    static const char *const words[] = {"@a.json @slow.json", "@a.json @unlike.json --force",
                                        "@a.json @invalid.json"};
    store_all();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct said said;
        run(words[i], &said);
        for (char *line = said.out; *line != '\0'; line += strcspn(line, "\n") + 1) {
            /* The folder is not loadgen's to choose. */
            bool names_folder = memmem(line, strcspn(line, "\n"), folder, strlen(folder)) != NULL;
            size_t most = 80 + (names_folder ? strlen(folder) : 0);
            cr_expect_leq(strcspn(line, "\n"), most, "%.100s", line);
        }
    }
}

Test(cmd_compare, json_goes_to_stdout_or_a_file)
{
    struct said said;
    char text[TEXT];
    store_all();
    run("@a.json @slow.json --json -", &said);
    cr_expect_eq(said.code, 3);
    json_t *root = json_loads(said.out, 0, NULL);
    cr_assert_not_null(root, "%s", said.out);
    cr_expect_str_eq(json_string_value(json_object_get(root, "schema")), "loadgen.compare/1");
    json_t *rows =
        json_object_get(json_array_get(json_object_get(root, "targets"), 0), "comparison");
    json_t *first = json_array_get(rows, 0);
    cr_expect_str_eq(json_string_value(json_object_get(first, "metric")), "checkout response p50");
    cr_expect_str_eq(json_string_value(json_object_get(first, "difference")), "worse");
    double low = json_real_value(json_array_get(json_object_get(first, "ci95"), 0));
    cr_expect(low > 1.25 && low < 1.3, "%g", low);
    json_decref(root);
    run("@a.json @slow.json --json /nowhere/x", &said);
    cr_expect_eq(said.code, 1, "there is no such folder");
    char words[LINE];
    snprintf(words, sizeof words, "@a.json @slow.json --json %s/c.json", folder);
    run(words, &said);
    cr_expect_eq(strncmp(said.out, "B is worse", 10), 0, "the text goes on, too");
    read_back("c.json", text);
    cr_expect_eq(strncmp(text, "{\n \"schema\": \"loadgen.compare/1\"", 32), 0, "%s", text);
}

Test(cmd_compare, a_page_lays_all_runs_over_each_other)
{
    struct said said;
    struct lg_buf page = {0};
    char words[LINE], piece[4096], path[FILE_PATH];
    store_all();
    snprintf(words, sizeof words, "@a.json @same.json @slow.json --format html --out %s/c.html",
             folder);
    run(words, &said);
    cr_expect_eq(said.code, 3);
    cr_expect_eq(strncmp(said.out, "B is the same", 13), 0, "the text goes to stdout");
    snprintf(path, sizeof path, "%s/c.html", folder);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) {
        lg_buf_add(&page, piece, n);
    }
    fclose(file);
    lg_buf_add(&page, "", 1);
    static const char *const parts[] = {"<h1 id=\"headline\" class=\"long\">B is the same as A",
                                        "C is worse than A: checkout response p50",
                                        "class=\"ratio\""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        cr_expect_not_null(strstr(page.p, parts[i]), "%s", parts[i]);
    }
    char *record = unpacked(page.p, "id=\"run\">");
    static const char *const names[] = {"\"A node\"", "\"B node\"", "\"C node\""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cr_expect_not_null(strstr(record, names[i]), "%s", names[i]);
    }
    free(record);
    lg_buf_free(&page);
}
