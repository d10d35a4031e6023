#include "scenario/draft.h"
#include "scenario/schema_rows.h"

#define AT(member) offsetof(struct lg_deliveries_draft, member)

static const struct lg_option rows[] = {
    {.section = LG_SECTION_DELIVERIES,
     .key = "match",
     .type = LG_VALUE_MATCH,
     .offset = AT(out.match),
     .required = true,
     .help = "Which messages are deliveries.",
     .example = "json /type == \"message\""},
    {.section = LG_SECTION_DELIVERIES,
     .key = "id",
     .type = LG_VALUE_POINTER,
     .offset = AT(out.id),
     .required = true,
     .help =
         "Where a message holds the ${message.id} it was sent with: lost, duplicated and reordered "
         "ones are found by it.",
     .example = "json /id"},
    {.section = LG_SECTION_DELIVERIES,
     .key = "sent",
     .type = LG_VALUE_POINTER,
     .offset = AT(out.sent),
     .help = "Where a message holds its ${message.at}; without it, the sender's own note is used.",
     .example = "json /at"},
    {.section = LG_SECTION_DELIVERIES,
     .key = "group",
     .type = LG_VALUE_TEMPLATE,
     .offset = AT(out.group),
     .preset = "",
     .may_be_empty = true,
     .holes = LG_HOLES_USER,
     .help =
         "Users for whom this is the same text hear each other; empty: everyone hears everyone.",
     .example = "${room}"},
    {.section = LG_SECTION_DELIVERIES,
     .key = "drain",
     .type = LG_VALUE_TIME,
     .offset = AT(out.drain),
     .preset = "2s",
     .low = "1ms",
     .high = "10m",
     .help = "How long after its send a message may come; what comes later, or never, counts as "
             "lost.",
     .example = "2s"},
};

const struct lg_section_info lg_section_deliveries = {
    .word = "deliveries",
    .named = true,
    .help = "Messages measured at every receiver, not only at the sender: how long each "
            "took, and which were lost, duplicated or reordered.",
    .example = "[deliveries heard]\nmatch = json /type == \"message\"\n"
               "id    = json /id\nsent  = json /at\ngroup = ${room}",
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
};
