#include "report/junit_suite.h"

#include "report/html_text.h"
#include "report/plain.h"

/* Control characters are not allowed in XML 1.0 however they are written (section 2.2); what HTML
 * escapes is what XML does. */
static void text(struct lg_buf *out, const char *raw)
{
    struct lg_buf safe = {0};
    lg_plain_add(&safe, lg_plain_text(raw), SIZE_MAX);
    lg_buf_add(&safe, "", 1);
    lg_html_text(out, safe.p);
    lg_buf_free(&safe);
}

static void attribute(struct lg_buf *out, const char *name, const char *value)
{
    lg_buf_addf(out, " %s=\"", name);
    text(out, value);
    lg_buf_adds(out, "\"");
}

void lg_junit_case(struct lg_junit_suite *s, const char *class, const char *name,
                   enum lg_junit_verdict verdict, const char *message)
{
    static const char *const elements[] = {NULL, "failure", "skipped", "error"};
    s->counts[verdict]++;
    lg_buf_adds(&s->cases, "  <testcase");
    attribute(&s->cases, "classname", class);
    attribute(&s->cases, "name", name);
    if (verdict == LG_JUNIT_PASSED) {
        lg_buf_adds(&s->cases, "/>\n");
        return;
    }
    lg_buf_addf(&s->cases, "><%s", elements[verdict]);
    attribute(&s->cases, "message", message);
    lg_buf_adds(&s->cases, "/></testcase>\n");
}

void lg_junit_suite_end(struct lg_junit_suite *s, const char *name, const char *at,
                        struct lg_buf *out)
{
    const size_t *n = s->counts;
    size_t all = n[LG_JUNIT_PASSED] + n[LG_JUNIT_FAILED] + n[LG_JUNIT_SKIPPED] + n[LG_JUNIT_BROKEN];
    lg_buf_addf(out,
                " <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
                "skipped=\"%zu\"",
                name, all, n[LG_JUNIT_FAILED], n[LG_JUNIT_BROKEN], n[LG_JUNIT_SKIPPED]);
    attribute(out, "timestamp", at);
    lg_buf_adds(out, ">\n");
    lg_buf_add(out, s->cases.p, s->cases.n);
    lg_buf_adds(out, " </testsuite>\n");
    lg_buf_free(&s->cases);
}

void lg_junit_begin(const char *name, struct lg_buf *out)
{
    lg_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    attribute(out, "name", name);
    lg_buf_adds(out, ">\n");
}

void lg_junit_end(struct lg_buf *out)
{
    lg_buf_adds(out, "</testsuites>\n");
}
