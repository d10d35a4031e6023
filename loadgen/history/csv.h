/* The columns of a history in CSV.  For history/ only. */
#ifndef LG_HISTORY_CSV_H
#define LG_HISTORY_CSV_H

#include "history/history.h"

/* Every column, in the order in which they are exported. */
#define LG_CSV_MAP(X)                                                                              \
    X(NIGHT, "night")                                                                              \
    X(STARTED_AT, "started_at")                                                                    \
    X(COMMIT, "commit")                                                                            \
    X(SUITE, "suite")                                                                              \
    X(SUITE_DIGEST, "suite_digest")                                                                \
    X(ENVIRONMENT, "environment")                                                                  \
    X(NIGHT_NOTE, "night_note")                                                                    \
    X(PRUNED, "pruned")                                                                            \
    X(SCENARIO, "scenario")                                                                        \
    X(FOLDER, "folder")                                                                            \
    X(DIGEST, "digest")                                                                            \
    X(TARGET, "target")                                                                            \
    X(METRIC, "metric")                                                                            \
    X(UNIT, "unit")                                                                                \
    X(BETTER, "better")                                                                            \
    X(SHARE, "share")                                                                              \
    X(VALUE, "value")                                                                              \
    X(MEDIAN, "median")                                                                            \
    X(MISSING, "missing")                                                                          \
    X(KIND, "kind")                                                                                \
    X(GOOD, "good")                                                                                \
    X(VERDICT, "verdict")                                                                          \
    X(RATIO, "ratio")                                                                              \
    X(LOW, "low")                                                                                  \
    X(HIGH, "high")                                                                                \
    X(PAIRS, "pairs")                                                                              \
    X(AT, "at")                                                                                    \
    X(TEXT, "text")

enum lg_csv_column {
#define X(name, text) LG_CSV_##name,
    LG_CSV_MAP(X)
#undef X
        LG_CSV_COLUMNS
};

const char *lg_csv_name(enum lg_csv_column column); /* static */

#endif
