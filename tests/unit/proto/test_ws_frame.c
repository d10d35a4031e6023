#include <criterion/criterion.h>

#include "base/rng.h"
#include "proto/ws_frame.h"

#include <wslay/wslay.h>

struct row {
    const char *sentence;
    const char *bytes;
    size_t n;
    bool from_client;
    enum lg_protocol_fault fault;
    size_t head_n; /* 0: incomplete */
    uint64_t length;
};

#define B(text) (text), sizeof(text) - 1

static const struct row rows[] = {
    {"nothing yet", B(""), false, LG_FAULT_NONE, 0, 0},
    {"one byte of two", B("\x81"), false, LG_FAULT_NONE, 0, 0},
    {"a short text", B("\x81\x05hello"), false, LG_FAULT_NONE, 2, 5},
    {"a text of 125", B("\x81\x7d"), false, LG_FAULT_NONE, 2, 125},
    {"a text of 126", B("\x81\x7e\x00\x7e"), false, LG_FAULT_NONE, 4, 126},
    {"a text of 126, cut", B("\x81\x7e\x00"), false, LG_FAULT_NONE, 0, 0},
    {"125 in two bytes", B("\x81\x7e\x00\x7d"), false, LG_FAULT_LENGTH, 0, 0},
    {"a text of 65536", B("\x81\x7f\0\0\0\0\0\x01\0\0"), false, LG_FAULT_NONE, 10, 65536},
    {"65535 in eight bytes", B("\x81\x7f\0\0\0\0\0\0\xff\xff"), false, LG_FAULT_LENGTH, 0, 0},
    {"2^63", B("\x82\x7f\x80\0\0\0\0\0\0\0"), false, LG_FAULT_LENGTH, 0, 0},
    {"a masked frame of a client", B("\x81\x81\x01\x02\x03\x04"), true, LG_FAULT_NONE, 6, 1},
    {"a masked frame of a client, cut", B("\x81\x81\x01\x02\x03"), true, LG_FAULT_NONE, 0, 0},
    {"a server must not mask", B("\x81\x85"), false, LG_FAULT_MASKED, 0, 0},
    {"a client must mask", B("\x81\x05"), true, LG_FAULT_MASKED, 0, 0},
    {"reserved bit 1", B("\xc1"), false, LG_FAULT_RESERVED_BITS, 0, 0},
    {"reserved bit 2", B("\xa1"), false, LG_FAULT_RESERVED_BITS, 0, 0},
    {"reserved bit 3", B("\x91"), false, LG_FAULT_RESERVED_BITS, 0, 0},
    {"opcode 3", B("\x83"), false, LG_FAULT_OPCODE, 0, 0},
    {"opcode 7", B("\x87"), false, LG_FAULT_OPCODE, 0, 0},
    {"opcode 11", B("\x8b"), false, LG_FAULT_OPCODE, 0, 0},
    {"opcode 15", B("\x8f"), false, LG_FAULT_OPCODE, 0, 0},
    {"a ping of 125", B("\x89\x7d"), false, LG_FAULT_NONE, 2, 125},
    {"a ping of 126", B("\x89\x7e"), false, LG_FAULT_CONTROL_FRAME, 0, 0},
    {"half a ping", B("\x09"), false, LG_FAULT_CONTROL_FRAME, 0, 0},
};

Test(ws_frame, reads_every_head_or_says_what_is_wrong)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct lg_ws_head head;
        enum lg_protocol_fault fault =
            lg_ws_head_read(lg_slice(row->bytes, row->n), row->from_client, false, &head);
        cr_assert_eq(fault, row->fault, "%s: fault %d", row->sentence, fault);
        if (fault == LG_FAULT_NONE) {
            cr_assert_eq(head.n, row->head_n, "%s: n %d", row->sentence, head.n);
        }
        if (fault == LG_FAULT_NONE && head.n > 0) {
            cr_assert_eq(head.length, row->length, "%s", row->sentence);
        }
    }
}

Test(ws_frame, reads_back_the_heads_that_it_writes)
{
    static const uint64_t lengths[] = {0, 1, 125, 126, 127, 65535, 65536, UINT64_C(1) << 40};
    static const uint8_t mask[4] = {1, 2, 3, 4};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int masked = 0; masked < 2; masked++) {
            char bytes[LG_WS_HEAD_MAX];
            size_t n =
                lg_ws_head_write(bytes, LG_WS_BINARY, false, lengths[i], masked ? mask : NULL);
            struct lg_ws_head head;
            cr_assert_eq(lg_ws_head_read(lg_slice(bytes, n), masked, false, &head), LG_FAULT_NONE);
            cr_assert_eq(head.n, n);
            cr_assert_eq(head.length, lengths[i]);
            cr_assert_eq(head.opcode, LG_WS_BINARY);
            cr_assert_not(head.fin);
            cr_assert(!masked || memcmp(head.mask, mask, 4) == 0);
        }
    }
}

Test(ws_frame, masks_each_byte_with_its_byte_of_the_key)
{
    static const uint8_t mask[4] = {0xde, 0xad, 0xbe, 0xef};
    struct lg_rng rng;
    lg_rng_init(&rng, 1, 0, 0);
    for (size_t n = 0; n < 70; n++) {
        char in[70], out[70 + 1];
        for (size_t i = 0; i < n; i++) {
            in[i] = (char)lg_rng_u64(&rng);
        }
        out[n] = 'z';
        lg_ws_mask(out, in, n, mask);
        for (size_t i = 0; i < n; i++) {
            cr_assert_eq((uint8_t)out[i], (uint8_t)in[i] ^ mask[i % 4]);
        }
        cr_assert_eq(out[n], 'z', "nothing behind the end is touched");
        lg_ws_mask(out, out, n, mask);
        cr_assert_eq(memcmp(out, in, n), 0, "twice is not at all");
    }
}

Test(ws_frame, knows_which_close_codes_may_be_sent)
{
    static const unsigned good[] = {1000, 1001, 1002, 1003, 1007, 1011,
                                    1014, 3000, 3999, 4000, 4999};
    static const unsigned bad[] = {0,    999,  1004, 1005, 1006, 1015,
                                   1016, 1100, 2000, 2999, 5000, 65535};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(lg_ws_close_code_valid(good[i]), "%u", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_not(lg_ws_close_code_valid(bad[i]), "%u", bad[i]);
    }
}

static ssize_t give(uint8_t *buf, size_t len, int flags, void *user)
{
    (void)flags;
    struct lg_slice *left = user;
    size_t n = len < left->n ? len : left->n;
    memcpy(buf, left->p, n);
    left->p += n;
    left->n -= n;
    return (ssize_t)n;
}

Test(ws_frame, writes_frames_that_wslay_reads)
{
    static const struct wslay_frame_callbacks callbacks = {.recv_callback = give};
    struct lg_rng rng;
    lg_rng_init(&rng, 2, 0, 0);
    for (int i = 0; i < 300; i++) {
        char payload[1000], frame[1000 + LG_WS_HEAD_MAX];
        size_t n = lg_rng_below(&rng, sizeof payload);
        uint32_t key = (uint32_t)lg_rng_u64(&rng);
        memset(payload, 'a' + i % 26, sizeof payload);
        size_t head = lg_ws_head_write(frame, LG_WS_TEXT, true, n, (uint8_t *)&key);
        lg_ws_mask(frame + head, payload, n, (uint8_t *)&key);
        struct lg_slice left = lg_slice(frame, head + n);
        wslay_frame_context_ptr context;
        cr_assert_eq(wslay_frame_context_init(&context, &callbacks, &left), 0);
        size_t got = 0;
        struct wslay_frame_iocb io = {0};
        do {
            ssize_t r = wslay_frame_recv(context, &io);
            cr_assert_geq(r, 0, "wslay says %zd", r);
            for (size_t k = 0; k < io.data_length; k++) {
                cr_assert_eq((char)io.data[k], payload[got + k]);
            }
            got += io.data_length;
        } while (got < n);
        cr_assert_eq(io.payload_length, n);
        cr_assert(io.mask && io.fin && io.opcode == LG_WS_TEXT);
        wslay_frame_context_free(context);
    }
}
