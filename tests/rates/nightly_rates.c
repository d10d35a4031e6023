/* How often nightly change detection is right and wrong: the table of docs/nightly.md.
 *
 *   nightly_rates [HISTORIES [flat|young|steps|reruns|others]]
 *
 * follows so many made-up histories for each line (default 1000) and prints each rate with its
 * standard error.  LG_SEED=N makes other histories.  Build with the preset `release`; 1000 take
 * minutes, most of them for `flat` and `young`. */
#include "support/nights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    double n, sum, squares;
};

static void add(struct tally *t, double x)
{
    t->n++;
    t->sum += x;
    t->squares += x * x;
}

static double mean(const struct tally *t)
{
    return t->n > 0 ? t->sum / t->n : 0;
}

static double error(const struct tally *t)
{
    double m = mean(t);
    return t->n > 1 ? sqrt((t->squares - t->n * m * m) / (t->n - 1) / t->n) : 0;
}

static void tell(const char *what, const struct tally *t)
{
    printf("  %-28s %6.3f +- %.3f\n", what, mean(t), error(t));
    fflush(stdout);
}

/* ---- false alarms ---- */

/* Re-runs are slow to follow: in one history of so many. */
enum { WITH_RERUNS = 4 };

static void flat(size_t histories, enum nights_noise noise, size_t first)
{
    struct nights n;
    struct tally by_nights = {0}, reruns_add = {0};
    struct nights_flat all = {0};
    for (size_t h = 0; h < histories; h++) {
        nights_fill(&n, noise, nights_seed(101), h);
        double alarms = (double)nights_alarms(&n, first + 100) - (double)nights_alarms(&n, first);
        add(&by_nights, fmax(alarms, 0));
        if (h % WITH_RERUNS == 0) {
            struct nights_flat f = nights_follow_flat(&n, first, first + 100);
            add(&reruns_add, (double)(f.by_nights + f.by_reruns) - fmax(alarms, 0));
            all.reruns += f.reruns;
            all.series += f.series;
            all.pairs += f.pairs;
        }
    }
    printf("false alarms in 100 flat nights after %zu, %s; re-runs in %.1f, of %.1f series, %.0f "
           "pairs\n",
           first, nights_noise_name(noise), (double)all.reruns / reruns_add.n,
           (double)all.series / (double)all.reruns, (double)all.pairs / (double)all.reruns);
    tell("by nights", &by_nights);
    tell("re-runs add", &reruns_add);
    printf("  %-28s %6.3f +- %.3f\n", "together", mean(&by_nights) + mean(&reruns_add),
           hypot(error(&by_nights), error(&reruns_add)));
}

/* ---- steps ---- */

static void found(size_t histories, double sd, size_t within)
{
    static const size_t befores[] = {10, 20, 30, 60};
    for (enum nights_noise noise = 0; noise < NIGHTS_NOISES; noise++) {
        printf("step of %g sd confirmed within %zu nights, %s\n", sd, within,
               nights_noise_name(noise));
        for (size_t i = 0; i < sizeof befores / sizeof *befores; i++) {
            struct tally t = {0};
            char what[40];
            for (size_t h = 0; h < histories; h++) {
                struct nights n;
                nights_fill(&n, noise, nights_seed(102), h);
                nights_step(&n, befores[i], sd);
                add(&t, nights_confirmed(&n, befores[i] + within, befores[i]).night > 0);
            }
            snprintf(what, sizeof what, "after %zu nights", befores[i]);
            tell(what, &t);
        }
    }
}

static void at_once(size_t histories, double share, size_t most)
{
    static const size_t befores[] = {20, 60};
    struct nights_trials trials = nights_trials(share, 1.5, most);
    for (size_t i = 0; i < sizeof befores / sizeof *befores; i++) {
        struct tally t = {0};
        size_t pairs = 0, asked = 0;
        for (size_t h = 0; h < histories; h++) {
            struct nights n;
            bool ask;
            nights_fill(&n, NIGHTS_NORMAL, nights_seed(103), h);
            nights_step(&n, befores[i], 1.5);
            add(&t, nights_proven_at_once(&n, befores[i] + 1, &trials, &ask, &pairs));
            asked += ask;
        }
        printf("step of 1.5 sd in its first night, after %zu, trials' share %g, %zu pairs at most: "
               "%.1f pairs, asked %.3f\n",
               befores[i], share, most, (double)pairs / (double)asked,
               (double)asked / (double)histories);
        tell("proven", &t);
    }
}

/* ---- what is no step ---- */

static void outlier(size_t histories, double sd)
{
    struct tally more = {0}, fewer = {0};
    for (size_t h = 0; h < histories; h++) {
        struct nights n;
        nights_fill(&n, NIGHTS_NORMAL, nights_seed(104), h);
        size_t without = nights_alarms(&n, 80);
        n.values[0][60].value = 100 + 5 * sd;
        size_t with = nights_alarms(&n, 80);
        add(&more, with > without);
        add(&fewer, with < without);
    }
    printf("one night of %g sd: histories of 80 nights with more or fewer alarms than without it\n",
           sd);
    tell("more", &more);
    tell("fewer", &fewer);
}

static void improvement(size_t histories)
{
    struct tally t = {0}, wrong = {0};
    for (size_t h = 0; h < histories; h++) {
        struct nights n;
        nights_fill(&n, NIGHTS_NORMAL, nights_seed(105), h);
        nights_step(&n, 30, -3);
        struct lg_nightly_change c = nights_confirmed(&n, 40, 30);
        add(&t, c.night > 0 && !c.regression);
        add(&wrong, c.night > 0 && c.regression);
    }
    printf("improvement by 3 sd within 10 nights, after 30\n");
    tell("called one", &t);
    tell("called a regression", &wrong);
}

/* The worsening that standings call detectable after 3 nights in 80 of 100 cases. */
static void stated(size_t histories, size_t before, size_t after)
{
    struct tally t = {0};
    for (size_t h = 0; h < histories; h++) {
        struct nights n;
        nights_fill(&n, NIGHTS_LOG_NORMAL, nights_seed(106), h);
        struct lg_arena *arena = lg_arena_new();
        const struct lg_nightly_standing *s = &nights_detect(&n, before, arena).standings[0];
        double by = after == 3 ? s->after3 : s->after10;
        nights_step(&n, before, log1p(by) / 0.5);
        lg_arena_free(arena);
        add(&t, nights_confirmed(&n, before + after, before).night > 0);
    }
    printf("what is said to be detected after %zu nights, history of %zu\n", after, before);
    tell("detected", &t);
}

static void all_flat(size_t histories)
{
    for (enum nights_noise noise = 0; noise < NIGHTS_NOISES; noise++) {
        flat(histories, noise, 30);
    }
}

static void all_young(size_t histories)
{
    for (enum nights_noise noise = 0; noise < NIGHTS_NOISES; noise++) {
        flat(histories, noise, 10);
    }
}

static void all_steps(size_t histories)
{
    found(histories, 3, 3);
    found(histories, 2, 10);
}

static void all_reruns(size_t histories)
{
    at_once(histories, 0.25, 20);
    at_once(histories, 0.5, 20);
    at_once(histories, 0.5, 40);
    at_once(histories, 0.5, 80);
    at_once(histories, 1, 80);
}

static void others(size_t histories)
{
    outlier(histories, 8);
    improvement(histories);
    stated(histories, 30, 3);
    stated(histories, 60, 3);
    stated(histories, 60, 10);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*count)(size_t histories);
    } parts[] = {{"flat", all_flat},
                 {"young", all_young},
                 {"steps", all_steps},
                 {"reruns", all_reruns},
                 {"others", others}};
    size_t histories = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (argc <= 2 || strcmp(argv[2], parts[i].name) == 0) {
            parts[i].count(histories);
        }
    }
    return 0;
}
