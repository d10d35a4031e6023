/* What the sheet says of the programs: the server and the generator. */
#include "report/plain.h"
#include "report/sheet_build.h"

enum server_figure { CPU_UNIT, CPU_DELIVERY, CPU_CORES, RSS_CONNECTION, RSS_IDLE, RSS_PEAK, READY };

static struct lg_figure server(const struct lg_trial_result *t, const char *name, double which)
{
    (void)name;
    const struct lg_server_result *s = &t->server;
    if (!s->sampled) {
        return lg_figure_none;
    }
    switch ((enum server_figure)which) {
    case CPU_UNIT:
        return lg_figure_known(s->cpu_us_per_completed * 1e3);
    case CPU_DELIVERY:
        return lg_figure_known(s->cpu_us_per_delivery * 1e3);
    case CPU_CORES:
        return t->duration_s > 0 ? lg_figure(s->cpu_s / t->duration_s) : lg_figure_none;
    case RSS_CONNECTION:
        return lg_figure_known(s->rss_bytes_per_connection);
    case RSS_IDLE:
        return lg_figure((double)s->idle_rss_bytes);
    case READY:
        return s->ready_s > 0 ? lg_figure(s->ready_s * 1e9) : lg_figure_none;
    case RSS_PEAK:
        break;
    }
    return lg_figure((double)s->max_rss_bytes);
}

static struct lg_figure generator_cpu(const struct lg_trial_result *t, const char *name, double q)
{
    (void)name;
    (void)q;
    return lg_figure(t->generator.cpu_utilisation);
}

static struct lg_figure lateness(const struct lg_trial_result *t, const char *name, double q)
{
    const struct lg_users_result *u = lg_sheet_users(t, name);
    return u ? lg_figure_quantile(u->lateness, q, u->lateness ? u->lateness->over : 0, 0)
             : lg_figure_none;
}

/* What one arrival does, for "CPU per ...". */
static const char *unit_of_work(const struct lg_trial_result *model)
{
    size_t sending = 0, steps = 0;
    for (size_t i = 0; i < model->step_count; i++) {
        steps += !model->steps[i].setup;
        sending += !model->steps[i].setup && model->steps[i].sends_message;
    }
    return steps != 1 ? "CPU per iteration" : sending ? "CPU per message" : "CPU per request";
}

void lg_sheet_server(struct lg_sheet_builder *b, const struct lg_trial_result *model)
{
    const struct {
        const char *label;
        enum lg_sheet_unit unit;
        enum server_figure which;
        bool brief;
    } rows[] = {{unit_of_work(model), LG_SHEET_NS, CPU_UNIT, true},
                {"CPU per delivery", LG_SHEET_NS, CPU_DELIVERY, true},
                {"CPU, cores in use", LG_SHEET_CORES, CPU_CORES, true},
                {"RSS per connection", LG_SHEET_BYTES, RSS_CONNECTION, false},
                {"RSS idle", LG_SHEET_BYTES, RSS_IDLE, false},
                {"RSS peak", LG_SHEET_BYTES, RSS_PEAK, true},
                {"ready after", LG_SHEET_NS, READY, lg_sheet_is_about_starting(b->record)}};
    lg_sheet_group(b, "Server", "all its processes");
    b->group->brief = "";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        b->brief = rows[i].brief;
        lg_sheet_typical(b, rows[i].label, rows[i].unit, server, "", rows[i].which);
    }
    lg_sheet_group_end(b);
}

void lg_sheet_generator(struct lg_sheet_builder *b, const struct lg_trial_result *model)
{
    lg_sheet_group(b, "Generator", "this program");
    b->group->brief = "generator";
    b->brief = true;
    lg_sheet_typical(b, "busiest thread", LG_SHEET_SHARE, generator_cpu, "", 0);
    for (size_t i = 0; i < model->users_count; i++) {
        const char *name = model->users[i].name;
        const char *label =
            lg_sheet_prefixed(b, model->users_count > 1, name, "sends late by, p99");
        lg_sheet_typical(b, label, LG_SHEET_NS, lateness, name, 0.99);
    }
    lg_sheet_group_end(b);
}
