#include "engine/stream.h"

#include <stdlib.h>
#include <strings.h>

static const lg_ns default_retry = 3 * LG_S; /* where the server says none, as browsers do */
static const lg_ns longest_retry = 3600 * LG_S;

static struct lg_worker *worker_of(const struct lg_stream *s)
{
    return s->ex->vu->worker;
}

static const struct lg_stream_spec *spec_of(const struct lg_stream *s)
{
    return s->step->step->stream;
}

static bool is_sse(const struct lg_stream *s)
{
    return spec_of(s)->kind == LG_STREAM_SSE;
}

/* The second that is counted now; before the load begins nothing is. */
static struct lg_recorder *row(const struct lg_stream *s, lg_ns now)
{
    struct lg_worker *worker = worker_of(s);
    return worker->begun ? lg_rows_at(&worker->rows, now) : worker->unmeasured;
}

static uint64_t *counts_of(const struct lg_stream *s, struct lg_recorder *r)
{
    return lg_stream_counts(r, s->step->stream->index);
}

static struct lg_hist *hists_of(const struct lg_stream *s, struct lg_recorder *r)
{
    return lg_stream_hist(r, s->step->stream->index, LG_STREAM_FIRST_EVENT);
}

/* ---- deadlines of many lengths: lists in order of time ---- */

static void set(struct lg_worker *worker, struct lg_deadlines *q, struct lg_deadline *d, lg_ns due)
{
    lg_deadline_remove(q, d);
    lg_deadline_insert(q, d, due);
    lg_worker_arm(worker, due);
}

static void await_silence(struct lg_stream *s, lg_ns now)
{
    lg_exchange_deadline(s->ex, &worker_of(s)->timeouts[s->step->index], now);
}

/* ---- the worker's list ---- */

static void enlist(struct lg_stream *s)
{
    struct lg_worker *worker = worker_of(s);
    s->listed = true;
    s->prev = NULL;
    s->next = worker->streams;
    if (s->next != NULL) {
        s->next->prev = s;
    }
    worker->streams = s;
}

static void delist(struct lg_stream *s)
{
    if (s->listed) {
        s->listed = false;
        *(s->prev != NULL ? &s->prev->next : &worker_of(s)->streams) = s->next;
        if (s->next != NULL) {
            s->next->prev = s->prev;
        }
    }
}

void lg_streams_silent(struct lg_worker *worker, lg_ns at)
{
    for (struct lg_stream *s = worker->streams; s != NULL; s = s->next) {
        struct lg_recorder *r = row(s, at - 1);
        lg_stream_silent(&s->meter, at, counts_of(s, r), hists_of(s, r));
    }
}

/* ---- life ---- */

static bool ends_by_itself(const struct lg_stream_spec *spec)
{
    return spec->events > 0 || spec->has_until || spec->lasting > 0;
}

void lg_stream_begin(struct lg_exchange *ex)
{
    if (ex->stream == NULL) {
        ex->stream = lg_alloc(sizeof *ex->stream);
    }
    struct lg_stream *s = ex->stream;
    LG_ASSERT(!s->listed && s->throttle.conn == NULL);
    lg_sse_fini(&s->sse);
    *s = (struct lg_stream){.ex = ex, .step = ex->step, .recorder = ex->vu->recorder};
    s->meter.expect_gap = spec_of(s)->expect_gap;
    s->resident = is_sse(s) && ex->vu->in_setup && !ends_by_itself(spec_of(s));
    ex->streaming = true;
    if (is_sse(s)) {
        enlist(s);
    }
}

static void release(struct lg_stream *s)
{
    struct lg_worker *worker = worker_of(s);
    delist(s);
    lg_deadline_remove(&worker->stream_ends, &s->lasting);
    lg_deadline_remove(&worker->stream_retries, &s->again);
    if (s->throttle.conn != NULL) {
        lg_conn_throttle(s->throttle.conn, NULL);
    }
    s->ex->streaming = false;
}

void lg_stream_forget(struct lg_exchange *ex)
{
    release(ex->stream);
}

void lg_stream_free(struct lg_stream *s)
{
    if (s != NULL) {
        lg_sse_fini(&s->sse);
        free(s);
    }
}

/* The exchange ends, and whatever of it is still under way with it. */
static void finish(struct lg_stream *s, struct lg_outcome outcome, lg_ns now)
{
    struct lg_exchange *ex = s->ex;
    bool failed = outcome.class != LG_OK && (!is_sse(s) || s->events == 0);
    bool listened = s->resident && s->set_up;
    if (failed) {
        counts_of(s, s->recorder)[LG_STREAM_FAILED]++;
    }
    release(s);
    lg_exchange_abandon(ex);
    if (listened) { /* its step was done long ago: now the user is set up anew */
        ex->open = false;
        ex->step = NULL;
        lg_exchange_deadline(ex, NULL, now);
        lg_vu_lost(ex->vu, now);
    } else {
        lg_exchange_end(ex, outcome, now);
    }
}

/* ---- sending ---- */

static bool has_header(const struct lg_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (lg_slice_eq(headers[i].name, lg_str(name))) {
            return true;
        }
    }
    return false;
}

static void add(struct lg_header *headers, size_t *count, const char *name, struct lg_slice value)
{
    headers[(*count)++] = (struct lg_header){.name = lg_str(name), .value = value};
}

size_t lg_stream_send(struct lg_exchange *ex, struct lg_header *headers, size_t count, lg_ns now)
{
    struct lg_stream *s = ex->stream;
    const struct lg_stream_spec *spec = spec_of(s);
    if (is_sse(s)) {
        struct lg_slice id = lg_sse_last_id(&s->sse);
        if (!has_header(headers, count, "accept")) {
            add(headers, &count, "accept", lg_str("text/event-stream"));
        }
        if (s->opened && id.n > 0) {
            add(headers, &count, "last-event-id", id);
        }
    }
    if (spec->lasting > 0 && s->lasting.due == 0) {
        set(worker_of(s), &worker_of(s)->stream_ends, &s->lasting, now + spec->lasting);
    }
    if (spec->read_rate > 0) {
        s->throttle.bytes_per_s = spec->read_rate;
        s->throttle.at = now;
        lg_conn_throttle(ex->link->conn, &s->throttle);
    }
    return count;
}

void lg_stream_sent_again(struct lg_exchange *ex, lg_ns now)
{
    await_silence(ex->stream, now);
}

/* ---- the head ---- */

static bool is_event_stream(struct lg_slice type)
{
    static const char name[] = "text/event-stream";
    enum { N = sizeof name - 1 };
    bool same = type.n >= N && strncasecmp(type.p, name, N) == 0;
    return same && (type.n == N || type.p[N] == ';' || type.p[N] == ' ');
}

void lg_stream_header(struct lg_exchange *ex, struct lg_slice name, struct lg_slice value)
{
    struct lg_stream *s = ex->stream;
    if (lg_slice_eq(name, lg_str("content-type"))) {
        s->typed = is_event_stream(value);
    }
    if (s->resident && ex->open) {
        lg_worker_run_soon(worker_of(s), ex->vu); /* when the whole head is here */
    }
}

/* OK: go on.  204 asks a client not to come again: for it the stream has ended. */
static struct lg_outcome judge_head(struct lg_stream *s, lg_ns now)
{
    if (s->judged) {
        return lg_outcome(LG_OK, 0);
    }
    if (s->ex->status != 200) {
        return s->ex->status == 204 ? lg_outcome(LG_CLOSED, 0)
                                    : lg_outcome(LG_STATUS, s->ex->status);
    }
    if (!s->typed) {
        return lg_outcome(LG_PROTOCOL, LG_FAULT_MEDIA_TYPE);
    }
    s->judged = s->opened = true;
    s->lost_at = 0;
    counts_of(s, row(s, now))[LG_STREAM_OPENED]++;
    return lg_outcome(LG_OK, 0);
}

void lg_stream_run(struct lg_exchange *ex, lg_ns now)
{
    struct lg_stream *s = ex->stream;
    if (!s->resident || !ex->open || s->waiting) {
        return;
    }
    struct lg_outcome head = judge_head(s, now);
    if (head.class != LG_OK) {
        finish(s, head, now);
    } else if (s->set_up) {
        ex->open = false; /* it listens again */
    } else {
        s->set_up = true;
        lg_exchange_end(ex, head, ex->first);
        await_silence(s, now);
    }
}

/* ---- events ---- */

static bool is_end(struct lg_stream *s, const struct lg_sse_event *event)
{
    const struct lg_stream_spec *spec = spec_of(s);
    if (spec->events > 0 && s->events >= spec->events) {
        return true;
    }
    if (!spec->has_until) {
        return false;
    }
    return spec->until_type.n > 0 ? lg_slice_eq(spec->until_type, event->type)
                                  : lg_judge_event(s->ex, event->data);
}

static void take_event(struct lg_stream *s, const struct lg_sse_event *event, struct lg_recorder *r,
                       lg_ns now)
{
    struct lg_slice id = event->own_id ? event->id : lg_slice(NULL, 0);
    lg_stream_event(&s->meter, id, now, counts_of(s, r), hists_of(s, r));
    if (s->events++ == 0) {
        lg_hist_add(&hists_of(s, s->recorder)[LG_STREAM_FIRST_EVENT], now - s->ex->sent);
    }
}

static void take_events(struct lg_stream *s, struct lg_slice data, lg_ns now)
{
    struct lg_outcome head = judge_head(s, now);
    if (head.class != LG_OK) {
        finish(s, head, now);
        return;
    }
    struct lg_sse_event event;
    enum lg_sse_found found;
    struct lg_recorder *r = row(s, now);
    await_silence(s, now);
    while ((found = lg_sse_next(&s->sse, &data, &event)) == LG_SSE_EVENT) {
        take_event(s, &event, r, now);
        if (is_end(s, &event)) {
            finish(s, head, now);
            return;
        }
    }
    if (found == LG_SSE_TOO_BIG) {
        finish(s, lg_outcome(LG_PROTOCOL, LG_FAULT_TOO_BIG), now);
    }
}

void lg_stream_data(struct lg_exchange *ex, struct lg_slice data, lg_ns now)
{
    struct lg_stream *s = ex->stream;
    counts_of(s, row(s, now))[LG_STREAM_BYTES] += data.n;
    if (is_sse(s)) {
        take_events(s, data, now);
        return;
    }
    lg_ns since = s->read_at != 0 ? s->read_at : ex->first;
    s->pause = now - since > s->pause ? now - since : s->pause;
    s->read_at = now;
    s->bytes += data.n;
}

/* ---- loss and return ---- */

static lg_ns retry_time(const struct lg_stream *s)
{
    if (!s->sse.has_retry) {
        return default_retry;
    }
    return s->sse.retry_ms < longest_retry / LG_MS ? s->sse.retry_ms * LG_MS : longest_retry;
}

/* RST_STREAM and GOAWAY: a loss like a connection's end, whatever error code they name. */
static bool said_by_peer(struct lg_outcome why)
{
    return why.code >= LG_FAULT_PEER_NO_ERROR && why.code <= LG_FAULT_PEER_OTHER;
}

/* What a browser's EventSource would come back from; where nothing else ends the step, the server's
 * own end of the stream does. */
static bool comes_back(const struct lg_stream *s, struct lg_outcome why)
{
    bool may_end = why.class == LG_OK && !s->resident && !ends_by_itself(spec_of(s));
    bool may_return = spec_of(s)->reconnect && s->opened && !may_end;
    switch (why.class) {
    case LG_PROTOCOL:
        return may_return && said_by_peer(why);
    case LG_OK:
    case LG_CLOSED:
    case LG_RESET:
    case LG_REFUSED:
    case LG_CONNECT_REFUSED:
    case LG_CONNECT_RESET:
    case LG_CONNECT_TIMEOUT:
        return may_return;
    default:
        return false;
    }
}

/* The attempts end when they have been in vain for as long as a silence may last. */
static void come_back(struct lg_stream *s, struct lg_outcome why, lg_ns now)
{
    struct lg_exchange *ex = s->ex;
    s->lost_at = s->lost_at != 0 ? s->lost_at : now;
    if (now - s->lost_at > s->step->step->timeout + retry_time(s)) {
        finish(s, why.class == LG_OK ? lg_outcome(LG_CLOSED, 0) : why, now);
        return;
    }
    lg_stream_lost(&s->meter, now);
    lg_sse_restart(&s->sse);
    s->judged = s->typed = false;
    s->waiting = ex->open = true;
    ex->step = s->step;
    lg_exchange_deadline(ex, NULL, now);
    set(worker_of(s), &worker_of(s)->stream_retries, &s->again, now + retry_time(s));
}

static void try_again(struct lg_stream *s, lg_ns now)
{
    s->waiting = false;
    counts_of(s, row(s, now))[LG_STREAM_RECONNECTS]++;
    lg_link_enter(s->ex->link, s->ex, now);
}

/* ---- the end ---- */

static void download_done(struct lg_stream *s, struct lg_outcome outcome, lg_ns now)
{
    struct lg_exchange *ex = s->ex;
    if (outcome.class == LG_OK) {
        outcome = lg_judge(ex);
    }
    if (outcome.class == LG_OK) {
        lg_ns took = now > ex->sent ? now - ex->sent : 1;
        counts_of(s, s->recorder)[LG_STREAM_OPENED]++;
        lg_stream_download(s->bytes, took, s->pause, hists_of(s, s->recorder));
    }
    finish(s, outcome, now);
}

/* The server has ended the answer as it should: is that what the step waits for? */
static struct lg_outcome ended_by_server(struct lg_stream *s, lg_ns now)
{
    struct lg_outcome head = judge_head(s, now);
    if (head.class != LG_OK && s->ex->status != 204) {
        return head;
    }
    bool more = s->resident || ends_by_itself(spec_of(s));
    return lg_outcome(more ? LG_CLOSED : LG_OK, 0);
}

void lg_stream_done(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now)
{
    struct lg_stream *s = ex->stream;
    if (!is_sse(s)) {
        download_done(s, outcome, now);
        return;
    }
    bool over = outcome.class == LG_OK && (ex->status != 200 || !s->typed);
    if (!over && comes_back(s, outcome)) {
        come_back(s, outcome, now);
    } else {
        finish(s, outcome.class == LG_OK ? ended_by_server(s, now) : outcome, now);
    }
}

void lg_stream_failed(struct lg_exchange *ex, struct lg_outcome why, lg_ns now)
{
    struct lg_stream *s = ex->stream;
    if (s->waiting) {
        return; /* the connection's end, of which the exchange has heard */
    }
    if (comes_back(s, why)) {
        come_back(s, why, now);
    } else {
        finish(s, why, now);
    }
}

void lg_stream_timeout(struct lg_exchange *ex, lg_ns now)
{
    struct lg_stream *s = ex->stream;
    struct lg_recorder *r = row(s, now);
    lg_stream_silent(&s->meter, now, counts_of(s, r), hists_of(s, r));
    finish(s, lg_outcome(LG_TIMEOUT, 0), now);
}

/* `for` is over.  Who has had no answer by then has not listened. */
static void lasted(struct lg_stream *s, lg_ns now)
{
    struct lg_outcome outcome = lg_outcome(LG_OK, 0);
    if (!s->opened) {
        outcome = s->ex->first != 0 ? judge_head(s, now) : lg_outcome(LG_TIMEOUT, 0);
    }
    finish(s, outcome, now);
}

/* ---- what is due ---- */

static struct lg_deadline *take_due(struct lg_deadlines *q, lg_ns now)
{
    struct lg_deadline *d = q->head;
    if (d == NULL || d->due > now) {
        return NULL;
    }
    lg_deadline_remove(q, d);
    return d;
}

#define STREAM_OF(d, member)                                                                       \
    ((struct lg_stream *)(void *)((char *)(d)-offsetof(struct lg_stream, member)))

void lg_streams_due(struct lg_worker *worker, lg_ns now)
{
    struct lg_deadline *d;
    while ((d = take_due(&worker->stream_ends, now)) != NULL) {
        lasted(STREAM_OF(d, lasting), now);
    }
    while ((d = take_due(&worker->stream_retries, now)) != NULL) {
        try_again(STREAM_OF(d, again), now);
    }
    while ((d = take_due(&worker->resumes, now)) != NULL) {
        lg_conn_resume(STREAM_OF(d, throttle.resume)->throttle.conn);
    }
}

lg_ns lg_streams_next(const struct lg_worker *worker)
{
    const struct lg_deadlines *queues[] = {&worker->stream_ends, &worker->stream_retries,
                                           &worker->resumes};
    lg_ns next = LG_NEVER;
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        if (queues[i]->head != NULL && queues[i]->head->due < next) {
            next = queues[i]->head->due;
        }
    }
    return next;
}
