#include "proto/ws_session.h"
#include "proto/ws_frame.h"

enum {
    DEFAULT_MAX_MESSAGE = 16 << 20,
    CONTROL_LIMIT = 65536 /* unsent Pongs beyond this are not added (5.5.3 lets us choose) */
};

enum close_code {
    CLOSE_NORMAL = 1000,
    CLOSE_PROTOCOL = 1002,
    CLOSE_NO_CODE = 1005, /* never on the wire */
    CLOSE_NOT_UTF8 = 1007,
    CLOSE_TOO_BIG = 1009
};

/* ---- frames out ---- */

static void write_frame(struct lg_ws_session *ws, struct lg_buf *out, unsigned opcode,
                        struct lg_slice payload)
{
    uint8_t mask[4];
    uint32_t random = (uint32_t)lg_rng_u64(&ws->masks);
    memcpy(mask, &random, sizeof mask);
    lg_buf_reserve(out, LG_WS_HEAD_MAX + payload.n);
    out->n += lg_ws_head_write(out->p + out->n, opcode, true, payload.n, mask);
    lg_ws_mask(out->p + out->n, payload.p, payload.n, mask);
    out->n += payload.n;
}

static void write_message(struct lg_ws_session *ws, struct lg_buf *out)
{
    unsigned opcode = ws->binary ? LG_WS_BINARY : LG_WS_TEXT;
    if (ws->deflate != NULL) {
        struct lg_slice less = lg_ws_deflate_out(ws->deflate, ws->body);
        if (less.n > 0) {
            write_frame(ws, out, opcode | LG_WS_COMPRESSED, less);
            return;
        }
    }
    write_frame(ws, out, opcode, ws->body);
}

static void send_close(struct lg_ws_session *ws, int code)
{
    if (ws->close_sent) {
        return;
    }
    char bytes[2] = {(char)(code >> 8), (char)code};
    ws->close_sent = true;
    write_frame(ws, &ws->control, LG_WS_CLOSING, lg_slice(bytes, code == CLOSE_NO_CODE ? 0 : 2));
}

static void send_pong(struct lg_ws_session *ws, struct lg_slice payload)
{
    if (!ws->close_sent && ws->control.n < CONTROL_LIMIT) {
        write_frame(ws, &ws->control, LG_WS_PONG, payload);
    }
}

/* ---- the end ---- */

static void end(struct lg_ws_session *ws, enum lg_proto_state state, struct lg_outcome why)
{
    if (ws->state != LG_PROTO_OPEN) {
        return;
    }
    lg_op op = ws->op;
    ws->state = (uint8_t)state;
    ws->why = why;
    ws->op = 0;
    lg_buf_free(&ws->message);
    lg_buf_free(&ws->payload);
    if (op != 0) {
        ws->sink->on_done(ws->ctx, op, why.class == LG_OK ? lg_outcome(LG_CLOSED, 0) : why);
    }
}

static void fault(struct lg_ws_session *ws, enum lg_protocol_fault code)
{
    send_close(ws, code == LG_FAULT_UTF8      ? CLOSE_NOT_UTF8
                   : code == LG_FAULT_TOO_BIG ? CLOSE_TOO_BIG
                                              : CLOSE_PROTOCOL);
    end(ws, LG_PROTO_BROKEN, lg_outcome(LG_PROTOCOL, (int)code));
}

/* ---- frames in ---- */

static void peer_closes(struct lg_ws_session *ws, struct lg_slice payload)
{
    const uint8_t *p = (const uint8_t *)payload.p;
    int code = payload.n >= 2 ? p[0] << 8 | p[1] : CLOSE_NO_CODE;
    if (payload.n == 1 || (payload.n >= 2 && !lg_ws_close_code_valid((unsigned)code))) {
        fault(ws, LG_FAULT_CLOSE_CODE);
        return;
    }
    if (payload.n > 2 && !lg_utf8_valid(lg_slice(payload.p + 2, payload.n - 2))) {
        fault(ws, LG_FAULT_UTF8);
        return;
    }
    bool answers_ours = ws->finishing && (code == CLOSE_NORMAL || code == CLOSE_NO_CODE);
    send_close(ws, code);
    end(ws, LG_PROTO_FINISHED, answers_ours ? lg_outcome(LG_OK, 0) : lg_outcome(LG_WS_CLOSE, code));
}

static void take_control(struct lg_ws_session *ws, struct lg_slice payload)
{
    if (ws->opcode == LG_WS_PING) {
        send_pong(ws, payload);
    } else if (ws->opcode == LG_WS_CLOSING) {
        peer_closes(ws, payload);
    }
}

static void control_piece(struct lg_ws_session *ws, struct lg_slice piece)
{
    if (ws->left == 0 && ws->payload.n == 0) {
        take_control(ws, piece);
        return;
    }
    lg_buf_add(&ws->payload, piece.p, piece.n);
    if (ws->left == 0) {
        struct lg_buf payload = ws->payload;
        ws->payload = (struct lg_buf){0};
        take_control(ws, lg_buf_slice(&payload));
        lg_buf_free(&payload);
    }
}

static bool is_text(struct lg_ws_session *ws, struct lg_slice piece, bool last)
{
    return ws->message_opcode != LG_WS_TEXT ||
           (lg_utf8_feed(&ws->text, piece.p, piece.n) && (!last || lg_utf8_complete(&ws->text)));
}

static void deliver(struct lg_ws_session *ws, struct lg_slice last)
{
    ws->heard_binary = ws->message_opcode == LG_WS_BINARY;
    ws->message_opcode = 0;
    if (ws->message.n == 0) {
        ws->sink->on_data(ws->ctx, 0, last, true);
        return;
    }
    lg_buf_add(&ws->message, last.p, last.n);
    struct lg_buf message = ws->message;
    ws->message = (struct lg_buf){0};
    ws->sink->on_data(ws->ctx, 0, lg_buf_slice(&message), true);
    lg_buf_free(&message);
}

/* The first fault of the message counts, wherever its bytes were cut: so what came before a fault
 * of the stream is looked at, too. */
static void compressed_piece(struct lg_ws_session *ws, struct lg_slice piece, bool last)
{
    size_t had = ws->message.n;
    enum lg_protocol_fault wrong =
        lg_ws_deflate_in(ws->deflate, piece, last, ws->max_message, &ws->message);
    size_t n = ws->message.n < ws->max_message ? ws->message.n : ws->max_message;
    if (!is_text(ws, lg_slice(ws->message.p + had, n - had), last && wrong == LG_FAULT_NONE)) {
        fault(ws, LG_FAULT_UTF8);
    } else if (wrong != LG_FAULT_NONE) {
        fault(ws, wrong);
    } else if (last) {
        deliver(ws, lg_slice(NULL, 0));
    }
}

static void data_piece(struct lg_ws_session *ws, struct lg_slice piece)
{
    bool last = ws->left == 0 && ws->fin;
    if (ws->compressed) {
        compressed_piece(ws, piece, last);
    } else if (!is_text(ws, piece, last)) {
        fault(ws, LG_FAULT_UTF8);
    } else if (last) {
        deliver(ws, piece);
    } else {
        lg_buf_add(&ws->message, piece.p, piece.n);
    }
}

static size_t take_payload(struct lg_ws_session *ws, struct lg_slice in)
{
    size_t n = in.n < ws->left ? in.n : (size_t)ws->left;
    ws->left -= n;
    ws->in_frame = ws->left > 0;
    if (lg_ws_is_control(ws->opcode)) {
        control_piece(ws, lg_slice(in.p, n));
    } else {
        data_piece(ws, lg_slice(in.p, n));
    }
    return n;
}

/* Fragments (5.4) and size are judged by the head, before a byte of payload is kept; the size of a
 * compressed message is judged as it grows. */
static void begin_frame(struct lg_ws_session *ws, const struct lg_ws_head *head)
{
    if (!lg_ws_is_control(head->opcode)) {
        bool goes_on = head->opcode == LG_WS_CONTINUATION;
        if (goes_on != (ws->message_opcode != 0)) {
            fault(ws, LG_FAULT_FRAGMENT);
            return;
        }
        bool compressed = goes_on ? ws->compressed : head->compressed;
        if (!compressed && head->length > ws->max_message - ws->message.n) {
            fault(ws, LG_FAULT_TOO_BIG);
            return;
        }
        if (!goes_on) {
            ws->message_opcode = head->opcode;
            ws->compressed = compressed;
            ws->text = (struct lg_utf8){0};
        }
    }
    ws->opcode = head->opcode;
    ws->fin = head->fin;
    ws->left = head->length;
    ws->in_frame = true;
}

/* Returns how much of `in` belongs to the head; in_frame tells whether it is complete. */
static size_t take_head(struct lg_ws_session *ws, struct lg_slice in)
{
    struct lg_slice bytes = in;
    size_t had = ws->head_n;
    if (had > 0) {
        size_t room = LG_WS_SERVER_HEAD_MAX - had;
        size_t more = in.n < room ? in.n : room;
        memcpy(ws->head + had, in.p, more);
        bytes = lg_slice(ws->head, had + more);
    }
    struct lg_ws_head head;
    enum lg_protocol_fault wrong = lg_ws_head_read(bytes, false, ws->deflate != NULL, &head);
    if (wrong != LG_FAULT_NONE) {
        fault(ws, wrong);
        return in.n;
    }
    if (head.n == 0) { /* then `in` held less than a head, and all of it is taken */
        if (had == 0) {
            memcpy(ws->head, in.p, in.n);
        }
        ws->head_n = (uint8_t)bytes.n;
        return in.n;
    }
    ws->head_n = 0;
    begin_frame(ws, &head);
    return head.n - had;
}

static void take_frames(struct lg_ws_session *ws, struct lg_slice in)
{
    while (in.n > 0 && ws->state == LG_PROTO_OPEN) {
        if (!ws->in_frame) {
            size_t head = take_head(ws, in);
            in.p += head;
            in.n -= head;
        }
        if (ws->in_frame) { /* also for an empty payload, which nothing more may follow */
            size_t n = take_payload(ws, in);
            in.p += n;
            in.n -= n;
        }
    }
}

/* ---- the seam ---- */

void lg_ws_session_init(struct lg_ws_session *ws, const struct lg_proto_sink *sink, void *ctx,
                        size_t max_message, uint64_t random)
{
    ws->sink = sink;
    ws->ctx = ctx;
    ws->max_message = max_message != 0 ? max_message : DEFAULT_MAX_MESSAGE;
    lg_rng_init(&ws->masks, random, 0, 0);
}

void lg_ws_session_compress(struct lg_ws_session *ws, struct lg_ws_deflate *take_deflate)
{
    ws->deflate = take_deflate;
}

void lg_ws_session_fini(struct lg_ws_session *ws)
{
    lg_ws_deflate_free(ws->deflate);
    lg_buf_free(&ws->control);
    lg_buf_free(&ws->message);
    lg_buf_free(&ws->payload);
}

bool lg_ws_session_can_send(const struct lg_ws_session *ws)
{
    return ws->op == 0 && ws->state == LG_PROTO_OPEN && !ws->finishing;
}

void lg_ws_session_send(struct lg_ws_session *ws, lg_op op, const struct lg_request *request)
{
    LG_ASSERT(op != 0 && lg_ws_session_can_send(ws));
    ws->op = op;
    ws->body = request->body;
    ws->binary = request->binary;
}

void lg_ws_session_cancel(struct lg_ws_session *ws, lg_op op)
{
    if (ws->op == op) {
        ws->op = 0;
    }
}

bool lg_ws_session_has_output(const struct lg_ws_session *ws)
{
    return ws->op != 0 || ws->control.n > 0;
}

enum lg_proto_state lg_ws_session_input(struct lg_ws_session *ws, struct lg_slice in)
{
    LG_ASSERT(ws->state == LG_PROTO_OPEN);
    if (in.n == 0) {
        end(ws, LG_PROTO_BROKEN, lg_outcome(LG_CLOSED, 0));
    } else {
        take_frames(ws, in);
    }
    return ws->state;
}

static void output_control(struct lg_ws_session *ws, struct lg_buf *out)
{
    lg_buf_add(out, ws->control.p, ws->control.n);
    lg_buf_free(&ws->control);
}

void lg_ws_session_output(struct lg_ws_session *ws, struct lg_buf *out)
{
    size_t from = out->n;
    if (ws->control.n > 0 && !ws->close_sent) { /* 5.5.2: as soon as is practical */
        output_control(ws, out);
    }
    while (ws->op != 0 && out->n - from < LG_PROTO_BATCH) {
        lg_op op = ws->op;
        write_message(ws, out);
        ws->op = 0;
        ws->sink->on_done(ws->ctx, op, lg_outcome(LG_OK, 0));
    }
    if (ws->control.n > 0 && ws->op == 0) { /* nothing follows a Close */
        output_control(ws, out);
    }
}

void lg_ws_session_abort(struct lg_ws_session *ws, struct lg_outcome outcome)
{
    end(ws, LG_PROTO_BROKEN, outcome);
}

void lg_ws_session_finish(struct lg_ws_session *ws)
{
    if (ws->state == LG_PROTO_OPEN) {
        ws->finishing = true;
        send_close(ws, CLOSE_NORMAL);
    }
}
