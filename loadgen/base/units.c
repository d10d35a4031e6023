#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_TEXT = 64 };

struct unit {
    const char *text;
    double factor;
};

static const struct unit times[] = {
    {"ns", 1},   {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"\xce\xbcs", 1e3}, /* both micro signs */
    {"ms", 1e6}, {"s", 1e9},  {"m", 60e9},        {"h", 3600e9},      {NULL, 0},
};
static const struct unit multiples[] = {
    {"", 1},        {"k", 1e3},     {"M", 1e6},     {"G", 1e9},
    {"Ki", 0x1p10}, {"Mi", 0x1p20}, {"Gi", 0x1p30}, {NULL, 0},
};
static const struct unit sizes[] = {
    {"B", 1},        {"kB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
    {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {NULL, 0},
};
static const struct unit periods[] = {{"/s", 1}, {"/m", 60}, {"/h", 3600}, {NULL, 0}};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(struct lg_slice text, size_t at)
{
    size_t from = at;
    while (at < text.n && is_digit(text.p[at])) {
        at++;
    }
    return at - from;
}

/* Length of the number that begins the text: 12, 1.5, .5, 1e3, 2.5e-3.  0: none. */
static size_t number_length(struct lg_slice text)
{
    size_t whole = digits(text, 0), n = whole, part = 0;
    if (n < text.n && text.p[n] == '.') {
        part = digits(text, n + 1);
        n += 1 + part;
    }
    if (whole + part == 0) {
        return 0;
    }
    if (n < text.n && (text.p[n] == 'e' || text.p[n] == 'E')) {
        size_t sign = n + 1 < text.n && (text.p[n + 1] == '+' || text.p[n + 1] == '-');
        size_t power = digits(text, n + 1 + sign);
        n += power > 0 ? 1 + sign + power : 0;
    }
    return n;
}

/* Cuts the number off the front of *text.  long double keeps every 64-bit integer exact. */
static const char *take_number(struct lg_slice *text, long double *out)
{
    if (text->n > 0 && text->p[0] == '-') {
        return "a negative number makes no sense here";
    }
    size_t n = number_length(*text);
    if (n == 0) {
        return "a number is expected";
    }
    if (n >= NUMBER_TEXT) {
        return "the number has too many digits";
    }
    char copy[NUMBER_TEXT] = {0};
    memcpy(copy, text->p, n);
    *out = strtold(copy, NULL);
    *text = lg_slice(text->p + n, text->n - n);
    return isfinite(*out) ? NULL : "the number is too large";
}

static const struct unit *find_unit(const struct unit *units, struct lg_slice text)
{
    for (; units->text != NULL; units++) {
        if (lg_slice_eq(lg_str(units->text), text)) {
            return units;
        }
    }
    return NULL;
}

static const char *read_scaled(struct lg_slice text, const struct unit *units, const char *bad_unit,
                               long double *out)
{
    long double value = 0;
    const char *why = take_number(&text, &value);
    if (why != NULL) {
        return why;
    }
    const struct unit *unit = find_unit(units, text);
    if (unit == NULL) {
        return bad_unit;
    }
    *out = value * (long double)unit->factor;
    return NULL;
}

static const char *to_whole(long double value, const char *not_whole, uint64_t *out)
{
    if (value > (long double)UINT64_MAX) {
        return "the number is too large";
    }
    /* 4.1k is 4100 although 4.1 has no exact binary form. */
    long double whole = roundl(value);
    if (fabsl(value - whole) > 1e-6L) {
        return not_whole;
    }
    *out = (uint64_t)whole;
    return NULL;
}

const char *lg_read_time(struct lg_slice text, lg_ns *out)
{
    long double ns = 0;
    const char *why =
        read_scaled(text, times, "a time needs a unit: ns, us, ms, s, m or h, as in 250ms", &ns);
    if (why != NULL) {
        return why;
    }
    if (ns >= (long double)LG_NEVER) {
        return "the time is too long";
    }
    *out = (lg_ns)roundl(ns);
    return NULL;
}

const char *lg_read_rate(struct lg_slice text, double *out)
{
    static const char bad[] = "a rate needs a period: /s, /m or /h, as in 1k/s";
    size_t slash = text.n;
    while (slash > 0 && text.p[slash - 1] != '/') {
        slash--;
    }
    if (slash == 0) {
        long double ignored = 0;
        const char *why = take_number(&text, &ignored);
        return why != NULL ? why : bad;
    }
    const struct unit *period =
        find_unit(periods, lg_slice(text.p + slash - 1, text.n - slash + 1));
    if (period == NULL) {
        return bad;
    }
    long double events = 0;
    const char *why =
        read_scaled(lg_slice(text.p, slash - 1), multiples,
                    "a rate is a number, perhaps k, M or G, and a period, as in 1k/s", &events);
    if (why == NULL) {
        *out = (double)(events / (long double)period->factor);
    }
    return why;
}

const char *lg_read_size(struct lg_slice text, uint64_t *out)
{
    long double bytes = 0;
    const char *why = read_scaled(
        text, sizes, "a size needs a unit: B, kB, MB, GB, KiB, MiB or GiB, as in 64KiB", &bytes);
    return why != NULL ? why : to_whole(bytes, "a size is a whole number of bytes", out);
}

const char *lg_read_count(struct lg_slice text, uint64_t *out)
{
    long double count = 0;
    const char *why = read_scaled(
        text, multiples, "a count is a whole number, perhaps with k, M, G, Ki, Mi or Gi", &count);
    return why != NULL ? why : to_whole(count, "a count is a whole number", out);
}

const char *lg_read_bytes_per_s(struct lg_slice text, double *out)
{
    uint64_t bytes = 0;
    if (text.n < 3 || memcmp(text.p + text.n - 2, "/s", 2) != 0) {
        return "bytes per second are expected, as in 10kB/s or 1MiB/s";
    }
    const char *why = lg_read_size(lg_slice(text.p, text.n - 2), &bytes);
    *out = why == NULL ? (double)bytes : *out;
    return why;
}

const char *lg_read_number(struct lg_slice text, double *out)
{
    long double number = 0;
    const char *why = read_scaled(
        text, multiples, "a number may end with k, M, G, Ki, Mi or Gi and nothing else", &number);
    if (why == NULL) {
        *out = (double)number;
    }
    return why;
}

const char *lg_read_share(struct lg_slice text, double *out)
{
    /* Counted in percent: 100 is exact where 0.01 is not. */
    static const struct unit shares[] = {{"", 100}, {"%", 1}, {NULL, 0}};
    long double percent = 0;
    const char *why = read_scaled(text, shares, "a share is written as 0.1% or 0.001", &percent);
    if (why != NULL) {
        return why;
    }
    if (percent > 100) {
        return "a share is at most 100%";
    }
    *out = (double)(percent / 100);
    return NULL;
}

/* Rounded to three significant digits, so that the unit is chosen by what will be printed. */
static double three_digits(double v)
{
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%.2e", v);
    return strtod(text, NULL);
}

static int decimals(double v)
{
    v = fabs(v);
    return v == 0 || v >= 99.95 ? 0 : v >= 9.995 ? 1 : v >= 0.9995 ? 2 : 3;
}

static char *show(char *out, double v, const char *unit)
{
    snprintf(out, LG_UNIT_TEXT, "%.*f%s", decimals(v), v, unit);
    return out;
}

/* Numbers beyond any unit's sense, and those that are none. */
static bool show_odd(char *out, double v, const char *unit)
{
    if (isfinite(v) && fabs(v) < 1e21) {
        return false;
    }
    snprintf(out, LG_UNIT_TEXT, "%.3g%s", v, unit);
    return true;
}

struct shown_unit {
    double from, factor;
    const char *text;
};

static char *show_unit(char *out, double v, const struct shown_unit *units)
{
    if (show_odd(out, v, units[0].text)) {
        return out;
    }
    double rounded = three_digits(v);
    while (fabs(rounded) < units->from) {
        units++;
    }
    return show(out, rounded / units->factor, units->text);
}

char *lg_show_time(char *out, double ns)
{
    static const struct shown_unit units[] = {
        {2 * 3600e9, 3600e9, " h"}, {600e9, 60e9, " min"}, {1e9, 1e9, " s"},
        {1e6, 1e6, " ms"},          {1e3, 1e3, " us"},     {0, 1, " ns"},
    };
    if (ns == 0) {
        return strcpy(out, "0 s");
    }
    return show_unit(out, ns, units);
}

char *lg_show_rate(char *out, double per_s)
{
    static const struct shown_unit units[] = {
        {1e9, 1e9, "G/s"}, {1e6, 1e6, "M/s"}, {1e3, 1e3, "k/s"}, {0, 1, "/s"}};
    return show_unit(out, per_s, units);
}

char *lg_show_bytes(char *out, double bytes)
{
    static const struct shown_unit units[] = {
        {0x1p40, 0x1p40, " TiB"},
        {0x1p30, 0x1p30, " GiB"},
        {0x1p20, 0x1p20, " MiB"},
        {0x1p10, 0x1p10, " KiB"},
    };
    if (show_odd(out, bytes, " B")) {
        return out;
    }
    if (fabs(round(bytes)) < 0x1p10) {
        snprintf(out, LG_UNIT_TEXT, "%.0f B", bytes);
        return out;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        /* 1023.7 KiB would print as 1024 KiB: it is 1.00 MiB. */
        if (fabs(bytes) >= units[i].from * (1 - 0.5 / 1024) || i == 3) {
            return show(out, bytes / units[i].factor, units[i].text);
        }
    }
    return out;
}

static char *show_grouped(char *out, long long count)
{
    char plain[NUMBER_TEXT];
    int n = snprintf(plain, sizeof plain, "%lld", count);
    char *to = out;
    for (int i = 0; i < n; i++) {
        *to++ = plain[i];
        int left = n - 1 - i;
        if (left > 0 && left % 3 == 0 && plain[i] != '-') {
            *to++ = ',';
        }
    }
    *to = '\0';
    return out;
}

char *lg_show_count(char *out, double count)
{
    static const struct shown_unit units[] = {{1e12, 1e12, "T"}, {1e9, 1e9, "G"}, {0, 1e6, "M"}};
    if (!show_odd(out, count, "") && fabs(round(count)) < 1e6) {
        return show_grouped(out, llround(count));
    }
    return show_unit(out, count, units);
}

static void trim_zeros(char *number)
{
    size_t n = strlen(number);
    if (strchr(number, '.') == NULL) {
        return;
    }
    while (number[n - 1] == '0') {
        number[--n] = '\0';
    }
    if (number[n - 1] == '.') {
        number[n - 1] = '\0';
    }
}

char *lg_show_share(char *out, double share)
{
    double percent = three_digits(share * 100);
    if (!isfinite(percent) || fabs(percent) >= 1e9 || (percent != 0 && fabs(percent) < 1e-9)) {
        snprintf(out, LG_UNIT_TEXT, "%.3g", percent);
    } else {
        int places = percent == 0 ? 0 : 2 - (int)floor(log10(fabs(percent)));
        snprintf(out, LG_UNIT_TEXT, "%.*f", places < 0 ? 0 : places, percent);
        trim_zeros(out);
    }
    return strcat(out, " %");
}
