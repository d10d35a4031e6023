#include "proto/ws_frame.h"

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | p[i];
    }
    return value;
}

static bool opcode_known(unsigned opcode)
{
    return opcode <= LG_WS_BINARY || (opcode >= LG_WS_CLOSING && opcode <= LG_WS_PONG);
}

static enum lg_protocol_fault first_byte(uint8_t c, bool deflate, struct lg_ws_head *head)
{
    head->fin = (c & 0x80) != 0;
    head->compressed = (c & LG_WS_COMPRESSED) != 0;
    head->opcode = c & 0x0f;
    if (c & 0x70) {
        bool begins = head->opcode == LG_WS_TEXT || head->opcode == LG_WS_BINARY;
        if (!deflate || !begins || (c & 0x70) != LG_WS_COMPRESSED) {
            return LG_FAULT_RESERVED_BITS;
        }
    }
    if (!opcode_known(head->opcode)) {
        return LG_FAULT_OPCODE;
    }
    return lg_ws_is_control(head->opcode) && !head->fin ? LG_FAULT_CONTROL_FRAME : LG_FAULT_NONE;
}

enum lg_protocol_fault lg_ws_head_read(struct lg_slice in, bool from_client, bool deflate,
                                       struct lg_ws_head *head)
{
    const uint8_t *p = (const uint8_t *)in.p;
    head->n = 0;
    if (in.n == 0) {
        return LG_FAULT_NONE;
    }
    enum lg_protocol_fault wrong = first_byte(p[0], deflate, head);
    if (wrong != LG_FAULT_NONE || in.n == 1) {
        return wrong;
    }
    if (((p[1] & 0x80) != 0) != from_client) {
        return LG_FAULT_MASKED;
    }
    unsigned code = p[1] & 0x7f;
    if (code > LG_WS_CONTROL_MAX && lg_ws_is_control(head->opcode)) {
        return LG_FAULT_CONTROL_FRAME;
    }
    size_t more = code < 126 ? 0 : code == 126 ? 2 : 8;
    size_t n = 2 + more + (from_client ? 4 : 0);
    if (in.n < 2 + more) {
        return LG_FAULT_NONE;
    }
    head->length = more == 0 ? code : big_endian(p + 2, more);
    if (more != 0 && (head->length <= (more == 2 ? 125 : 0xffff) || head->length >> 63)) {
        return LG_FAULT_LENGTH; /* 5.2: the minimal number of bytes MUST be used */
    }
    if (in.n < n) {
        return LG_FAULT_NONE;
    }
    if (from_client) {
        memcpy(head->mask, p + n - 4, 4);
    }
    head->n = (uint8_t)n;
    return LG_FAULT_NONE;
}

size_t lg_ws_head_write(char *out, unsigned opcode, bool fin, uint64_t length,
                        const uint8_t mask[4])
{
    uint8_t *p = (uint8_t *)out;
    uint8_t masked = mask != NULL ? 0x80 : 0;
    size_t more = length < 126 ? 0 : length <= 0xffff ? 2 : 8;
    p[0] = (uint8_t)((fin ? 0x80 : 0) | opcode);
    p[1] = (uint8_t)(masked | (more == 0 ? length : more == 2 ? 126 : 127));
    for (size_t i = 0; i < more; i++) {
        p[2 + i] = (uint8_t)(length >> (8 * (more - 1 - i)));
    }
    if (mask == NULL) {
        return 2 + more;
    }
    memcpy(p + 2 + more, mask, 4);
    return 6 + more;
}

void lg_ws_mask(char *out, const char *in, size_t n, const uint8_t mask[4])
{
    uint64_t key, word;
    memcpy(&key,
           (uint8_t[]){mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]},
           sizeof key);
    size_t i = 0;
    for (; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, in + i, sizeof word);
        word ^= key;
        memcpy(out + i, &word, sizeof word);
    }
    for (; i < n; i++) {
        out[i] = (char)(in[i] ^ mask[i & 3]);
    }
}

bool lg_ws_close_code_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}
