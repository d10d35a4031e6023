/* Dates of cookies: written in many ways, so read as RFC 6265 5.1.1 says: tokens in any order. */
#include "content/cookie.h"

#include <strings.h>

struct date {
    int second, minute, hour, day, month, year;
    bool has_time, has_day, has_month, has_year;
};

static bool is_delimiter(char c)
{
    unsigned char u = (unsigned char)c;
    return u == '\t' || (u >= 0x20 && u <= 0x2f) || (u >= 0x3b && u <= 0x40) ||
           (u >= 0x5b && u <= 0x60) || (u >= 0x7b && u <= 0x7e);
}

/* A number of least..most digits with no digit behind it; how many it has, 0: it is none. */
static size_t digits(struct lg_slice text, size_t least, size_t most, int *out)
{
    size_t n = 0;
    int value = 0;
    while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9') {
        if (n == most) {
            return 0;
        }
        value = value * 10 + (text.p[n++] - '0');
    }
    *out = value;
    return n >= least ? n : 0;
}

static bool read_time(struct lg_slice token, struct date *date)
{
    int part[3];
    for (int i = 0; i < 3; i++) {
        size_t n = digits(token, 1, 2, &part[i]);
        bool colon = i < 2 && n > 0 && n < token.n && token.p[n] == ':';
        if (n == 0 || (i < 2 && !colon)) {
            return false;
        }
        n += colon;
        token = lg_slice(token.p + n, token.n - n);
    }
    date->hour = part[0];
    date->minute = part[1];
    date->second = part[2];
    return true;
}

static bool read_month(struct lg_slice token, struct date *date)
{
    static const char *const names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
    for (int i = 0; i < 12 && token.n >= 3; i++) {
        if (strncasecmp(token.p, names[i], 3) == 0) {
            date->month = i + 1;
            return true;
        }
    }
    return false;
}

static void read_token(struct lg_slice token, struct date *date)
{
    if (!date->has_time && read_time(token, date)) {
        date->has_time = true;
    } else if (!date->has_day && digits(token, 1, 2, &date->day) > 0) {
        date->has_day = true;
    } else if (!date->has_month && read_month(token, date)) {
        date->has_month = true;
    } else if (!date->has_year && digits(token, 2, 4, &date->year) > 0) {
        date->has_year = true;
    }
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_possible(const struct date *d)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!d->has_time || !d->has_day || !d->has_month || !d->has_year || d->year < 1601) {
        return false;
    }
    int most = lengths[d->month - 1] + (d->month == 2 && is_leap(d->year));
    return d->day >= 1 && d->day <= most && d->hour <= 23 && d->minute <= 59 && d->second <= 59;
}

/* Days since 1970 of the proleptic Gregorian calendar (Hinnant 2013, "days_from_civil"). */
static int64_t days_of(const struct date *d)
{
    int64_t y = d->year - (d->month <= 2);
    int64_t era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (d->month + (d->month > 2 ? -3 : 9)) + 2) / 5 + d->day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool lg_cookie_date(struct lg_slice text, int64_t *out)
{
    struct date date = {0};
    for (size_t i = 0; i < text.n;) {
        size_t from = i;
        while (i < text.n && !is_delimiter(text.p[i])) {
            i++;
        }
        read_token(lg_slice(text.p + from, i - from), &date);
        i++;
    }
    if (date.has_year && date.year < 100) {
        date.year += date.year >= 70 ? 1900 : 2000;
    }
    if (!is_possible(&date)) {
        return false;
    }
    *out = days_of(&date) * 86400 + date.hour * 3600 + date.minute * 60 + date.second;
    return true;
}
