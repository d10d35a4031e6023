#include "proto/proto.h"

/* A table, not constructors: what a static library holds and nobody names, the linker drops. */
static const struct lg_proto_ops *const protocols[] = {
    &lg_http1,
    &lg_http2,
    &lg_websocket,
};

const struct lg_proto_ops *lg_proto_find(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        if (strcmp(protocols[i]->name, name) == 0) {
            return protocols[i];
        }
    }
    return NULL;
}
