#include "scenario/schema_rows.h"

static const struct lg_option rows[] = {
    {.section = LG_SECTION_OBJECTIVES,
     .key = "*",
     .type = LG_VALUE_OBJECTIVE,
     .help =
         "STEP.response, STEP.service, STEP.first_byte, DELIVERIES.delivery, DELIVERIES.spread: "
         "p(N), mean, min, max, med of a time; DELIVERIES.delivery: also lost, duplicated, "
         "reordered; of sse: STEP.first_event, STEP.gap, STEP.reconnect as times, STEP.gap also "
         "stalls, missing, duplicated, reordered, STEP.events: rate and count; with measure: "
         "STEP.throughput: p(N), mean, min, max in bytes per second, STEP.pause as a time; "
         "errors, of all or as STEP.errors: rate (a share) and count; a kind of user by its name: "
         "rate (completed per second) and count.  Comparisons: < <= > >= == !=.",
     .example = "heard.delivery = p(99) < 200ms, lost == 0"},
};

const struct lg_section_info lg_section_objectives = {
    .word = "objectives",
    .named = false,
    .help = "What must hold for the run to be a success; a miss is exit code 3.",
    .example = "[objectives]\nsay.response   = p(99) < 100ms\n"
               "heard.delivery = p(99) < 200ms, lost == 0\nerrors         = rate < 0.1%",
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
};
