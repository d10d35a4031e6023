/* A scenario from memory: any text gives a plan or problems, and the plan can be written out.  The
 * text may be several files, cut at lines "=== NAME"; the first is the scenario. */
#include "scenario/check.h"
#include "scenario/explain.h"
#include "scenario/io.h"
#include "scenario/plan.h"
#include "scenario/problem.h"

#include <stdlib.h>

struct world {
    struct lg_slice text;
};

static struct lg_slice cut_file(struct lg_slice text, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = text.p; p != NULL && p < text.p + text.n;) {
        size_t left = (size_t)(text.p + text.n - p);
        if (left > n + 5 && memcmp(p, "=== ", 4) == 0 && memcmp(p + 4, name, n) == 0 &&
            p[4 + n] == '\n') {
            const char *begin = p + 5 + n;
            const char *end = memmem(begin, left - n - 5, "\n=== ", 5);
            return lg_slice(begin, end == NULL ? left - n - 5 : (size_t)(end - begin));
        }
        p = memchr(p, '\n', left);
        p = p == NULL ? NULL : p + 1;
    }
    return lg_slice(NULL, 0);
}

static const char *read_file(void *ctx, const char *path, struct lg_arena *arena,
                             struct lg_slice *text, const char **identity)
{
    struct lg_slice all = ((struct world *)ctx)->text, found = cut_file(all, path);
    if (strcmp(path, "main.ini") == 0) {
        const char *end = all.n > 0 ? memmem(all.p, all.n, "\n=== ", 5) : NULL;
        found = lg_slice(all.p, end == NULL ? all.n : (size_t)(end - all.p));
    } else if (found.p == NULL) {
        return "is not there";
    }
    /* A copy of exactly this size: reading past it is found. */
    *text = lg_slice(lg_arena_strndup(arena, found.p != NULL ? found.p : "", found.n), found.n);
    *identity = lg_arena_strdup(arena, path);
    return NULL;
}

static enum lg_io_kind kind_of(void *ctx, const char *path)
{
    struct lg_slice found = cut_file(((struct world *)ctx)->text, path);
    size_t n = strlen(path);
    if (found.p != NULL) {
        return LG_IO_PROGRAM;
    }
    return n > 0 && path[n - 1] == '/' ? LG_IO_FOLDER : LG_IO_NOTHING;
}

static const char *env_of(void *ctx, const char *name)
{
    (void)ctx;
    return name[0] == 'P' ? "/bin:" : name[0] == 'A' ? "a\xc3\xa9${x}" : name[0] == 'B' ? "" : NULL;
}

static const char *absolute(void *ctx, const char *path, struct lg_arena *arena)
{
    (void)ctx;
    return lg_arena_printf(arena, "/%s", path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.text = lg_slice(data, size)};
    struct lg_io io = {
        .ctx = &world, .read = read_file, .kind = kind_of, .env = env_of, .absolute = absolute};
    struct lg_plan_options options = {.io = &io, .quick = size % 2 == 1};
    char set[64] = {0};
    memcpy(set, data, size < sizeof set ? size : sizeof set - 1);
    const char *sets[] = {set};
    struct lg_problems problems;
    struct lg_buf out = {0};
    lg_problems_init(&problems);
    struct lg_plan *plan = lg_plan_load("main.ini", sets, size % 3 == 0, &options, &problems);
    LG_ASSERT((plan == NULL) == (problems.count > 0));
    lg_problems_write(&problems, &out);
    if (plan != NULL) {
        lg_check_write(plan, &out);
    }
    lg_explain_write(set, problems.arena, &out);
    lg_plan_free(plan);
    lg_problems_fini(&problems);
    lg_buf_free(&out);
    return 0;
}
