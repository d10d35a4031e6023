#include "cli/cli.h"

#include "scenario/check.h"
#include "scenario/explain.h"

#include <getopt.h>
#include <stdio.h>

int lg_cmd_check(int argc, char **argv)
{
    static const struct option options[] = {{"set", required_argument, NULL, 's'},
                                            {"quick", no_argument, NULL, 'q'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct lg_arena *arena = lg_arena_new();
    struct lg_plan_request request = {.options = {.share_folder = lg_share_folder()}};
    int c, code = -1;
    while (code < 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 's') {
            *LG_ARENA_PUSH(arena, request.overrides, request.override_count) = optarg;
        } else if (c == 'q') {
            request.options.quick = true;
        } else if (c == 'h') {
            puts("usage: loadgen check FILE.ini [--set SECTION.KEY=VALUE] [--quick]\n\n"
                 "Validates the scenario and prints the resolved plan; nothing is started.");
            code = LG_EXIT_OK;
        } else {
            code = LG_EXIT_USAGE;
        }
    }
    if (code < 0 && argc - optind != 1) {
        code = lg_usage_error("which scenario? for example: loadgen check chat.ini");
    }
    if (code < 0) {
        struct lg_buf text = {0};
        request.file = lg_find_scenario(argv[optind], arena);
        struct lg_plan *plan = lg_load_plan(&request);
        if (plan != NULL) {
            lg_check_write(plan, &text);
            lg_print(lg_buf_slice(&text));
        }
        code = plan != NULL ? LG_EXIT_OK : LG_EXIT_USAGE;
        lg_plan_free(plan);
        lg_buf_free(&text);
    }
    lg_arena_free(arena);
    return code;
}

int lg_cmd_explain(int argc, char **argv)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf text = {0};
    const char *topic = argc > 1 ? argv[1] : NULL;
    const char *why = NULL;
    if (topic != NULL && strcmp(topic, "--help") == 0) {
        topic = NULL;
    }
    if (topic != NULL && strcmp(topic, "--markdown") == 0) {
        lg_explain_markdown(&text);
    } else {
        why = lg_explain_write(topic, arena, &text);
    }
    int code = why != NULL ? lg_usage_error("%s", why) : LG_EXIT_OK;
    lg_print(lg_buf_slice(&text));
    lg_buf_free(&text);
    lg_arena_free(arena);
    return code;
}
