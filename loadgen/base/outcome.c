#include "base/outcome.h"

const char *lg_outcome_name(enum lg_outcome_class class)
{
    static const char *const names[] = {
#define X(name, text, help) text,
        LG_OUTCOME_MAP(X)
#undef X
    };
    LG_ASSERT(class >= 0 && class < LG_OUTCOME_CLASSES);
    return names[class];
}

const char *lg_outcome_help(enum lg_outcome_class class)
{
    static const char *const helps[] = {
#define X(name, text, help) help,
        LG_OUTCOME_MAP(X)
#undef X
    };
    LG_ASSERT(class >= 0 && class < LG_OUTCOME_CLASSES);
    return helps[class];
}

const char *lg_protocol_fault_name(enum lg_protocol_fault fault)
{
    static const char *const names[] = {
#define X(name, text) text,
        LG_PROTOCOL_FAULT_MAP(X)
#undef X
#define X(name, text) "h2_" text,
            LG_H2_ERROR_MAP(X)
#undef X
#define X(name, text) "peer_" text,
                LG_H2_ERROR_MAP(X)
#undef X
    };
    LG_ASSERT(fault >= 0 && fault < LG_PROTOCOL_FAULTS);
    return names[fault];
}

enum lg_protocol_fault lg_h2_fault(uint32_t h2_error, bool from_peer)
{
    enum lg_protocol_fault none = from_peer ? LG_FAULT_PEER_NO_ERROR : LG_FAULT_H2_NO_ERROR;
    uint32_t other = LG_FAULT_H2_OTHER - LG_FAULT_H2_NO_ERROR;
    return none + (h2_error < other ? h2_error : other);
}
