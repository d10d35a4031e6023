#include "workload/trace.h"

#include "base/buf.h"
#include "base/rng.h"

#include <stdlib.h>

/* Times of a script beyond this are a slip of the pen. */
static const lg_ns latest = 1000 * 24 * 3600 * LG_S;

struct reading {
    struct lg_arena *arena;
    struct lg_trace *out;
    struct lg_trace_fault *fault;
    struct lg_slice line;
    struct lg_buf request; /* owned scratch: a log's request without its escapes */
    lg_ns *seconds;        /* owned, as out->requests: a log's times before they are shifted */
};

static bool fail(struct reading *r, const char *at, const char *what)
{
    r->fault->column = (unsigned)(at - r->line.p) + 1;
    r->fault->what = what;
    return false;
}

static const char *find(const char *p, const char *end, char c)
{
    const char *found = p < end ? memchr(p, c, (size_t)(end - p)) : NULL;
    return found != NULL ? found : end;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct lg_slice between(const char *p, const char *end)
{
    return lg_slice(p, (size_t)(end - p));
}

/* ---- requests ---- */

/* RFC 9110 9.1, upper case; CONNECT asks for a tunnel and not for a thing. */
static bool is_method(struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        bool letter = text.p[i] >= 'A' && text.p[i] <= 'Z';
        if (!letter && text.p[i] != '-' && text.p[i] != '_') {
            return false;
        }
    }
    return text.n > 0 && !lg_slice_eq(text, lg_str("CONNECT"));
}

/* Behind the "http://" of an absolute URI; `p` itself where there is no such thing. */
static const char *after_scheme(const char *p, const char *end)
{
    const char *c = p;
    while (c < end && ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'))) {
        c++;
    }
    return c > p && end - c >= 3 && memcmp(c, "://", 3) == 0 ? c + 3 : p;
}

/* A URI, absolute or in origin form, -> its path and query; n == 0: it has none to be asked for. */
static struct lg_slice path_of(struct lg_slice uri)
{
    const char *p = uri.p, *end = find(p, uri.p + uri.n, '#');
    for (const char *c = p; c < end; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f) {
            return lg_slice(NULL, 0);
        }
    }
    const char *host = after_scheme(p, end);
    if (host > p) {
        p = host;
        while (p < end && *p != '/' && *p != '?') {
            p++;
        }
        if (p == end) {
            return lg_slice("/", 1);
        }
    }
    return p < end && (*p == '/' || *p == '?') ? between(p, end) : lg_slice(NULL, 0);
}

static struct lg_slice copy(struct reading *r, struct lg_slice text)
{
    return lg_slice(lg_arena_strndup(r->arena, text.p, text.n), text.n);
}

/* Most are GET: no memory for that. */
static struct lg_slice copy_method(struct reading *r, struct lg_slice method)
{
    return lg_slice_eq(method, lg_str("GET")) ? lg_str("GET") : copy(r, method);
}

static struct lg_slice copy_path(struct reading *r, struct lg_slice path)
{
    if (path.p[0] == '/') {
        return copy(r, path);
    }
    char *text = lg_arena_printf(r->arena, "/%.*s", (int)path.n, path.p);
    return lg_slice(text, path.n + 1);
}

static void add(struct reading *r, lg_ns at, struct lg_slice method, struct lg_slice path)
{
    r->seconds[r->out->count] = at;
    r->out->requests[r->out->count++] = (struct lg_trace_request){
        .at = at, .method = copy_method(r, method), .path = copy_path(r, path)};
}

/* ---- a line of a timing script ---- */

/* Milliseconds, to the nanosecond; what is finer is cut off. */
static bool read_ms(struct reading *r, const char *p, const char *end, lg_ns *out)
{
    lg_ns ns = 0, unit = LG_MS;
    const char *from = p;
    for (; p < end && is_digit(*p); p++) {
        ns = ns * 10 + (*p - '0') * LG_MS;
        if (ns > latest) {
            return fail(r, from, "a time within 1000 days of the start is expected");
        }
    }
    if (p > from && p < end && *p == '.') {
        for (p++; p < end && is_digit(*p); p++) {
            unit /= 10;
            ns += (*p - '0') * unit;
        }
    }
    *out = ns;
    return (p == end && p > from) ||
           fail(r, p, "a time in milliseconds, as in 12.5, and a tab are expected");
}

static bool read_script_line(struct reading *r)
{
    const char *p = r->line.p, *end = p + r->line.n, *tab = find(p, end, '\t');
    lg_ns at = 0;
    if (!read_ms(r, p, tab, &at)) {
        return false;
    }
    if (tab == end) {
        return fail(r, end, "a tab and a URI are expected behind the time");
    }
    const char *stop = find(tab + 1, end, '\t'), *blank = find(tab + 1, stop, ' ');
    struct lg_slice method = lg_str("GET"), uri = between(tab + 1, stop);
    if (blank < stop) {
        method = between(tab + 1, blank);
        uri = between(blank + 1, stop);
        if (!is_method(method)) {
            return fail(r, tab + 1, "a method such as GET or POST is expected before the blank");
        }
    }
    struct lg_slice path = path_of(uri);
    if (path.n == 0) {
        return fail(r, uri.p, "a URI or a path that begins with / is expected");
    }
    add(r, at, method, path);
    return true;
}

/* ---- a line of an access log ---- */

static bool two_digits(const char *p, int low, int high, int *out)
{
    *out = is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + p[1] - '0' : -1;
    return *out >= low && *out <= high;
}

static bool read_month(const char *p, int *out)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++) {
        if (memcmp(names + 3 * (size_t)i, p, 3) == 0) {
            *out = i + 1;
            return true;
        }
    }
    return false;
}

/* Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* "10/Oct/2000:13:55:36 -0700" -> seconds since 1970.  Years end where nanoseconds would
 * overflow. */
static bool read_date(const char *p, size_t n, int64_t *out)
{
    int day, month, century, years, hour, minute, second, zone_h, zone_m;
    bool good = n == 26 && p[2] == '/' && p[6] == '/' && p[11] == ':' && p[14] == ':' &&
                p[17] == ':' && p[20] == ' ' && (p[21] == '+' || p[21] == '-') &&
                two_digits(p, 1, 31, &day) && read_month(p + 3, &month) &&
                two_digits(p + 7, 19, 21, &century) && two_digits(p + 9, 0, 99, &years) &&
                two_digits(p + 12, 0, 23, &hour) && two_digits(p + 15, 0, 59, &minute) &&
                two_digits(p + 18, 0, 60, &second) && two_digits(p + 22, 0, 14, &zone_h) &&
                two_digits(p + 24, 0, 59, &zone_m);
    if (!good) {
        return false;
    }
    int64_t zone = (zone_h * 60 + zone_m) * 60;
    *out = days_of(century * 100 + years, month, day) * 86400 + hour * 3600 + minute * 60 + second -
           (p[21] == '+' ? zone : -zone);
    return true;
}

static int hex(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The quoted text from p on, its escapes (\" \\ \xHH and letters) undone; where it ends, or
 * NULL. */
static const char *unquote(const char *p, const char *end, struct lg_buf *out)
{
    lg_buf_clear(out);
    for (; p < end && *p != '"'; p++) {
        char c = *p;
        if (c == '\\' && p + 3 < end && p[1] == 'x' && hex(p[2]) >= 0 && hex(p[3]) >= 0) {
            c = (char)(hex(p[2]) * 16 + hex(p[3]));
            p += 3;
        } else if (c == '\\' && p + 1 < end) {
            c = *++p;
            c = c == '"' || c == '\\' ? c : '\n'; /* \n \t ...: no such thing in a request */
        }
        lg_buf_add(out, &c, 1);
    }
    return p < end ? p : NULL;
}

/* "METHOD target HTTP/x.y", of which servers log what they were sent, sense or nonsense. */
static bool split_request(struct lg_slice text, struct lg_slice *method, struct lg_slice *path)
{
    if (text.n == 0) {
        return false;
    }
    const char *p = text.p, *end = p + text.n;
    const char *blank = find(p, end, ' ');
    *method = between(p, blank);
    if (blank == end || !is_method(*method)) {
        return false;
    }
    const char *protocol = memmem(blank + 1, (size_t)(end - blank - 1), " HTTP/", 6);
    *path = path_of(between(blank + 1, protocol != NULL ? protocol : end));
    return path->n > 0;
}

static bool read_log_line(struct reading *r)
{
    const char *p = r->line.p, *end = p + r->line.n;
    const char *open = find(p, end, '['), *close = find(open, end, ']');
    struct lg_slice method, path;
    int64_t second = 0;
    if (open == end) {
        return fail(r, p,
                    "host ident user [day/month/year:hour:minute:second zone] \"request\" "
                    "is expected");
    }
    if (!read_date(open + 1, (size_t)(close - open) - 1, &second)) {
        return fail(r, open, "[10/Oct/2000:13:55:36 -0700] is expected here");
    }
    const char *quote = find(close, end, '"');
    if (quote == end) {
        return fail(r, close, "the request in double quotes is expected behind the time");
    }
    if (unquote(quote + 1, end, &r->request) == NULL) {
        return fail(r, quote, "the request has no closing double quote");
    }
    if (split_request(lg_buf_slice(&r->request), &method, &path)) {
        add(r, second * LG_S, method, path);
    } else {
        r->out->skipped++;
    }
    return true;
}

/* ---- lines ---- */

static bool starts_script(struct lg_slice line)
{
    return is_digit(line.p[0]) && memchr(line.p, '\t', line.n) != NULL;
}

static bool starts_log(struct lg_slice line)
{
    return memchr(line.p, '[', line.n) != NULL && memchr(line.p, '"', line.n) != NULL;
}

static bool read_line(struct reading *r, bool first)
{
    if (first) {
        r->out->by_second = !starts_script(r->line);
        if (r->out->by_second && !starts_log(r->line)) {
            return fail(r, r->line.p,
                        "TIME_MS, a tab and a URI, or a line of an access log in "
                        "common or combined format, is expected");
        }
    }
    return r->out->by_second ? read_log_line(r) : read_script_line(r);
}

static struct lg_slice take_line(struct lg_slice *rest)
{
    const char *p = rest->p, *end = p + rest->n, *stop = find(p, end, '\n');
    *rest = stop < end ? between(stop + 1, end) : lg_slice(NULL, 0);
    stop -= stop > p && stop[-1] == '\r';
    return between(p, stop);
}

static bool read_lines(struct reading *r, struct lg_slice text)
{
    bool first = true;
    for (r->fault->line = 1; text.n > 0; r->fault->line++) {
        r->line = take_line(&text);
        if (r->line.n == 0 || r->line.p[0] == '#') {
            continue;
        }
        if (!read_line(r, first)) {
            return false;
        }
        first = false;
    }
    if (r->out->count == 0) {
        *r->fault = (struct lg_trace_fault){.what = "there is no request in it"};
        return false;
    }
    return true;
}

/* ---- times ---- */

struct place {
    lg_ns at;
    size_t index;
};

static int by_time(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->index > y->index) - (x->index < y->index);
}

/* Servers log a request when it has ended, so lines need not be in order. */
static void sort(struct reading *r)
{
    size_t n = r->out->count;
    struct place *places = lg_alloc_array(n, sizeof *places);
    struct lg_trace_request *sorted = lg_arena_alloc(r->arena, n * sizeof(struct lg_trace_request));
    for (size_t i = 0; i < n; i++) {
        places[i] = (struct place){r->seconds[i], i};
    }
    qsort(places, n, sizeof *places, by_time);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = r->out->requests[places[i].index];
    }
    r->out->requests = sorted;
    free(places);
}

static int by_size(const void *a, const void *b)
{
    lg_ns x = *(const lg_ns *)a, y = *(const lg_ns *)b;
    return (x > y) - (x < y);
}

/* Requests [from, to) fell into the second that begins at `at`. */
static void spread_second(struct reading *r, size_t from, size_t to, lg_ns at, uint64_t seed)
{
    struct lg_rng rng;
    lg_ns *moments = r->seconds + from; /* no longer needed for anything else */
    lg_rng_init(&rng, seed, 0x7472616365, (uint64_t)(at / LG_S));
    for (size_t i = from; i < to; i++) {
        moments[i - from] = at + (lg_ns)lg_rng_below(&rng, (uint64_t)LG_S);
    }
    qsort(moments, to - from, sizeof *moments, by_size);
    for (size_t i = from; i < to; i++) {
        r->out->requests[i].at = moments[i - from];
    }
}

static void spread(struct reading *r, uint64_t seed)
{
    struct lg_trace_request *requests = r->out->requests;
    lg_ns start = requests[0].at;
    for (size_t from = 0, to = 0; from < r->out->count; from = to) {
        lg_ns second = requests[from].at;
        while (to < r->out->count && requests[to].at == second) {
            to++;
        }
        spread_second(r, from, to, second - start, seed);
    }
}

bool lg_trace_read(struct lg_slice text, uint64_t seed, struct lg_arena *arena,
                   struct lg_trace *out, struct lg_trace_fault *fault)
{
    size_t lines = 1;
    for (struct lg_slice rest = text; rest.n > 0; take_line(&rest)) {
        lines++;
    }
    struct reading r = {.arena = arena, .out = out, .fault = fault};
    *out = (struct lg_trace){.requests = lg_arena_alloc(arena, lines * sizeof *out->requests)};
    r.seconds = lg_alloc_array(lines, sizeof *r.seconds);
    bool good = read_lines(&r, text);
    if (good) {
        sort(&r);
        if (out->by_second) {
            spread(&r, seed);
        }
    }
    free(r.seconds);
    lg_buf_free(&r.request);
    return good;
}
