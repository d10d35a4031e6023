#include "measure/record_fields.h"

/* Steps. */

static const struct lg_field error_fields[] = {
    FIELD(CLASS, "class", lg_error_count, class),
    FIELD(CODE, "code", lg_error_count, code),
    FIELD(COUNT, "count", lg_error_count, count),
    FIELD(SECONDS, "first_at_s", lg_error_count, first_at),
    FIELD(TEXT, "sample", lg_error_count, sample),
};
static const struct lg_shape error_shape = SHAPE(lg_error_count, error_fields);

#define X(name, text, help)                                                                        \
    static uint64_t above_##name(const void *row)                                                  \
    {                                                                                              \
        return lg_step_above(row, LG_PHASE_##name);                                                \
    }
LG_PHASE_MAP(X)
#undef X

static const struct lg_field step_fields[] = {
    FIELD(TEXT, "name", lg_step_result, name),
    FIELD(TEXT, "users", lg_step_result, users),
    FIELD(FLAG, "setup", lg_step_result, setup),
    FIELD(FLAG, "sends_message", lg_step_result, sends_message),
    FIELD(FLAG, "parallel", lg_step_result, parallel),
    FIELD(TEXT, "part_of", lg_step_result, part_of),
    FIELD(COUNT, "slowest", lg_step_result, slowest),
    FIELD(COUNT, "partial", lg_step_result, partial),
    FIELD(COUNT, "failed_parts", lg_step_result, failed_parts),
    FIELD(COUNT, "count", lg_step_result, count),
    FIELD(COUNT, "ok", lg_step_result, outcomes[LG_OK]),
    FIELD(OUTCOMES, "errors", lg_step_result, outcomes),
    ROWS("error_rows", lg_step_result, errors, error_count, error_shape),
    FIELD(LATER, "redirects", lg_step_result, redirects),
    FIELD(COUNT, "bytes_in", lg_step_result, bytes_in),
    FIELD(COUNT, "bytes_out", lg_step_result, bytes_out),
#define X(name, text, help)                                                                        \
    HISTOGRAM(text "_ns", lg_step_result, phase[LG_PHASE_##name], above_##name),
    LG_PHASE_MAP(X)
#undef X
};
static const struct lg_shape step_shape = SHAPE(lg_step_result, step_fields);

/* Users. */

static const struct lg_field accounting_fields[] = {
    FIELD(COUNT, "scheduled", lg_accounting, scheduled),
    FIELD(COUNT, "completed", lg_accounting, completed),
    FIELD(COUNT, "failed", lg_accounting, failed),
    FIELD(COUNT, "timed_out", lg_accounting, timed_out),
    FIELD(COUNT, "shed", lg_accounting, shed),
    FIELD(COUNT, "dropped", lg_accounting, dropped),
    FIELD(COUNT, "in_flight_at_end", lg_accounting, in_flight_at_end),
};
static const struct lg_shape accounting_shape = SHAPE(lg_accounting, accounting_fields);

static const struct lg_field blame_fields[] = {
    FIELD(COUNT, "generator", lg_users_result, late_generator),
    FIELD(COUNT, "no_connection", lg_users_result, late_no_connection),
    FIELD(COUNT, "connecting", lg_users_result, late_connecting),
};
static const struct lg_shape blame_shape = SHAPE(lg_users_result, blame_fields);

static const struct lg_field schedule_fields[] = {
    FIELD(TEXT, "process", lg_users_result, arrivals),
    FIELD(MAYBE, "gap_cv", lg_users_result, gap_cv),
    FIELD(MAYBE, "fit_p", lg_users_result, fit_p),
    HISTOGRAM("lateness_ns", lg_users_result, lateness, NULL),
    GROUP("blame", blame_shape),
};
static const struct lg_shape schedule_shape = SHAPE(lg_users_result, schedule_fields);

static const struct lg_field flow_fields[] = {
    FIELD(FLAG, "measured", lg_users_result, flow_measured),
    FIELD(REAL, "worst_second", lg_users_result, worst_second),
    FIELD(REAL, "in_flight_s", lg_users_result, in_flight_s),
    FIELD(REAL, "unfinished_s", lg_users_result, unfinished_s),
    FIELD(COUNT, "in_flight_first", lg_users_result, in_flight_first),
    FIELD(COUNT, "in_flight_last", lg_users_result, in_flight_last),
    FIELD(REAL, "to_go_first_s", lg_users_result, to_go_first_s),
    FIELD(REAL, "to_go_last_s", lg_users_result, to_go_last_s),
};
static const struct lg_shape flow_shape = SHAPE(lg_users_result, flow_fields);

static uint64_t above_iteration(const void *row)
{
    return lg_iteration_above(row);
}

static uint64_t above_connect(const void *row)
{
    return lg_connect_above(row);
}

static const struct lg_field users_fields[] = {
    FIELD(TEXT, "name", lg_users_result, name),
    FIELD(COUNT, "connections", lg_users_result, connections),
    FIELD(COUNT, "streams", lg_users_result, streams),
    FIELD(COUNT, "connected", lg_users_result, connected),
    FIELD(COUNT, "reconnects", lg_users_result, reconnects),
    FIELD(COUNT, "compressed", lg_users_result, compressed),
    FIELD(COUNT, "tls_handshakes", lg_users_result, tls_handshakes),
    FIELD(COUNT, "tls_resumed", lg_users_result, tls_resumed),
    FIELD(REAL, "intended_per_s", lg_users_result, intended_per_s),
    FIELD(REAL, "offered_per_s", lg_users_result, offered_per_s),
    FIELD(REAL, "achieved_per_s", lg_users_result, achieved_per_s),
    INLINE("accounting", lg_users_result, accounting, accounting_shape),
    GROUP("schedule", schedule_shape),
    GROUP("flow", flow_shape),
    HISTOGRAM("iteration_time_ns", lg_users_result, iteration, above_iteration),
    HISTOGRAM("connect_time_ns", lg_users_result, connect, above_connect),
};
static const struct lg_shape users_shape = SHAPE(lg_users_result, users_fields);

/* Deliveries. */

static uint64_t above_delivery(const void *row)
{
    return lg_delivery_above(row);
}

static const struct lg_field deliveries_fields[] = {
    FIELD(TEXT, "name", lg_deliveries_result, name),
    FIELD(COUNT, "messages", lg_deliveries_result, messages),
    FIELD(COUNT, "expected", lg_deliveries_result, expected),
    FIELD(COUNT, "received", lg_deliveries_result, received),
    FIELD(COUNT, "lost", lg_deliveries_result, lost),
    FIELD(COUNT, "duplicated", lg_deliveries_result, duplicated),
    FIELD(COUNT, "reordered", lg_deliveries_result, reordered),
    FIELD(COUNT, "unexpected", lg_deliveries_result, unexpected),
    HISTOGRAM("delivery_time_ns", lg_deliveries_result, delivery, above_delivery),
    HISTOGRAM("spread_time_ns", lg_deliveries_result, spread, NULL),
};
static const struct lg_shape deliveries_shape = SHAPE(lg_deliveries_result, deliveries_fields);

/* Streams. */

static uint64_t above_first_event(const void *row)
{
    return lg_first_event_above(row);
}

static const struct lg_field stream_fields[] = {
    FIELD(TEXT, "name", lg_stream_result, name),
    FIELD(TEXT, "kind", lg_stream_result, kind),
    FIELD(COUNT, "opened", lg_stream_result, opened),
    FIELD(COUNT, "failed", lg_stream_result, failed),
    FIELD(COUNT, "reconnects", lg_stream_result, reconnects),
    FIELD(COUNT, "bytes", lg_stream_result, bytes),
    FIELD(COUNT, "events", lg_stream_result, events),
    FIELD(COUNT, "coalesced", lg_stream_result, coalesced),
    FIELD(COUNT, "stalls", lg_stream_result, stalls),
    FIELD(COUNT, "missing", lg_stream_result, missing),
    FIELD(COUNT, "reordered", lg_stream_result, reordered),
    FIELD(COUNT, "duplicated", lg_stream_result, duplicated),
    FIELD(REAL, "events_per_s", lg_stream_result, events_per_s),
    FIELD(MAYBE, "expected_gap_ns", lg_stream_result, expected_gap_ns),
    FIELD(MAYBE, "gap_sd_ns", lg_stream_result, gap_sd_ns),
    FIELD(MAYBE, "jitter_ns", lg_stream_result, jitter_ns),
    HISTOGRAM("first_event_time_ns", lg_stream_result, first_event, above_first_event),
    HISTOGRAM("gap_time_ns", lg_stream_result, gap, NULL),
    HISTOGRAM("reconnect_time_ns", lg_stream_result, reconnect, NULL),
    HISTOGRAM("throughput_bytes_per_s", lg_stream_result, throughput, NULL),
    HISTOGRAM("pause_time_ns", lg_stream_result, pause, NULL),
};
static const struct lg_shape stream_shape = SHAPE(lg_stream_result, stream_fields);

/* Timeline. */

static const struct lg_field second_times_fields[] = {
    COUNTED(NS, "p50", lg_timeline_step, p50, completed),
    COUNTED(NS, "p99", lg_timeline_step, p99, completed),
    COUNTED(NS, "max", lg_timeline_step, max, completed),
    FIELD(TEXT, "histogram", lg_timeline_step, histogram),
};
static const struct lg_shape second_times_shape = SHAPE(lg_timeline_step, second_times_fields);

static const struct lg_field second_step_fields[] = {
    FIELD(COUNT, "completed", lg_timeline_step, completed),
    FIELD(COUNT, "failed", lg_timeline_step, failed),
    GROUP("response_time_ns", second_times_shape),
};
static const struct lg_shape second_step_shape = SHAPE(lg_timeline_step, second_step_fields);

static const struct lg_field second_spread_fields[] = {
    COUNTED(NS, "p50", lg_timeline_deliveries, p50, received),
    COUNTED(NS, "p99", lg_timeline_deliveries, p99, received),
    COUNTED(NS, "max", lg_timeline_deliveries, max, received),
    FIELD(TEXT, "histogram", lg_timeline_deliveries, histogram),
};
static const struct lg_shape second_spread_shape =
    SHAPE(lg_timeline_deliveries, second_spread_fields);

static const struct lg_field second_deliveries_fields[] = {
    FIELD(COUNT, "received", lg_timeline_deliveries, received),
    GROUP("delivery_time_ns", second_spread_shape),
};
static const struct lg_shape second_deliveries_shape =
    SHAPE(lg_timeline_deliveries, second_deliveries_fields);

static const struct lg_field second_gap_fields[] = {
    COUNTED(NS, "p50", lg_timeline_stream, p50, gaps),
    COUNTED(NS, "p99", lg_timeline_stream, p99, gaps),
    COUNTED(NS, "max", lg_timeline_stream, max, gaps),
    FIELD(TEXT, "histogram", lg_timeline_stream, histogram),
};
static const struct lg_shape second_gap_shape = SHAPE(lg_timeline_stream, second_gap_fields);

static const struct lg_field second_stream_fields[] = {
    FIELD(COUNT, "events", lg_timeline_stream, events),
    FIELD(COUNT, "gaps", lg_timeline_stream, gaps),
    FIELD(COUNT, "bytes", lg_timeline_stream, bytes),
    GROUP("gap_time_ns", second_gap_shape),
};
static const struct lg_shape second_stream_shape = SHAPE(lg_timeline_stream, second_stream_fields);

static const struct lg_field timeline_fields[] = {
    FIELD(REAL, "at_s", lg_timeline_row, at_s),
    FIELD(REAL, "length_s", lg_timeline_row, length_s),
    FIELD(COUNT, "scheduled", lg_timeline_row, scheduled),
    FIELD(COUNT, "completed", lg_timeline_row, completed),
    FIELD(COUNT, "failed", lg_timeline_row, failed),
    FIELD(COUNT, "in_flight", lg_timeline_row, in_flight),
    FIELD(MAYBE, "generator_cpu_cores", lg_timeline_row, generator_cpu),
    FIELD(MAYBE, "server_cpu_cores", lg_timeline_row, server_cpu),
    FIELD(MAYBE, "server_rss_bytes", lg_timeline_row, server_rss_bytes),
    FIELD(MAYBE, "server_pss_bytes", lg_timeline_row, server_pss_bytes),
    {.key = "steps",
     .kind = LG_FIELD_TRIAL_ROWS,
     .at = offsetof(struct lg_timeline_row, steps),
     .also = offsetof(struct lg_trial_result, step_count),
     .of = &second_step_shape},
    {.key = "deliveries",
     .kind = LG_FIELD_TRIAL_ROWS,
     .at = offsetof(struct lg_timeline_row, deliveries),
     .also = offsetof(struct lg_trial_result, deliveries_count),
     .of = &second_deliveries_shape},
    {.key = "streams",
     .kind = LG_FIELD_TRIAL_ROWS,
     .at = offsetof(struct lg_timeline_row, streams),
     .also = offsetof(struct lg_trial_result, stream_count),
     .of = &second_stream_shape},
};
static const struct lg_shape timeline_shape = SHAPE(lg_timeline_row, timeline_fields);

/* Trials. */

static const struct lg_field validity_fields[] = {
    FIELD(TEXT, "id", lg_validity, id),
    FIELD(TEXT, "text", lg_validity, text),
    FIELD(FLAG, "measured", lg_validity, measured),
    FIELD(FLAG, "met", lg_validity, met),
};
static const struct lg_shape validity_shape = SHAPE(lg_validity, validity_fields);

static const struct lg_field generator_fields[] = {
    FIELD(REAL, "cpu_s", lg_generator_result, cpu_s),
    FIELD(REAL, "cpu_utilisation", lg_generator_result, cpu_utilisation),
    FIELD(COUNT, "max_rss_bytes", lg_generator_result, max_rss_bytes),
    FIELD(SMALL_COUNT, "threads", lg_generator_result, threads),
    FIELD(MAYBE, "steal_share", lg_generator_result, steal_share),
    FIELD(FLAG, "busy_measured", lg_generator_result, busy_measured),
    FIELD(REAL, "busiest_5s", lg_generator_result, busiest_5s),
    FIELD(MAYBE, "others_share", lg_generator_result, others_share),
    FIELD(LATER, "slack_s", lg_generator_result, slack_s),
};
static const struct lg_shape generator_shape = SHAPE(lg_generator_result, generator_fields);

static const struct lg_field server_fields[] = {
    FIELD(FLAG, "sampled", lg_server_result, sampled),
    FIELD(REAL, "cpu_s", lg_server_result, cpu_s),
    FIELD(MAYBE, "cpu_us_per_completed", lg_server_result, cpu_us_per_completed),
    FIELD(MAYBE, "cpu_us_per_delivery", lg_server_result, cpu_us_per_delivery),
    FIELD(COUNT, "max_rss_bytes", lg_server_result, max_rss_bytes),
    FIELD(COUNT, "idle_rss_bytes", lg_server_result, idle_rss_bytes),
    FIELD(MAYBE, "rss_bytes_per_connection", lg_server_result, rss_bytes_per_connection),
    FIELD(SMALL_COUNT, "processes", lg_server_result, processes),
    FIELD(LATER, "threads", lg_server_result, threads),
    FIELD(LATER, "idle_threads", lg_server_result, idle_threads),
    FIELD(REAL, "ready_s", lg_server_result, ready_s),
    FIELD(TEXT, "ended", lg_server_result, ended),
};
static const struct lg_shape server_shape = SHAPE(lg_server_result, server_fields);

/* Totals over all kinds of users, for readers that want one figure. */

static uint64_t total_count(const struct lg_trial_result *trial, size_t offset)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < trial->users_count; i++) {
        sum += *(const uint64_t *)lg_field_in(&trial->users[i].accounting, offset);
    }
    return sum < INT64_MAX ? sum : INT64_MAX;
}

static json_t *total_accounting(const void *row)
{
    json_t *object = json_object();
    for (size_t i = 0; i < accounting_shape.count; i++) {
        const struct lg_field *field = &accounting_fields[i];
        json_object_set_new(object, field->key,
                            json_integer((json_int_t)total_count(row, field->at)));
    }
    return object;
}

static json_t *total_rate(const struct lg_trial_result *trial, size_t offset)
{
    double sum = 0;
    for (size_t i = 0; i < trial->users_count; i++) {
        sum += *(const double *)lg_field_in(&trial->users[i], offset);
    }
    json_t *number = json_real(sum); /* NULL if not finite */
    return number != NULL ? number : json_null();
}

static json_t *total_intended(const void *row)
{
    return total_rate(row, offsetof(struct lg_users_result, intended_per_s));
}

static json_t *total_offered(const void *row)
{
    return total_rate(row, offsetof(struct lg_users_result, offered_per_s));
}

static json_t *total_achieved(const void *row)
{
    return total_rate(row, offsetof(struct lg_users_result, achieved_per_s));
}

static const struct lg_field trial_fields[] = {
    FIELD(SMALL_COUNT, "number", lg_trial_result, number),
    FIELD(TEXT, "started_at", lg_trial_result, started_at),
    FIELD(REAL, "duration_s", lg_trial_result, duration_s),
    FIELD(REAL, "warmup_s", lg_trial_result, warmup_s),
    FIELD(FLAG, "interrupted", lg_trial_result, interrupted),
    FIELD(TEXT, "steady", lg_trial_result, steady),
    FIELD(REAL, "steady_from_s", lg_trial_result, steady_from_s),
    ROWS("validity", lg_trial_result, validity, validity_count, validity_shape),
    DERIVED("intended_per_s", total_intended),
    DERIVED("offered_per_s", total_offered),
    DERIVED("achieved_per_s", total_achieved),
    DERIVED("accounting", total_accounting),
    ROWS("users", lg_trial_result, users, users_count, users_shape),
    ROWS("steps", lg_trial_result, steps, step_count, step_shape),
    ROWS("deliveries", lg_trial_result, deliveries, deliveries_count, deliveries_shape),
    ROWS("streams", lg_trial_result, streams, stream_count, stream_shape),
    INLINE("generator", lg_trial_result, generator, generator_shape),
    INLINE("server", lg_trial_result, server, server_shape),
    ROWS("timeline", lg_trial_result, timeline, timeline_count, timeline_shape),
};
const struct lg_shape lg_trial_shape = SHAPE(lg_trial_result, trial_fields);
