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
    };
    LG_ASSERT(fault >= 0 && fault < LG_PROTOCOL_FAULTS);
    return names[fault];
}
