#include "cli/session_parts.h"
#include "report/annotations.h"
#include "report/text.h"
#include "report/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool write_json(const struct lg_record *record, const char *path)
{
    struct lg_buf json = {0};
    const char *why = NULL;
    lg_record_write(record, &json);
    if (strcmp(path, "-") == 0) {
        lg_buf_adds(&json, "\n");
        lg_print(lg_buf_slice(&json));
    } else {
        why = lg_report_write_file(path, lg_buf_slice(&json), record->arena);
    }
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
    }
    lg_buf_free(&json);
    return why == NULL;
}

int lg_session_report(const struct lg_record *record, const struct lg_session_options *options,
                      const char *folder)
{
    int code = LG_EXIT_OK;
    bool json_on_stdout = options->json != NULL && strcmp(options->json, "-") == 0;
    const char *why = folder != NULL ? lg_report_write_folder(record, folder, record->arena) : NULL;
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
        code = LG_EXIT_OURS;
    }
    if (options->json != NULL && !write_json(record, options->json)) {
        code = LG_EXIT_OURS;
    }
    if (!json_on_stdout && options->kept == NULL) {
        struct lg_buf text = {0};
        struct lg_report_text_options how = {
            .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL,
            .folder = why == NULL ? folder : NULL,
        };
        lg_report_text(record, &how, &text);
        lg_print(lg_buf_slice(&text));
        lg_buf_free(&text);
    }
    return code;
}

/* On stderr, which GitHub's runner reads as well: stdout is for the results. */
void lg_session_annotate(const struct lg_record *record, const char *how)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    bool there = actions != NULL && strcmp(actions, "true") == 0;
    if (how != NULL ? strcmp(how, "github") == 0 : there) {
        struct lg_buf text = {0};
        lg_report_annotations(record, &text);
        fwrite(text.p, 1, text.n, stderr);
        lg_buf_free(&text);
    }
}
