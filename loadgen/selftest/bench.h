/* One experiment: a server, a scenario text, a trial by the real engine. */
#ifndef LG_SELFTEST_BENCH_H
#define LG_SELFTEST_BENCH_H

#include "selftest/selftest.h"
#include "selftest/truth.h"

enum { LG_BENCH_TRIALS = 8 };

struct lg_bench {
    const struct lg_selftest_options *options;
    struct lg_selftest *selftest;
    struct lg_record *record; /* holds the trials and their histograms; one target */
    double floor_ns;          /* what is added to a known delay, once that has been measured */
};

struct lg_experiment {
    struct lg_trial_result *trial;
    struct lg_truth *truth; /* has ended; its account is complete */
    const struct lg_truth_tally *tally;
    double cpu_s; /* of this process for the whole trial, by the kernel */
};

void lg_bench_init(struct lg_bench *bench, const struct lg_selftest_options *options,
                   struct lg_selftest *selftest);
void lg_bench_fini(struct lg_bench *bench);

/* `ini`: the scenario without [scenario]'s name and targets and without [target], which are added
 * here; it begins with keys of [scenario].  False: it could not be made (selftest->trouble says
 * why) or was interrupted; nothing is to be ended then. */
bool lg_bench_run(struct lg_bench *bench, const struct lg_truth_script *script, const char *ini,
                  struct lg_experiment *out);
void lg_bench_end(struct lg_experiment *experiment);

/* Adds rows[0..n). */
void lg_bench_add(struct lg_bench *bench, const struct lg_selftest_row *rows, size_t n);

/* The kernel's receive stamps of the requests to one queue, but for the first `skip` of them: ns,
 * ascending, counted from some moment.  The caller frees.  NULL: fewer than 3, or the kernel gave
 * no stamp for one of them. */
double *lg_bench_stamps(const struct lg_truth_tally *tally, uint32_t queue, size_t skip, size_t *n);

#endif
