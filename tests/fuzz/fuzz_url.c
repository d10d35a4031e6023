/* Any text is an address or is refused; an address means the same when it is put together again. */
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>

static void read_again(const struct lg_url *url)
{
    struct lg_url again;
    bool v6 = strchr(url->host, ':') != NULL;
    char *text = lg_printf("%s://%s%s%s:%u%s", url->scheme, v6 ? "[" : "", url->host, v6 ? "]" : "",
                           (unsigned)url->port, url->path);
    LG_ASSERT(lg_url_read(text, &again) == NULL);
    LG_ASSERT(strcmp(again.host, url->host) == 0 && strcmp(again.path, url->path) == 0);
    LG_ASSERT(strcmp(again.authority, url->authority) == 0 && again.port == url->port);
    LG_ASSERT(again.secure == url->secure && again.websocket == url->websocket);
    lg_url_fini(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct lg_url url;
    char *text = lg_strndup((const char *)data, n);
    if (lg_url_read(text, &url) == NULL) {
        LG_ASSERT(url.path[0] == '/' && url.port > 0 && url.host[0] != '\0');
        /* What goes into a request is free of blanks and control characters. */
        LG_ASSERT(strpbrk(url.authority, " \t\r\n") == NULL &&
                  strpbrk(url.path, " \t\r\n") == NULL);
        read_again(&url);
        lg_url_fini(&url);
    } else {
        LG_ASSERT(url.path == NULL);
    }
    free(text);
    return 0;
}
