/* The self-test: experiments with known answers, each as a row of expected against measured. */
#ifndef LG_SELFTEST_SELFTEST_H
#define LG_SELFTEST_SELFTEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "measure/calibration.h"
#include "measure/record.h"

enum lg_selftest_unit { LG_SELFTEST_NS, LG_SELFTEST_COUNT, LG_SELFTEST_NUMBER };

/* One comparison: passed when low <= measured <= high. */
struct lg_selftest_row {
    const char *id;   /* "stall_1_p99": for programs */
    const char *what; /* for people */
    enum lg_selftest_unit unit;
    double expected;  /* by theory or by the server's own account; NaN: only a limit is known */
    double low, high; /* what is accepted; low -INFINITY, high INFINITY: no such limit */
    double measured;  /* NaN: nothing was measured, which does not pass */
    bool passed;
    const char *how; /* where the accepted range comes from, or what a failure means */
};

struct lg_selftest {
    struct lg_arena *arena; /* owns the texts and arrays */
    struct lg_selftest_row *rows;
    size_t row_count;
    struct lg_calibration calibration; /* this machine's figures; of use if all passed */
    const char *trouble;               /* NULL, or why the experiments could not be made */
    const char *machine;               /* NULL, or who else used the machine meanwhile, in words */
    bool interrupted;
};

struct lg_selftest_options {
    bool quick;
    uint64_t seed;                            /* of arrivals and service times */
    const struct lg_environment *environment; /* of this machine, before `cores` were taken */
    const char *version;                      /* of loadgen */
    const int *cores;         /* one, to pin the generator to; NULL: the kernel places it */
    const volatile int *stop; /* becomes non-zero: end early */
    void (*on_experiment)(void *ctx, unsigned number, unsigned count,
                          const char *what); /* NULL ok */
    void *ctx;
};

/* Makes all experiments, one after the other; about 35 s, quick about 15 s.  The calling process
 * must have one thread.  lg_selftest_free ends what it holds. */
struct lg_selftest *lg_selftest_run(const struct lg_selftest_options *options);
void lg_selftest_free(struct lg_selftest *selftest); /* NULL ok */

bool lg_selftest_passed(
    const struct lg_selftest *selftest); /* nothing failed, nothing is missing */

/* Adds a judged row; texts are borrowed, `id` and `what` copied. */
struct lg_selftest_row *lg_selftest_add(struct lg_selftest *selftest,
                                        const struct lg_selftest_row *row);

/* A table, then the floor and the rates.  Appends. */
void lg_selftest_text(const struct lg_selftest *selftest, bool colour, struct lg_buf *out);
/* {"schema": "loadgen.selftest/1", ...} on one line.  Appends. */
void lg_selftest_json(const struct lg_selftest *selftest, struct lg_buf *out);

#endif
