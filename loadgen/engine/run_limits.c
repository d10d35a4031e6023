#include "engine/run_limits.h"

#include "engine/priority.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

/* ---- of the machine ---- */

enum { OTHER_FILES = 64 }; /* libraries, timers, the target's files */

static uint64_t files_needed(const struct lg_plan *plan)
{
    uint64_t n = OTHER_FILES;
    for (size_t i = 0; i < plan->user_count; i++) {
        n += lg_users_sockets(plan, &plan->users[i]);
    }
    return n;
}

static bool files_allow(const struct lg_plan *plan, struct lg_arena *arena, const char **why)
{
    struct rlimit limit;
    uint64_t need = files_needed(plan);
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < need && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= need) {
        return true;
    }
    *why = lg_arena_printf(
        arena,
        "%llu connections need %llu open files, but the limit is %llu: raise it with "
        "'ulimit -n %llu', or ask for fewer connections",
        (unsigned long long)(need - OTHER_FILES), (unsigned long long)need,
        (unsigned long long)limit.rlim_cur, (unsigned long long)need);
    return false;
}

/* Ports that the kernel may choose for one destination (ip(7), ip_local_port_range). */
static uint64_t local_ports(void)
{
    unsigned low = 0, high = 0;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    bool known = file != NULL && fscanf(file, "%u %u", &low, &high) == 2 && high >= low;
    if (file != NULL) {
        fclose(file);
    }
    return known ? high - low + 1 : UINT64_MAX;
}

static bool ports_allow(const struct lg_plan *plan, struct lg_arena *arena, const char **why)
{
    uint64_t need = files_needed(plan) - OTHER_FILES, have = local_ports();
    if (need <= have) {
        return true;
    }
    *why =
        lg_arena_printf(arena,
                        "%llu connections to one address need as many local ports, but this "
                        "machine gives out %llu: widen net.ipv4.ip_local_port_range with sysctl, "
                        "or ask for fewer connections",
                        (unsigned long long)need, (unsigned long long)have);
    return false;
}

bool lg_run_possible(const struct lg_plan *plan, struct lg_arena *arena, const char **why)
{
    return ports_allow(plan, arena, why) && files_allow(plan, arena, why) &&
           lg_priority_allowed(plan->priority, arena, why);
}

/* ---- of the clock ---- */

/* A stream may last before it is silent for too long. */
static lg_ns longest_exchange(const struct lg_step *step)
{
    return step->timeout + (step->stream != NULL ? step->stream->lasting : 0);
}

/* A step with the pause after it; of an exponential one, which has no limit, what is rarely
 * exceeded. */
static lg_ns longest_time(const struct lg_plan *plan, const struct lg_step *step)
{
    const struct lg_think *think = &step->think;
    lg_ns longest = step->kind == LG_STEP_PARALLEL ? 0 : longest_exchange(step);
    for (size_t i = 0; i < step->branch_count; i++) {
        lg_ns t = longest_exchange(&plan->steps[step->branches[i]]);
        longest = t > longest ? t : longest;
    }
    return longest + (think->kind == LG_THINK_UNIFORM       ? think->high
                      : think->kind == LG_THINK_EXPONENTIAL ? 5 * think->low
                                                            : think->low);
}

lg_ns lg_run_connect_limit(const struct lg_plan *plan)
{
    lg_ns longest = 0;
    for (size_t i = 0; i < plan->user_count; i++) {
        const struct lg_users *users = &plan->users[i];
        lg_ns t = isfinite(users->connect_rate)
                      ? (lg_ns)((double)users->connections / users->connect_rate * 1e9)
                      : 0;
        for (size_t k = 0; k < users->setup_count; k++) {
            t += longest_time(plan, &plan->steps[users->setup[k]]);
        }
        longest = t > longest ? t : longest;
    }
    return longest + plan->connect_timeout + 5 * LG_S;
}

lg_ns lg_run_warmup_allowance(const struct lg_plan *plan)
{
    lg_ns half = plan->duration / 2 / LG_S * LG_S;
    return half < 30 * LG_S ? half : 30 * LG_S;
}

lg_ns lg_run_load_time(const struct lg_plan *plan)
{
    bool automatic = plan->warmup == LG_WARMUP_AUTO;
    return plan->duration + (automatic ? lg_run_warmup_allowance(plan) : plan->warmup);
}
