#include "scenario/draft.h"
#include "scenario/schema_rows.h"

#define AT(member) offsetof(struct lg_data_draft, member)

static const struct lg_word data_order_words[] = {
    {"cycle", LG_DATA_CYCLE, "in the order of the file, from the first again after the last"},
    {"shuffle", LG_DATA_SHUFFLE,
     "each row once in an order drawn from the seed, then another order"},
    {"once", LG_DATA_ONCE, "in the order of the file; when the last is taken, the load ends"},
    {0}};
static const struct lg_word data_per_words[] = {
    {"iteration", LG_DATA_PER_ITERATION, "each arrival takes the next row"},
    {"user", LG_DATA_PER_USER, "each user has a row and keeps it"},
    {0}};

static const struct lg_option rows[] = {
    {.section = LG_SECTION_DATA,
     .key = "file",
     .type = LG_VALUE_TABLE,
     .required = true,
     .help = "The table (RFC 4180); its first line names the columns.",
     .example = "people.csv"},
    {.section = LG_SECTION_DATA,
     .key = "order",
     .type = LG_VALUE_WORD,
     .offset = AT(out.order),
     .preset = "cycle",
     .words = data_order_words,
     .help = "Which row is next.",
     .example = "shuffle"},
    {.section = LG_SECTION_DATA,
     .key = "per",
     .type = LG_VALUE_WORD,
     .offset = AT(out.per),
     .preset = "iteration",
     .words = data_per_words,
     .help = "Who takes a row.",
     .example = "user"},
};

const struct lg_section_info lg_section_data = {
    .word = "data",
    .named = true,
    .help =
        "A table of values, of which each iteration or each user takes a row: ${NAME.COLUMN} in "
        "steps. The same seed gives the same rows, however many threads there are.",
    .example = "[data people]\nfile  = people.csv\norder = shuffle",
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
};
