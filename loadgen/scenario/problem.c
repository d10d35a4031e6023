#include "scenario/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD_BYTES = 64 };

void lg_problems_init(struct lg_problems *problems)
{
    *problems = (struct lg_problems){.arena = lg_arena_new()};
}

void lg_problems_fini(struct lg_problems *problems)
{
    lg_arena_free(problems->arena);
    *problems = (struct lg_problems){0};
}

void lg_problem_add(struct lg_problems *problems, struct lg_place place, const char *hint,
                    const char *format, ...)
{
    if (problems->count == LG_PROBLEMS_MOST) {
        problems->more++;
        return;
    }
    va_list args;
    va_start(args, format);
    char *message = NULL;
    int n = vasprintf(&message, format, args);
    va_end(args);
    LG_ASSERT(n >= 0);
    struct lg_problem *problem = LG_ARENA_PUSH(problems->arena, problems->items, problems->count);
    place.file = lg_arena_strdup(problems->arena, place.file);
    *problem = (struct lg_problem){
        .place = place,
        .message = lg_arena_strndup(problems->arena, message, (size_t)n),
        .hint = lg_arena_strdup(problems->arena, hint != NULL ? hint : ""),
    };
    free(message);
}

/* qsort has no context: the order of the files travels in front of each item. */
struct ranked {
    size_t file, index;
    struct lg_problem problem;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    if (x->problem.place.line != y->problem.place.line) {
        return x->problem.place.line < y->problem.place.line ? -1 : 1;
    }
    if (x->problem.place.column != y->problem.place.column) {
        return x->problem.place.column < y->problem.place.column ? -1 : 1;
    }
    return x->index < y->index ? -1 : 1;
}

static size_t first_with_file(const struct lg_problems *problems, const char *file)
{
    size_t i = 0;
    while (strcmp(problems->items[i].place.file, file) != 0) {
        i++;
    }
    return i;
}

static bool is_same(const struct lg_problem *a, const struct lg_problem *b)
{
    return a->place.line == b->place.line && a->place.column == b->place.column &&
           strcmp(a->place.file, b->place.file) == 0 && strcmp(a->message, b->message) == 0;
}

void lg_problems_sort(struct lg_problems *problems)
{
    struct ranked *ranked = lg_alloc_array(problems->count, sizeof *ranked);
    for (size_t i = 0; i < problems->count; i++) {
        size_t file = first_with_file(problems, problems->items[i].place.file);
        ranked[i] = (struct ranked){.file = file, .index = i, .problem = problems->items[i]};
    }
    qsort(ranked, problems->count, sizeof *ranked, compare);
    size_t kept = 0;
    for (size_t i = 0; i < problems->count; i++) {
        if (kept == 0 || !is_same(&ranked[i].problem, &problems->items[kept - 1])) {
            problems->items[kept++] = ranked[i].problem;
        }
    }
    problems->count = kept;
    free(ranked);
}

/* A hostile file must not be able to steer the terminal. */
static void add_visible(struct lg_buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f) {
            lg_buf_addf(out, "\\x%02x", c);
        } else {
            lg_buf_add(out, p, 1);
        }
    }
}

void lg_problems_write(const struct lg_problems *problems, struct lg_buf *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct lg_problem *problem = &problems->items[i];
        add_visible(out, problem->place.file);
        if (problem->place.line > 0) {
            lg_buf_addf(out, ":%u:%u", problem->place.line, problem->place.column);
        }
        lg_buf_adds(out, ": ");
        add_visible(out, problem->message);
        if (problem->hint[0] != '\0') {
            lg_buf_adds(out, "; ");
            add_visible(out, problem->hint);
        }
        lg_buf_adds(out, "\n");
    }
    if (problems->more > 0) {
        lg_buf_addf(out, "and %zu more\n", problems->more);
    }
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned lg_edit_distance(struct lg_slice a, struct lg_slice b, unsigned limit)
{
    if (a.n > WORD_BYTES || b.n > WORD_BYTES) {
        return limit + 1;
    }
    unsigned rows[3][WORD_BYTES + 1];
    unsigned *older = rows[0], *old = rows[1], *row = rows[2];
    for (unsigned j = 0; j <= b.n; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned *spare = older;
        older = old;
        old = row;
        row = spare;
        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned replaced = old[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            row[j] = least(replaced, least(old[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1]) {
                row[j] = least(row[j], older[j - 2] + 1);
            }
        }
    }
    return least(row[b.n], limit + 1);
}

bool lg_is_slip(struct lg_slice text, struct lg_slice word)
{
    unsigned limit = word.n > 4 ? 2 : 1;
    return lg_edit_distance(text, word, limit) <= limit;
}

void lg_guess_offer(struct lg_guess *guess, struct lg_slice word)
{
    unsigned distance = lg_edit_distance(guess->text, word, 2);
    if (lg_is_slip(guess->text, word) && (guess->best.n == 0 || distance < guess->distance)) {
        guess->best = word;
        guess->distance = distance;
    }
}

const char *lg_guess_hint(const struct lg_guess *guess, struct lg_arena *arena)
{
    if (guess->best.n == 0) {
        return NULL;
    }
    return lg_arena_printf(arena, "did you mean %.*s?", (int)guess->best.n, guess->best.p);
}
