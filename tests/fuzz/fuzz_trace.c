/* Any text is a trace or is refused with a place in it; a trace's times ascend, its requests can be
 * sent, and written as a timing script it is read as the same again. */
#include "base/buf.h"
#include "workload/trace.h"

#include <inttypes.h>
#include <stdlib.h>

static void check_request(const struct lg_trace *trace, size_t i)
{
    const struct lg_trace_request *r = &trace->requests[i];
    LG_ASSERT(r->at >= 0 && (i == 0 || r->at >= r[-1].at));
    LG_ASSERT(r->method.n > 0 && r->path.n > 0 && r->path.p[0] == '/');
    for (size_t k = 0; k < r->path.n; k++) {
        LG_ASSERT((unsigned char)r->path.p[k] > ' ' && r->path.p[k] != 0x7f);
    }
}

static void read_again(const struct lg_trace *trace, struct lg_arena *arena)
{
    struct lg_buf text = {0};
    struct lg_trace again;
    struct lg_trace_fault fault = {0};
    for (size_t i = 0; i < trace->count; i++) {
        const struct lg_trace_request *r = &trace->requests[i];
        lg_buf_addf(&text, "%" PRId64 ".%06" PRId64 "\t", r->at / LG_MS, r->at % LG_MS);
        lg_buf_add(&text, r->method.p, r->method.n);
        lg_buf_adds(&text, " ");
        lg_buf_add(&text, r->path.p, r->path.n);
        lg_buf_adds(&text, "\n");
    }
    /* A log may span more than the thousand days that a script may. */
    if (trace->requests[trace->count - 1].at < 999 * 24 * 3600 * LG_S) {
        LG_ASSERT(lg_trace_read(lg_buf_slice(&text), 1, arena, &again, &fault));
        LG_ASSERT(again.count == trace->count && !again.by_second);
        for (size_t i = 0; i < trace->count; i++) {
            LG_ASSERT(again.requests[i].at == trace->requests[i].at);
            LG_ASSERT(lg_slice_eq(again.requests[i].path, trace->requests[i].path));
            LG_ASSERT(lg_slice_eq(again.requests[i].method, trace->requests[i].method));
        }
    }
    lg_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_trace trace;
    struct lg_trace_fault fault = {0};
    if (lg_trace_read(lg_slice(data, n), 1, arena, &trace, &fault)) {
        LG_ASSERT(trace.count > 0);
        for (size_t i = 0; i < trace.count; i++) {
            check_request(&trace, i);
        }
        read_again(&trace, arena);
    } else {
        LG_ASSERT(fault.what != NULL && fault.column <= n + 1 && fault.line <= n + 1);
    }
    lg_arena_free(arena);
    return 0;
}
