#include "support/victim.h"

static struct victim_world w;

Test(target_get, takes_a_body_in_chunks_after_an_early_hint)
{
    victim_begin(&w, VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    cr_assert_str_eq(victim_ask(&w, target, "/chunked"), "abcde");
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target_get, says_what_is_wrong_with_an_answer)
{
    static const struct {
        const char *path, *why;
    } rows[] = {
        {"/junk", "the answer is not HTTP/1.1"},
        {"/cut", "the connection closed within the answer"},
        {"/big", "the body is larger than 1 MiB"},
    };
    victim_begin(&w, VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_buf body = {0};
        const char *why = "";
        int status = lg_target_get(lg_target_url(target), rows[i].path, &body, 30 * LG_S, &why);
        cr_assert_eq(status, -1, "%s: %d", rows[i].path, status);
        cr_assert_str_eq(why, rows[i].why, "%s: %s", rows[i].path, why);
        lg_buf_free(&body);
    }
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target_get, returns_the_status_of_a_refusal)
{
    victim_begin(&w, VICTIM("answers", "200,404", "listen", "serve"));
    struct lg_target *target = victim_start(&w);
    struct lg_buf body = {0};
    const char *why;
    cr_assert_eq(lg_target_get(lg_target_url(target), "/x", &body, 30 * LG_S, &why), 404);
    lg_buf_free(&body);
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target_get, refuses_urls_that_it_cannot_ask)
{
    static const struct {
        const char *url, *why;
    } rows[] = {
        {"ftp://127.0.0.1/", "the url is not http://host:port or https://host:port"},
        {"127.0.0.1:80", "the url is not http://host:port or https://host:port"},
        {"http://", "the url is not http://host:port or https://host:port"},
        {"http://:80", "the url is not http://host:port or https://host:port"},
        {"http://127.0.0.1:", "the url is not http://host:port or https://host:port"},
        {"http://127.0.0.1:${PORT}", "the url is not http://host:port or https://host:port"},
        {"http://[::1", "the url is not http://host:port or https://host:port"},
        {"http://[]:80", "the url is not http://host:port or https://host:port"},
        {"http://[::1]80", "the url is not http://host:port or https://host:port"},
        {"https://127.0.0.1:1", "Connection refused"},
        {"http://127.0.0.1:1", "Connection refused"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_buf body = {0};
        const char *why = "";
        cr_assert_eq(lg_target_get(rows[i].url, "/", &body, 30 * LG_S, &why), -1);
        cr_assert_str_eq(why, rows[i].why, "%s: %s", rows[i].url, why);
        lg_buf_free(&body);
    }
}
