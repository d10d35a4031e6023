#include "scenario/plan.h"
#include "workload/shuffle.h"

static bool lists(const struct lg_plan *plan, const size_t *list, size_t count, size_t step)
{
    for (size_t i = 0; i < count; i++) {
        const struct lg_step *s = &plan->steps[list[i]];
        if (list[i] == step || lists(plan, s->branches, s->branch_count, step)) {
            return true;
        }
    }
    return false;
}

bool lg_users_does(const struct lg_plan *plan, const struct lg_users *users, size_t step)
{
    return lists(plan, users->setup, users->setup_count, step) ||
           lists(plan, users->steps, users->step_count, step);
}

size_t lg_users_branches(const struct lg_plan *plan, const struct lg_users *users)
{
    size_t most = 0;
    for (size_t i = 0; i < plan->step_count; i++) {
        size_t n = plan->steps[i].branch_count;
        if (n > most && lg_users_does(plan, users, i)) {
            most = n;
        }
    }
    return most;
}

static size_t count_services(const struct lg_plan *plan, const struct lg_users *users)
{
    size_t count = 0;
    for (size_t k = 0; k < plan->service_count; k++) {
        bool goes = false;
        for (size_t i = 0; i < plan->step_count && !goes; i++) {
            goes = plan->steps[i].service == k + 1 && lg_users_does(plan, users, i);
        }
        count += goes;
    }
    return count;
}

/* The most that can be: each of the steps at once with a connection to each server. */
uint64_t lg_users_sockets(const struct lg_plan *plan, const struct lg_users *users)
{
    size_t branches = users->http == LG_HTTP_1_1 ? lg_users_branches(plan, users) : 0;
    return (uint64_t)users->connections * (branches > 1 ? branches : 1) *
           (1 + count_services(plan, users));
}

size_t lg_data_row(const struct lg_data *data, uint64_t seed, uint64_t index)
{
    uint64_t rows = data->table.rows;
    switch (data->order) {
    case LG_DATA_CYCLE:
        return (size_t)(index % rows);
    case LG_DATA_SHUFFLE:
        return (size_t)lg_shuffled(rows, seed, index / rows, index % rows);
    case LG_DATA_ONCE:
        break;
    }
    return index < rows ? (size_t)index : SIZE_MAX;
}

const char *const *lg_plan_services(const struct lg_plan *plan, const struct lg_target_spec *target,
                                    struct lg_arena *arena)
{
    const char **urls = lg_arena_alloc(arena, (plan->service_count + 1) * sizeof *urls);
    for (size_t i = 0; i < plan->service_count; i++) {
        for (size_t k = 0; k < target->service_count; k++) {
            if (strcmp(target->services[k].name, plan->services[i]) == 0) {
                urls[i] = target->services[k].url;
            }
        }
        LG_ASSERT(urls[i] != NULL); /* loading the plan has seen to it */
    }
    return urls;
}
