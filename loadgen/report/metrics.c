#include "report/metrics.h"

#include "report/plain.h"

#include <math.h>

const char *lg_metrics_media_type(bool openmetrics)
{
    return openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                       : "text/plain; version=0.0.4; charset=utf-8";
}

/* Of counters only OpenMetrics names the family without the samples' suffix. */
void lg_metrics_family(struct lg_metrics *m, const char *name, enum lg_metric_type type,
                       const char *help)
{
    static const char *const types[] = {"gauge", "counter", "summary"};
    const char *suffix = type == LG_METRIC_COUNTER && !m->openmetrics ? "_total" : "";
    m->family = name;
    m->type = type;
    lg_buf_addf(m->out, "# HELP %s%s %s\n", name, suffix, help);
    lg_buf_addf(m->out, "# TYPE %s%s %s\n", name, suffix, types[type]);
}

static void add_value(struct lg_buf *out, double value)
{
    if (isfinite(value)) {
        lg_buf_addf(out, " %.15g\n", value);
    } else {
        lg_buf_adds(out, isnan(value) ? " NaN\n" : value > 0 ? " +Inf\n" : " -Inf\n");
    }
}

static void add_label(struct lg_buf *out, const struct lg_metric_label *label, bool first)
{
    struct lg_buf safe = {0};
    lg_plain_add(&safe, label->value, SIZE_MAX); /* one line, UTF-8 */
    lg_buf_addf(out, "%s%s=\"", first ? "{" : ",", label->name);
    for (size_t i = 0; i < safe.n; i++) {
        lg_buf_adds(out, safe.p[i] == '"' || safe.p[i] == '\\' ? "\\" : "");
        lg_buf_add(out, &safe.p[i], 1);
    }
    lg_buf_adds(out, "\"");
    lg_buf_free(&safe);
}

void lg_metrics_add(struct lg_metrics *m, const char *suffix, const struct lg_metric_label *labels,
                    size_t count, double value)
{
    bool first = true;
    lg_buf_addf(m->out, "%s%s", m->family, m->type == LG_METRIC_COUNTER ? "_total" : suffix);
    for (size_t i = 0; i < count; i++) {
        if (lg_plain_text(labels[i].value)[0] != '\0') {
            add_label(m->out, &labels[i], first);
            first = false;
        }
    }
    lg_buf_adds(m->out, first ? "" : "}");
    add_value(m->out, value);
}

void lg_metrics_end(struct lg_metrics *m)
{
    if (m->openmetrics) {
        lg_buf_adds(m->out, "# EOF\n");
    }
}
