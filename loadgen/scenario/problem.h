/* What is wrong with a scenario: collected, never printed here, so that all of it is told at once.
 */
#ifndef LG_SCENARIO_PROBLEM_H
#define LG_SCENARIO_PROBLEM_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

/* Where a text stands.  Columns count characters from 1; line 0: the file as a whole. */
struct lg_place {
    const char *file; /* as the user would name it, or "--set"; borrowed */
    unsigned line, column;
};

struct lg_problem {
    struct lg_place place;
    const char *message; /* "rate: 0/s is below 0.001/s" */
    const char *hint;    /* "did you mean rate?"; "" if there is nothing to add */
};

struct lg_problems {
    struct lg_arena *arena; /* owns the texts; the file names too */
    struct lg_problem *items;
    size_t count;
    size_t more; /* not kept: a file of nothing but mistakes must not take for ever */
};

enum { LG_PROBLEMS_MOST = 1000 };

void lg_problems_init(struct lg_problems *problems);
void lg_problems_fini(struct lg_problems *problems);

/* Keeps the first LG_PROBLEMS_MOST and counts the rest.  Copies the file's name.  `hint` (NULL:
 * none) is copied. */
void lg_problem_add(struct lg_problems *problems, struct lg_place place, const char *hint,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* By file in order of appearance, then line and column; a repeated one is told once. O(n log n). */
void lg_problems_sort(struct lg_problems *problems);

/* One per line: "chat.ini:12:8: message; hint\n", and a last line if there are more.  Control
 * characters are shown as \xNN. */
void lg_problems_write(const struct lg_problems *problems, struct lg_buf *out);

/* Edits (insert, delete, replace, swap of neighbours) that make a into b, at most `limit` + 1.
 * Optimal string alignment; O(n * m), and texts over 64 bytes count as limit + 1. */
unsigned lg_edit_distance(struct lg_slice a, struct lg_slice b, unsigned limit);

/* Whether `text` is likely a slip of the pen for `word`: one edit, or two if word is longer than 4
 * characters (two edits turn most four-letter words into each other). */
bool lg_is_slip(struct lg_slice text, struct lg_slice word);

/* The best of several words, offered one by one; a zeroed struct with `text` set begins it. */
struct lg_guess {
    struct lg_slice text;
    struct lg_slice best; /* n == 0: none came near */
    unsigned distance;
};

void lg_guess_offer(struct lg_guess *guess, struct lg_slice word); /* borrows */
/* "did you mean WORD?" from the arena, or NULL. */
const char *lg_guess_hint(const struct lg_guess *guess, struct lg_arena *arena);

#endif
