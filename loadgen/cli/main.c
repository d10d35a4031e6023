#include "cli/cli.h"

#include "scenario/problem.h"

#include <signal.h>
#include <stdio.h>

static const struct lg_command commands[] = {
    {"scenario", "FILE.ini...", "start the targets, drive each, compare, report", lg_cmd_scenario},
    {"url", "URL", "drive one URL: http, https, ws or wss", lg_cmd_url},
    {"check", "FILE.ini", "validate a scenario and print the resolved plan", lg_cmd_check},
    {"explain", "[KEY]", "the scenario language; explain claims: what is tested", lg_cmd_explain},
    {"capacity", "FILE.ini", "the highest load that meets the objectives, and the sizing",
     lg_cmd_capacity},
    {"nightly", "FILE.ini...", "run a suite, keep it, find what got worse or better",
     lg_cmd_nightly},
    {"selftest", "", "measure what is known: this machine's accuracy floor", lg_cmd_selftest},
    {"report", "RUN", "write a finished run's reports again", lg_cmd_report},
    {"compare", "RUN RUN", "one run against another, with intervals", lg_cmd_compare},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
    fputs("usage: loadgen COMMAND [OPTIONS]\n\n", to);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-9s %-12s %s\n", commands[i].name, commands[i].arguments, commands[i].help);
    }
    fputs(
        "\nloadgen help COMMAND says more.  The first thing to try: loadgen scenario chat.ini\n"
        "\nexit codes: 0 all good; 1 a fault of loadgen's own; 2 a mistake in the command or the\n"
        "scenario, nothing was started; 3 an objective was missed, nothing succeeded, or a\n"
        "regression is confirmed; 4 the measurement is not valid; 5 a target did not start or\n"
        "died; 130, 143 interrupted\n",
        to);
}

static const struct lg_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_guess guess = {.text = lg_str(name)};
    for (size_t i = 0; i < COMMANDS; i++) {
        lg_guess_offer(&guess, lg_str(commands[i].name));
    }
    const char *hint = lg_guess_hint(&guess, arena);
    lg_usage_error("there is no command '%s'%s%s", name, hint != NULL ? "; " : "",
                   hint != NULL ? hint : "; 'loadgen --help' lists them");
    lg_arena_free(arena);
    return LG_EXIT_USAGE;
}

/* `loadgen help` is --help, `loadgen help COMMAND` that of the command. */
static int help(const char *name)
{
    if (name == NULL) {
        print_help(stdout);
        return LG_EXIT_OK;
    }
    const struct lg_command *command = find_command(name);
    char *argv[] = {(char *)name, (char *)"--help", NULL};
    return command != NULL ? command->run(2, argv) : unknown_command(name);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a peer that goes away is data */
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is told like a full disk */
    const char *name = argc > 1 ? argv[1] : "";
    const struct lg_command *command = find_command(name);
    if (command != NULL) {
        return command->run(argc - 1, argv + 1);
    }
    if (strcmp(name, "help") == 0) {
        return help(argc > 2 ? argv[2] : NULL);
    }
    if (strcmp(name, "--version") == 0) {
        puts("loadgen " LG_VERSION);
        return LG_EXIT_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(stdout);
        return LG_EXIT_OK;
    }
    if (name[0] != '\0') {
        return unknown_command(name);
    }
    print_help(stderr);
    return LG_EXIT_USAGE;
}
