#include "cli/cores.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>

TestSuite(cores, .fini = fail_on_leak);

Test(cores, the_note_says_whose_they_are_and_what_goes_first)
{
    static const struct {
        unsigned threads, count;
        enum lg_priority priority;
        const char *want;
    } rows[] = {
        {1, 2, LG_PRIORITY_NORMAL,
         "The generator's 1 thread shares this machine's 2 cores with the targets: with 3 cores "
         "each would have its own, and priority = realtime would let the generator go first."},
        {2, 2, LG_PRIORITY_REALTIME,
         "The generator's 2 threads share this machine's 2 cores with the targets and went before "
         "them (real-time priority, SCHED_FIFO)."},
        {1, 1, LG_PRIORITY_REALTIME,
         "The generator's 1 thread shares this machine's 1 core with the targets and went before "
         "them (real-time priority, SCHED_FIFO)."},
        {1, 3, LG_PRIORITY_NORMAL,
         "The generator's 1 thread had a core of its own; the targets ran on the other 2 cores."},
        {2, 8, LG_PRIORITY_REALTIME,
         "The generator's 2 threads had cores of their own, with real-time priority (SCHED_FIFO); "
         "the targets ran on the other 6 cores."},
    };
    struct lg_arena *arena = lg_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_str_eq(lg_cores_note(rows[i].threads, rows[i].count, rows[i].priority, arena),
                         rows[i].want);
    }
    lg_arena_free(arena);
}
