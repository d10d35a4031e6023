#include "scenario/check.h"

#include "base/units.h"

#include <math.h>

enum { FILES_PER_THREAD = 4, FILES_OF_THE_RUN = 32 };

static const char *time_text(char *out, lg_ns ns)
{
    return lg_show_time(out, (double)ns);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static size_t key_width(const struct lg_plan *plan, size_t from)
{
    size_t width = 0;
    for (size_t i = from; i < plan->setting_count; i++) {
        if (strcmp(plan->settings[i].section, plan->settings[from].section) != 0) {
            break;
        }
        size_t n = strlen(plan->settings[i].key);
        width = n > width ? n : width;
    }
    return width;
}

static void write_settings(const struct lg_plan *plan, struct lg_buf *out)
{
    const char *section = "";
    size_t width = 0;
    for (size_t i = 0; i < plan->setting_count; i++) {
        const struct lg_setting *s = &plan->settings[i];
        if (strcmp(section, s->section) != 0) {
            section = s->section;
            width = key_width(plan, i);
            lg_buf_addf(out, "\n[%s]\n", section);
        }
        lg_buf_addf(out, "%-*s = %s%s\n", (int)width, s->key, s->value,
                    s->is_default ? "    (default)" : "");
    }
}

static lg_ns load_time(const struct lg_plan *plan)
{
    return plan->duration + (plan->warmup == LG_WARMUP_AUTO ? LG_CHECK_AUTO_WARMUP : plan->warmup);
}

/* Arrivals of the straight line from stage i to the next, cut at `end`; *until is where it ends and
 * *reached the rate there. */
static double stage_arrivals(const struct lg_users *users, size_t i, lg_ns end, lg_ns *until,
                             double *reached)
{
    const struct lg_stage *a = &users->stages[i];
    bool last = i + 1 == users->stage_count;
    lg_ns to = last ? end : users->stages[i + 1].at;
    *until = to < end ? to : end;
    *reached = a->rate_per_s;
    if (*until <= a->at) {
        return 0;
    }
    double seconds = (double)(*until - a->at) / (double)LG_S;
    double slope = last ? 0
                        : (users->stages[i + 1].rate_per_s - a->rate_per_s) /
                              ((double)(to - a->at) / (double)LG_S);
    *reached += slope * seconds;
    return a->rate_per_s * seconds + slope * seconds * seconds / 2;
}

static void write_trace(const struct lg_plan *plan, const struct lg_users *users,
                        struct lg_buf *out)
{
    char count[LG_UNIT_TEXT], late[LG_UNIT_TEXT], length[LG_UNIT_TEXT], skipped[LG_UNIT_TEXT];
    const struct lg_trace *trace = users->trace;
    size_t inside = 0;
    while (inside < trace->count &&
           lg_trace_when(trace, users->trace_speed, inside) < load_time(plan)) {
        inside++;
    }
    lg_buf_addf(out, "  %s request%s within %s%s\n", lg_show_count(count, (double)trace->count),
                plural(trace->count),
                time_text(length, lg_trace_when(trace, users->trace_speed, trace->count - 1)),
                trace->by_second ? ", spread over each second at random by the seed" : "");
    if (inside < trace->count) {
        lg_buf_addf(out, "  %s of them are due after the load has ended\n",
                    lg_show_count(late, (double)(trace->count - inside)));
    }
    if (trace->skipped > 0) {
        lg_buf_addf(out, "  %s line%s of the log hold no request that can be sent\n",
                    lg_show_count(skipped, (double)trace->skipped), plural(trace->skipped));
    }
}

static void write_stages(const struct lg_plan *plan, const struct lg_users *users,
                         struct lg_buf *out)
{
    char from[LG_UNIT_TEXT], to[LG_UNIT_TEXT], rate[LG_UNIT_TEXT], next[LG_UNIT_TEXT];
    char count[LG_UNIT_TEXT];
    lg_ns end = load_time(plan), until = 0;
    for (size_t i = 0; i < users->stage_count; i++) {
        const struct lg_stage *stage = &users->stages[i];
        double then = 0, arrivals = stage_arrivals(users, i, end, &until, &then);
        if (stage->at >= end) {
            lg_buf_addf(out, "  from %s: not reached\n", time_text(from, stage->at));
            continue;
        }
        if (until == stage->at) {
            continue; /* a step: the next stage is at the same time */
        }
        lg_show_rate(rate, stage->rate_per_s);
        lg_show_rate(next, then);
        lg_buf_addf(out, "  %s to %s: %s%s%s, about %s arrivals\n", time_text(from, stage->at),
                    time_text(to, until), rate, then == stage->rate_per_s ? "" : " to ",
                    then == stage->rate_per_s ? "" : next, lg_show_count(count, arrivals));
    }
}

static double connect_seconds(const struct lg_users *users)
{
    return isinf(users->connect_rate) ? 0 : users->connections / users->connect_rate;
}

static void write_users(const struct lg_plan *plan, struct lg_buf *out)
{
    static const char *const arrivals[] = {[LG_ARRIVAL_NONE] = "they listen only",
                                           [LG_ARRIVAL_CLOSED] = "closed arrivals",
                                           [LG_ARRIVAL_CONSTANT] = "constant arrivals",
                                           [LG_ARRIVAL_POISSON] = "Poisson arrivals",
                                           [LG_ARRIVAL_TRACE] = "arrivals of a trace"};
    char count[LG_UNIT_TEXT], time[LG_UNIT_TEXT];
    lg_buf_adds(out, "\nLoad, warm-up included\n");
    for (size_t i = 0; i < plan->user_count; i++) {
        const struct lg_users *users = &plan->users[i];
        lg_buf_addf(out, "%s: %s connection%s", users->name,
                    lg_show_count(count, users->connections), plural(users->connections));
        if (users->streams > 1) {
            lg_buf_addf(out, " of %u users each", users->streams);
        }
        lg_buf_addf(out, ", opened within %s; %s\n",
                    lg_show_time(time, connect_seconds(users) * (double)LG_S),
                    arrivals[users->arrivals]);
        write_stages(plan, users, out);
        if (users->arrivals == LG_ARRIVAL_TRACE) {
            write_trace(plan, users, out);
        }
    }
}

static uint64_t connections(const struct lg_plan *plan)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < plan->user_count; i++) {
        sum += lg_users_sockets(plan, &plan->users[i]);
    }
    return sum;
}

uint64_t lg_check_files(const struct lg_plan *plan)
{
    return connections(plan) + (uint64_t)plan->threads * FILES_PER_THREAD + FILES_OF_THE_RUN;
}

/* The kinds of user connect at the same time. */
lg_ns lg_check_trial_time(const struct lg_plan *plan)
{
    double connecting = 0;
    lg_ns drain = 0;
    for (size_t i = 0; i < plan->user_count; i++) {
        connecting = fmax(connecting, connect_seconds(&plan->users[i]));
    }
    for (size_t i = 0; i < plan->deliveries_count; i++) {
        drain = plan->deliveries[i].drain > drain ? plan->deliveries[i].drain : drain;
    }
    return (lg_ns)(connecting * (double)LG_S) + load_time(plan) + drain;
}

lg_ns lg_check_time(const struct lg_plan *plan)
{
    double ns = (double)lg_check_trial_time(plan) * plan->trials * (double)plan->target_count;
    return ns < 9e18 ? (lg_ns)ns : LG_NEVER;
}

static void write_needs(const struct lg_plan *plan, struct lg_buf *out)
{
    char a[LG_UNIT_TEXT], b[LG_UNIT_TEXT], c[LG_UNIT_TEXT];
    lg_buf_addf(out, "\nNeeds\n%s connection%s and %s open files; %u thread%s\n",
                lg_show_count(a, (double)connections(plan)), plural(connections(plan)),
                lg_show_count(b, (double)lg_check_files(plan)), plan->threads,
                plural(plan->threads));
    lg_buf_addf(out,
                "about %s: %u trial%s of each of %zu target%s%s, and the time to start and stop\n",
                time_text(c, lg_check_time(plan)), plan->trials, plural(plan->trials),
                plan->target_count, plural(plan->target_count),
                plan->warmup == LG_WARMUP_AUTO ? " with a warm-up of about 10 s" : "");
}

static void write_target(const struct lg_target_spec *target, struct lg_buf *out)
{
    if (target->command == NULL) {
        lg_buf_addf(out, "%s: runs already at %s\n", target->name, target->url);
        return;
    }
    lg_buf_addf(out, "%s: starts", target->name);
    if (target->replicas > 1) {
        lg_buf_addf(out, " %u of", target->replicas);
    }
    for (char **word = target->command; *word != NULL; word++) {
        lg_buf_addf(out, " %s", *word);
    }
    lg_buf_addf(out, " in %s, at %s, with %zu variables\n", target->folder, target->url,
                target->env_count);
}

static void write_targets(const struct lg_plan *plan, struct lg_buf *out)
{
    lg_buf_adds(out, "\nTargets\n");
    for (size_t i = 0; i < plan->target_count; i++) {
        write_target(&plan->targets[i], out);
    }
    for (size_t i = 0; i < plan->beside_count; i++) {
        lg_buf_adds(out, "beside each of them, and not tested: ");
        write_target(&plan->beside[i], out);
    }
}

void lg_check_write(const struct lg_plan *plan, struct lg_buf *out)
{
    lg_buf_addf(out, "%s (%s)%s\n", plan->name, plan->file,
                plan->quick ? ", quick: too short for a verdict" : "");
    if (plan->question[0] != '\0') {
        lg_buf_addf(out, "%s\n", plan->question);
    }
    write_settings(plan, out);
    write_users(plan, out);
    write_needs(plan, out);
    write_targets(plan, out);
}
