#include "base/units.h"

#include <criterion/criterion.h>
#include <math.h>

struct good {
    const char *text;
    double value;
};

#define READS(reader, type, rows)                                                                  \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {                                      \
        type value = 0;                                                                            \
        const char *why = reader(lg_str(rows[i].text), &value);                                    \
        cr_assert_null(why, "%s: %s", rows[i].text, why);                                          \
        cr_assert((double)value == rows[i].value, "%s: %.17g", rows[i].text, (double)value);       \
    }

/* A bad text gives the sentence that holds `what` and leaves the result alone. */
#define REFUSES(reader, type, rows)                                                                \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {                                      \
        type value = 77;                                                                           \
        const char *why = reader(lg_str(rows[i].text), &value);                                    \
        cr_assert_not_null(why, "%s was accepted", rows[i].text);                                  \
        cr_assert(strstr(why, rows[i].what) != NULL, "%s: %s", rows[i].text, why);                 \
        cr_assert(value == 77, "%s changed the result", rows[i].text);                             \
    }

struct bad {
    const char *text, *what;
};

Test(units, times_are_read)
{
    static const struct good rows[] = {
        {"0s", 0},      {"1ns", 1},    {"250ms", 250e6}, {"1.5s", 1.5e9},      {"2m", 120e9},
        {"1h", 3600e9}, {".5us", 500}, {"1e3ms", 1e9},   {"7\xc2\xb5s", 7000}, {"7\xce\xbcs", 7000},
        {"0.1ns", 0},   {"1.s", 1e9},  {"0.3ms", 300000}};
    READS(lg_read_time, lg_ns, rows);
}

Test(units, a_long_time_is_exact_to_the_nanosecond)
{
    lg_ns ns = 0;
    cr_assert_null(lg_read_time(lg_str("9007199254740993ns"), &ns));
    cr_assert(ns == 9007199254740993);
}

Test(units, bad_times_are_refused_with_the_reason)
{
    static const struct bad rows[] = {
        {"", "number"},
        {"5", "unit"},
        {"0", "unit"},
        {"5 s", "unit"},
        {" 5s", "number"},
        {"5s ", "unit"},
        {"s", "number"},
        {"-5s", "negative"},
        {"5S", "unit"},
        {"5min", "unit"},
        {"1m30s", "unit"},
        {"1e30s", "long"},
        {"1e9999s", "large"},
        {"0x10s", "unit"},
        {"nans", "number"},
        {"infs", "number"},
        {"1,5s", "unit"},
        {"..5s", "number"},
        {"293000000h", "long"},
        {"1111111111111111111111111111111111111111111111111111111111111111111s", "digits"}};
    REFUSES(lg_read_time, lg_ns, rows);
}

Test(units, rates_are_read)
{
    static const struct good rows[] = {{"1k/s", 1000}, {"30/m", 0.5}, {"0.5/s", 0.5}, {"3600/h", 1},
                                       {"2M/s", 2e6},  {"0/s", 0},    {"1Ki/s", 1024}};
    READS(lg_read_rate, double, rows);
}

Test(units, bad_rates_are_refused_with_the_reason)
{
    static const struct bad rows[] = {
        {"100", "period"},           {"100/", "period"},    {"100/d", "period"},  {"/s", "number"},
        {"1q/s", "number, perhaps"}, {"1k/s/s", "perhaps"}, {"-1/s", "negative"}, {"x", "number"},
        {"1 /s", "perhaps"},         {"", "number"},        {"1/ms", "period"}};
    REFUSES(lg_read_rate, double, rows);
}

Test(units, sizes_are_read)
{
    static const struct good rows[] = {
        {"17B", 17}, {"64kB", 64000}, {"64KiB", 65536}, {"1.5KiB", 1536}, {"2GiB", 2147483648.0}};
    READS(lg_read_size, uint64_t, rows);
}

Test(units, bad_sizes_are_refused_with_the_reason)
{
    static const struct bad rows[] = {{"17", "unit"},    {"17b", "unit"},     {"17K", "unit"},
                                      {"1.5B", "whole"}, {"1e30GB", "large"}, {"64KB", "unit"}};
    REFUSES(lg_read_size, uint64_t, rows);
}

Test(units, counts_are_read)
{
    static const struct good rows[] = {{"200", 200},   {"10k", 10000}, {"1Ki", 1024},
                                       {"4.1k", 4100}, {"0", 0},       {"1e3", 1000}};
    READS(lg_read_count, uint64_t, rows);
    uint64_t most = 0;
    cr_assert_null(lg_read_count(lg_str("18446744073709551615"), &most));
    cr_assert(most == UINT64_MAX);
}

Test(units, bad_counts_are_refused_with_the_reason)
{
    static const struct bad rows[] = {{"1.5", "whole"},  {"-1", "negative"},
                                      {"2m", "whole"},   {"18446744073709551616", "large"},
                                      {"ten", "number"}, {"1K", "whole"}};
    REFUSES(lg_read_count, uint64_t, rows);
}

Test(units, numbers_and_shares_are_read)
{
    static const struct good numbers[] = {
        {"0.25", 0.25}, {"1e3", 1000}, {"10k", 10000}, {"2E-3", 0.002}};
    READS(lg_read_number, double, numbers);
    static const struct good shares[] = {{"0.1%", 0.001}, {"0.5", 0.5}, {"100%", 1}, {"0", 0}};
    READS(lg_read_share, double, shares);
}

Test(units, bad_numbers_and_shares_are_refused_with_the_reason)
{
    static const struct bad numbers[] = {
        {"1x", "nothing else"}, {"", "number"}, {"1e", "nothing else"}};
    REFUSES(lg_read_number, double, numbers);
    static const struct bad shares[] = {
        {"101%", "100%"}, {"2", "100%"}, {"1 %", "written"}, {"%", "number"}};
    REFUSES(lg_read_share, double, shares);
}

struct shown {
    double value;
    const char *text;
};

#define SHOWS(shower, rows)                                                                        \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {                                      \
        char text[LG_UNIT_TEXT];                                                                   \
        cr_assert_str_eq(shower(text, rows[i].value), rows[i].text);                               \
    }

Test(units, times_are_shown_with_three_digits)
{
    static const struct shown rows[] = {
        {0, "0 s"},           {812e3, "812 us"},    {1.25e6, "1.25 ms"}, {90e9, "90.0 s"},
        {999.6e3, "1.00 ms"}, {9.996e6, "10.0 ms"}, {5, "5.00 ns"},      {0.25, "0.250 ns"},
        {-2e6, "-2.00 ms"},   {599e9, "599 s"},     {600e9, "10.0 min"}, {7200e9, "2.00 h"}};
    SHOWS(lg_show_time, rows);
}

Test(units, other_quantities_are_shown_with_three_digits)
{
    static const struct shown rates[] = {{998, "998/s"},     {12345, "12.3k/s"}, {0, "0/s"},
                                         {999.9, "1.00k/s"}, {0.5, "0.500/s"},   {2e6, "2.00M/s"}};
    SHOWS(lg_show_rate, rates);
    static const struct shown bytes[] = {
        {512, "512 B"},       {49387929, "47.1 MiB"}, {0, "0 B"},
        {1023.6, "1.00 KiB"}, {1048300, "1.00 MiB"},  {1e6, "977 KiB"}};
    SHOWS(lg_show_bytes, bytes);
    static const struct shown counts[] = {{59930, "59,930"},     {0, "0"},
                                          {999, "999"},          {1000, "1,000"},
                                          {999999.4, "999,999"}, {999999.6, "1.00M"},
                                          {1.23e6, "1.23M"},     {-1234, "-1,234"},
                                          {4e9, "4.00G"}};
    SHOWS(lg_show_count, counts);
    static const struct shown shares[] = {
        {0.001, "0.1 %"}, {0, "0 %"}, {0.1234, "12.3 %"}, {1, "100 %"}, {0.00001234, "0.00123 %"}};
    SHOWS(lg_show_share, shares);
}

Test(units, no_number_overflows_the_text)
{
    static const double odd[] = {1e300, -1e300, INFINITY, -INFINITY, NAN, 1e-300, 1e20, 9.3e18};
    char *(*const shows[])(char *, double) = {lg_show_time, lg_show_rate, lg_show_bytes,
                                              lg_show_count, lg_show_share};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (size_t j = 0; j < sizeof shows / sizeof *shows; j++) {
            char text[LG_UNIT_TEXT];
            cr_assert_lt(strlen(shows[j](text, odd[i])), (size_t)LG_UNIT_TEXT);
        }
    }
}
