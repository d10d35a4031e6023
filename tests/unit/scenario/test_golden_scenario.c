/* Every tests/golden/scenario/NAME.ini is loaded and what comes out, the plan's dump or the
 * problems, is compared with NAME.out.  LG_UPDATE=1 writes the .out files instead; look at the diff
 * then. Lines "; --set TEXT", "; --quick", "; --target NAME" and "; --users NAME" stand for a
 * command line. */
#include "scenario/check.h"
#include "scenario/io.h"
#include "scenario/plan.h"
#include "scenario/problem.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
static void no_leaks(void)
{
    if (__lsan_do_recoverable_leak_check() != 0) {
        abort();
    }
}
#else
static void no_leaks(void)
{
}
#endif

enum { SETS = 16 };

struct command_line {
    const char *sets[SETS];
    size_t set_count;
    struct lg_plan_options options;
};

static const char *env_of(void *ctx, const char *name)
{
    (void)ctx;
    static const char *const pairs[][2] = {
        {"PATH", "/usr/bin:/bin"}, {"CHAT_URL", "http://127.0.0.1:9000"},
        {"RATE", "0/s"},           {"EMPTY", ""},
        {"EVIL", "a\r\nX: y"},     {"TOKEN", "tok-123"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (strcmp(pairs[i][0], name) == 0) {
            return pairs[i][1];
        }
    }
    return NULL;
}

static char *read_text(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return NULL;
    }
    struct lg_buf buf = {0};
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;) {
        lg_buf_add(&buf, chunk, n);
    }
    fclose(f);
    return lg_buf_take(&buf);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f, "%s", path);
    fputs(text, f);
    fclose(f);
}

static const char *rest_of(const char *line, const char *word)
{
    size_t n = strlen(word);
    return strncmp(line, word, n) == 0 ? line + n : NULL;
}

/* `text` is cut up and must live as long as the command line. */
static void read_command_line(char *text, struct command_line *out)
{
    char *state = NULL;
    for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
        const char *rest = NULL;
        if ((rest = rest_of(line, "; --set ")) != NULL && out->set_count < SETS) {
            out->sets[out->set_count++] = rest;
        } else if ((rest = rest_of(line, "; --target ")) != NULL) {
            out->options.target = rest;
        } else if ((rest = rest_of(line, "; --users ")) != NULL) {
            out->options.users = rest;
        } else if (rest_of(line, "; --quick") != NULL) {
            out->options.quick = true;
        }
    }
}

/* The absolute folder depends on where the tree stands. */
static char *without_folder(const char *text)
{
    char here[4096];
    cr_assert_not_null(getcwd(here, sizeof here));
    *strrchr(here, '/') = '\0'; /* tests/golden */
    struct lg_buf out = {0};
    for (const char *p = text; *p != '\0';) {
        const char *at = strstr(p, here);
        lg_buf_add(&out, p, at == NULL ? strlen(p) : (size_t)(at - p));
        lg_buf_adds(&out, at == NULL ? "" : "GOLDEN");
        p = at == NULL ? p + strlen(p) : at + strlen(here);
    }
    char *taken = lg_buf_take(&out);
    return taken;
}

static char *load(const char *file)
{
    char *text = read_text(file);
    cr_assert_not_null(text, "%s", file);
    struct command_line line = {0};
    read_command_line(text, &line);
    struct lg_io io = lg_io_real;
    io.env = env_of;
    line.options.io = &io;
    struct lg_problems problems;
    lg_problems_init(&problems);
    struct lg_plan *plan = lg_plan_load(file, line.sets, line.set_count, &line.options, &problems);
    cr_assert((plan == NULL) == (problems.count > 0), "%s: a plan, or problems, not both", file);
    struct lg_buf out = {0};
    if (plan == NULL) {
        lg_problems_write(&problems, &out);
    } else {
        lg_check_write(plan, &out);
    }
    lg_plan_free(plan);
    lg_problems_fini(&problems);
    free(text);
    char *raw = lg_buf_take(&out), *result = without_folder(raw);
    free(raw);
    return result;
}

static void check_case(const char *file)
{
    char *result = load(file);
    char *path = lg_printf("%.*s.out", (int)strlen(file) - 4, file);
    if (getenv("LG_UPDATE") != NULL) {
        write_text(path, result);
    }
    char *expected = read_text(path);
    cr_expect(expected != NULL, "%s is missing; LG_UPDATE=1 writes it", path);
    cr_expect(expected != NULL && strcmp(expected, result) == 0, "%s: expected\n%s\ngot\n%s", file,
              expected, result);
    free(expected);
    free(path);
    free(result);
}

static int is_case(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && strcmp(entry->d_name + n - 4, ".ini") == 0;
}

Test(golden_scenario, every_case_gives_what_its_out_file_says, .fini = no_leaks)
{
    cr_assert_eq(chdir(LG_SOURCE_DIR "/tests/golden/scenario"), 0);
    struct dirent **cases = NULL;
    int count = scandir(".", &cases, is_case, alphasort);
    cr_assert_gt(count, 20, "the cases are not where they should be");
    for (int i = 0; i < count; i++) {
        check_case(cases[i]->d_name);
        free(cases[i]);
    }
    free(cases);
}

/* With every line cut out, and with every prefix, a scenario gives a plan or problems with places.
 */
Test(golden_scenario, no_mutilation_goes_unnoticed_or_crashes, .fini = no_leaks)
{
    char *text = read_text(LG_SOURCE_DIR "/scenarios/chat.ini");
    cr_assert_not_null(text);
    char folder[SCRATCH_PATH], path[SCRATCH_PATH + 16];
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/s.ini", folder);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    size_t n = strlen(text);
    for (size_t cut = 0; cut < n; cut += 7) {
        cr_assert_eq(ftruncate(fd, 0), 0);
        cr_assert_eq(pwrite(fd, text, cut, 0), (ssize_t)cut);
        struct lg_problems problems;
        lg_problems_init(&problems);
        struct lg_plan *plan = lg_plan_load(path, NULL, 0, NULL, &problems);
        cr_expect_null(plan, "no targets are there: %zu bytes", cut);
        cr_expect_gt(problems.count, 0u);
        lg_plan_free(plan);
        lg_problems_fini(&problems);
    }
    close(fd);
    scratch_remove(folder);
    free(text);
}

/* Has the README's table a row with the scenario's name and claims? */
static bool is_listed(const char *table, const char *name, const char *claim)
{
    char *begins = lg_printf("\n| `%s` |", name);
    char *cell = lg_printf(claim[0] != '\0' ? "| %s |" : "|%s |", claim);
    const char *row = strstr(table, begins);
    const char *found = row != NULL ? strstr(row, cell) : NULL;
    bool listed = found != NULL && found < row + 1 + strcspn(row + 1, "\n");
    free(begins);
    free(cell);
    return listed;
}

/* With servers that run elsewhere, so that nothing needs to be installed. */
Test(golden_scenario, every_shipped_scenario_is_sound, .fini = no_leaks)
{
    static const char *const sets[] = {"scenario.targets = node, django",
                                       "target node.url = https://127.0.0.1:1",
                                       "target django.url = https://127.0.0.1:2"};
    cr_assert_eq(chdir(LG_SOURCE_DIR "/scenarios"), 0);
    struct dirent **cases = NULL;
    int count = scandir(".", &cases, is_case, alphasort);
    cr_assert_gt(count, 1);
    char *table = read_text("README.md");
    cr_assert_not_null(table);
    for (int i = 0; i < count; i++) {
        struct lg_problems problems;
        struct lg_buf out = {0};
        lg_problems_init(&problems);
        struct lg_plan *plan = lg_plan_load(cases[i]->d_name, sets, 3, NULL, &problems);
        lg_problems_write(&problems, &out);
        cr_expect_not_null(plan, "%.*s", (int)out.n, out.p);
        cr_expect(plan == NULL || strstr(plan->question, "Question:") == plan->question,
                  "%s does not open with its question", cases[i]->d_name);
        cr_expect(plan == NULL || lg_check_time(plan) < 60 * LG_S, "%s: no answer in a minute",
                  cases[i]->d_name);
        cr_expect(plan == NULL || is_listed(table, cases[i]->d_name, plan->claim),
                  "%s: README.md has no row with its name and claim", cases[i]->d_name);
        lg_plan_free(plan);
        lg_problems_fini(&problems);
        lg_buf_free(&out);
        free(cases[i]);
    }
    free(cases);
    free(table);
}

/* With 2 s for starting and stopping each server. */
Test(golden_scenario, a_quick_look_at_any_shipped_scenario_takes_15_s, .fini = no_leaks)
{
    static const struct lg_plan_options quick = {.quick = true};
    cr_assert_eq(chdir(LG_SOURCE_DIR "/scenarios"), 0);
    struct dirent **cases = NULL;
    int count = scandir(".", &cases, is_case, alphasort);
    cr_assert_gt(count, 1);
    for (int i = 0; i < count; i++) {
        struct lg_problems problems;
        lg_problems_init(&problems);
        struct lg_plan *plan = lg_plan_load(cases[i]->d_name, NULL, 0, &quick, &problems);
        cr_expect_not_null(plan, "%s", cases[i]->d_name);
        cr_expect(plan == NULL ||
                      lg_check_time(plan) + 2 * LG_S * (lg_ns)plan->target_count <= 15 * LG_S,
                  "%s takes too long", cases[i]->d_name);
        lg_plan_free(plan);
        lg_problems_fini(&problems);
        free(cases[i]);
    }
    free(cases);
}
