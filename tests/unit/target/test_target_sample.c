/* CPU time against what the victim's own getrusage says: no clock on the wall is involved. */
#include "support/victim.h"

#include <signal.h>

static struct victim_world w;

static struct lg_target_sample take(struct lg_target *target)
{
    struct lg_target_sample sample;
    cr_assert(lg_target_sample(target, &sample));
    return sample;
}

/* Asks the victim to burn and compares. */
static void expect_cpu(struct lg_target *target, const char *path)
{
    double said_s = atof(victim_ask(&w, target, path)) / 1e6;
    double sampled_s = take(target).cpu_s;
    cr_assert_gt(said_s, 0.1);
    cr_assert_float_eq(sampled_s, said_s, 0.020 + 0.010, "%s: %.3f s, but the victim says %.3f s",
                       path, sampled_s, said_s);
}

Test(target_sample, sees_the_cpu_time_of_the_server)
{
    victim_begin(&w, VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    expect_cpu(target, "/burn/150");
    expect_cpu(target, "/burn/150");
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target_sample, sees_the_cpu_time_of_children_that_have_ended)
{
    victim_begin(&w, VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    expect_cpu(target, "/burn-child/150");
    cr_assert_eq(take(target).processes, 1u);
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target_sample, sees_the_cpu_time_of_orphans_that_have_ended)
{
    victim_begin(&w, VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    expect_cpu(target, "/burn-orphan/150");
    VICTIM_UNTIL(take(target).processes == 1);
    expect_cpu(target,
               "/burn/1"); /* reaped by now, by the keeper: neither lost nor counted twice */
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target_sample, keeps_the_cpu_time_that_nobody_waited_for)
{
    victim_begin(&w, VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    expect_cpu(target, "/lose/200");
    struct lg_target_sample before = take(target);
    cr_assert_eq(before.processes, 2u);
    expect_cpu(target, "/lost");
    struct lg_target_sample after = take(target);
    cr_assert_eq(after.processes, 1u);
    cr_assert_geq(after.cpu_s, before.cpu_s);
    expect_cpu(target, "/burn/150"); /* on top of what was lost, not hidden by it */
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target_sample, never_decreases)
{
    victim_begin(&w, VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    double last = 0;
    for (int i = 0; i < 30; i++) {
        victim_ask(&w, target,
                   i % 3 == 0   ? "/burn-child/7"
                   : i % 3 == 1 ? "/burn/3"
                                : "/burn-orphan/5");
        double now = take(target).cpu_s;
        cr_assert_geq(now, last);
        last = now;
    }
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target_sample, sums_over_the_tree_whatever_the_sessions)
{
    victim_begin(&w, VICTIM("orphans", "listen", "serve"));
    w.spec.stop_within = 50 * LG_MS;
    struct lg_target *target = victim_start(&w);
    struct lg_target_sample sample = take(target);
    cr_assert_eq(sample.processes, 3u);
    cr_assert_eq(sample.threads, 3u);
    /* stdin, stdout, stderr each; the pipe of the orphans, thrice; the listener; and for a moment
     * the connection that asked whether it is ready */
    VICTIM_UNTIL(take(target).open_files == 3 * 3 + 3 * 2 + 1);
    cr_assert_gt(sample.rss_bytes, 0u);
    cr_assert_gt(sample.pss_bytes, 0u);
    cr_assert_lt(sample.pss_bytes, sample.rss_bytes); /* the three share their pages */
    lg_target_stop(target, w.arena);
    victim_end(&w);
}
