#include "measure/record.h"

#include "base/arena.h"

#include <stdlib.h>

struct lg_record *lg_record_new(void)
{
    struct lg_record *record = lg_alloc(sizeof *record);
    record->arena = lg_arena_new();
    return record;
}

void lg_trial_result_fini(struct lg_trial_result *trial)
{
    for (size_t i = 0; i < trial->step_count; i++) {
        for (int phase = 0; phase < LG_PHASES; phase++) {
            lg_hist_free(trial->steps[i].phase[phase]);
        }
    }
    for (size_t i = 0; i < trial->users_count; i++) {
        lg_hist_free(trial->users[i].iteration);
        lg_hist_free(trial->users[i].connect);
        lg_hist_free(trial->users[i].lateness);
    }
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        lg_hist_free(trial->deliveries[i].delivery);
        lg_hist_free(trial->deliveries[i].spread);
    }
    for (size_t i = 0; i < trial->stream_count; i++) {
        lg_hist_free(trial->streams[i].first_event);
        lg_hist_free(trial->streams[i].gap);
        lg_hist_free(trial->streams[i].reconnect);
        lg_hist_free(trial->streams[i].throughput);
        lg_hist_free(trial->streams[i].pause);
    }
}

void lg_record_free(struct lg_record *record)
{
    if (record == NULL) {
        return;
    }
    for (size_t i = 0; i < record->target_count; i++) {
        for (size_t j = 0; j < record->targets[i].trial_count; j++) {
            lg_trial_result_fini(&record->targets[i].trials[j]);
        }
    }
    lg_arena_free(record->arena);
    free(record);
}

const char *lg_difference_name(enum lg_difference difference)
{
    static const char *const names[] = {
#define X(name, text, help) text,
        LG_DIFFERENCE_MAP(X)
#undef X
    };
    LG_ASSERT(difference >= 0 && difference < LG_DIFFERENCES);
    return names[difference];
}

const char *lg_debated_name(enum lg_debated verdict)
{
    static const char *const names[] = {
#define X(name, text, help) text,
        LG_DEBATED_MAP(X)
#undef X
    };
    LG_ASSERT(verdict >= 0 && verdict < LG_DEBATED_KINDS);
    return names[verdict];
}

static uint64_t over(const struct lg_hist *h)
{
    return h == NULL ? 0 : h->over;
}

static uint64_t excess(uint64_t all, uint64_t part)
{
    return all > part ? all - part : 0;
}

uint64_t lg_step_above(const struct lg_step_result *step, enum lg_phase phase)
{
    bool ends_with_answer =
        phase == LG_PHASE_RESPONSE || phase == LG_PHASE_SERVICE || phase == LG_PHASE_FIRST_BYTE;
    uint64_t failed = ends_with_answer ? excess(step->count, step->outcomes[LG_OK]) : 0;
    return failed + over(step->phase[phase]);
}

uint64_t lg_iteration_above(const struct lg_users_result *users)
{
    return excess(users->accounting.scheduled, users->accounting.completed) +
           over(users->iteration);
}

uint64_t lg_connect_above(const struct lg_users_result *users)
{
    return excess(users->connections, users->connected) + over(users->connect);
}

uint64_t lg_delivery_above(const struct lg_deliveries_result *deliveries)
{
    return deliveries->lost + over(deliveries->delivery);
}

uint64_t lg_first_event_above(const struct lg_stream_result *stream)
{
    bool download = stream->kind != NULL && strcmp(stream->kind, "download") == 0;
    return download ? 0 : stream->failed + over(stream->first_event);
}

lg_ns lg_throughput_quantile(const struct lg_stream_result *stream, double q)
{
    uint64_t count = stream->throughput != NULL ? stream->throughput->count : 0;
    if (count + stream->failed == 0) {
        return -1;
    }
    uint64_t rank = lg_hist_rank_of(q, count + stream->failed);
    return rank <= stream->failed ? 0 : lg_hist_rank(stream->throughput, rank - stream->failed);
}
