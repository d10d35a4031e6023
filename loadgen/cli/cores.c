#include "cli/cores.h"

#include <sched.h>

enum { OTHERS = 2 }; /* cores left for the servers and the rest of the machine */

const char *lg_cores_note(unsigned threads, unsigned count, enum lg_priority priority,
                          struct lg_arena *arena)
{
    bool first = priority == LG_PRIORITY_REALTIME, one = threads == 1;
    if (count >= threads + OTHERS) {
        return lg_arena_printf(arena,
                               "The generator's %u thread%s had %s own%s; the targets ran "
                               "on the other %u cores.",
                               threads, one ? "" : "s", one ? "a core of its" : "cores of their",
                               first ? ", with real-time priority (SCHED_FIFO)" : "",
                               count - threads);
    }
    return lg_arena_printf(
        arena, "The generator's %u thread%s share%s this machine's %u core%s with the targets%s",
        threads, one ? "" : "s", one ? "s" : "", count, count == 1 ? "" : "s",
        first ? " and went before them (real-time priority, SCHED_FIFO)."
              : lg_arena_printf(arena,
                                ": with %u cores each would have its own, and priority = "
                                "realtime would let the generator go first.",
                                threads + OTHERS));
}

struct lg_cores lg_cores_reserve(unsigned threads, enum lg_priority priority,
                                 struct lg_arena *arena)
{
    cpu_set_t allowed;
    struct lg_cores cores = {.list = NULL};
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        cores.note = "The generator's threads share the cores with the targets.";
        return cores;
    }
    unsigned count = (unsigned)CPU_COUNT(&allowed);
    cores.note = lg_cores_note(threads, count, priority, arena);
    if (count < threads + OTHERS) {
        return cores;
    }
    int *list = lg_arena_alloc(arena, threads * sizeof *list);
    unsigned taken = 0;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && taken < threads; cpu--) {
        if (CPU_ISSET(cpu, &allowed)) {
            CPU_CLR(cpu, &allowed);
            list[taken++] = cpu;
        }
    }
    sched_setaffinity(0, sizeof allowed, &allowed);
    cores.list = list;
    return cores;
}
