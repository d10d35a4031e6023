#include "cli/secrets.h"

#include <stdlib.h>

enum {
    WORD_LEAST = 6, /* shorter words of a secret are no secret: "a=1", "dark" */
    TAIL_LEAST = 3  /* so much of one at the end of a text that was cut there gives it away */
};

static const char separators[] = " \t=;,:\"'";

/* `raw` with "***" for each occurrence of the secret. */
static const char *blot_one(const char *raw, const char *secret, size_t n, struct lg_arena *arena)
{
    struct lg_buf out = {0};
    const char *rest = raw, *found;
    while ((found = memmem(rest, strlen(rest), secret, n)) != NULL) {
        lg_buf_add(&out, rest, (size_t)(found - rest));
        lg_buf_adds(&out, "***");
        rest = found + n;
    }
    if (rest == raw) {
        return raw;
    }
    lg_buf_adds(&out, rest);
    const char *text = lg_arena_strndup(arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}

/* Samples are cut to a length: the text may end in the middle of the word. */
static const char *blot_tail(const char *text, const char *word, size_t n, struct lg_arena *arena)
{
    size_t length = strlen(text);
    for (size_t k = n - 1; k >= TAIL_LEAST; k--) {
        if (k <= length && memcmp(text + length - k, word, k) == 0) {
            return lg_arena_printf(arena, "%.*s***", (int)(length - k), text);
        }
    }
    return text;
}

static const char *blot_words(const char *text, const char *secret, struct lg_arena *arena)
{
    for (const char *word = secret; *word != '\0';) {
        word += strspn(word, separators);
        size_t n = strcspn(word, separators);
        if (n >= WORD_LEAST) {
            text = blot_tail(blot_one(text, word, n, arena), word, n, arena);
        }
        word += n;
    }
    return text;
}

const char *lg_secrets_blot(const struct lg_plan *plan, const char *text, struct lg_arena *arena)
{
    for (size_t i = 0; text != NULL && i < plan->secret_count; i++) {
        const char *secret = plan->secrets[i];
        text = blot_one(text, secret, strlen(secret), arena);
        text = blot_words(text, secret, arena);
    }
    return text;
}

void lg_secrets_blot_trial(const struct lg_plan *plan, struct lg_trial_result *trial,
                           struct lg_arena *arena)
{
    for (size_t i = 0; i < trial->step_count; i++) {
        for (size_t k = 0; k < trial->steps[i].error_count; k++) {
            struct lg_error_count *error = &trial->steps[i].errors[k];
            error->sample = lg_secrets_blot(plan, error->sample, arena);
        }
    }
    trial->server.ended = lg_secrets_blot(plan, trial->server.ended, arena);
}
