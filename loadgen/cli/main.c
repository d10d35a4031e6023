#include "cli/cli.h"

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
        "\nloadgen COMMAND --help says more.  The first thing to try: loadgen scenario chat.ini\n"
        "\nexit codes: 0 all good; 1 a fault of loadgen's own; 2 a mistake in the command or the\n"
        "scenario, nothing was started; 3 an objective was missed, or a regression is confirmed;\n"
        "4 the measurement is not valid; 5 a target did not start or died; 130, 143 interrupted\n",
        to);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a peer that goes away is data */
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is told like a full disk */
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
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
        fprintf(stderr, "loadgen: there is no command '%s'\n", name);
    }
    print_help(stderr);
    return LG_EXIT_USAGE;
}
