#include "analysis/knee.h"

#include <math.h>

double lg_knee_asymptotes(double idle_response, double think, double demand)
{
    LG_ASSERT(demand > 0);
    return (idle_response + think) / demand;
}

double lg_knee_most(double units, double demand)
{
    LG_ASSERT(demand > 0);
    return units / demand;
}

/* Both axes scaled to [0, 1]: how far the point lies above the diagonal. */
static double above(const double *x, const double *y, size_t n, double low, double high, size_t i)
{
    return (y[i] - low) / (high - low) - (x[i] - x[0]) / (x[n - 1] - x[0]);
}

int lg_knee_kneedle(const double *x, const double *y, size_t n, double sensitivity)
{
    double low = INFINITY, high = -INFINITY, best = 0;
    int knee = -1;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, y[i]);
        high = fmax(high, y[i]);
    }
    if (n < 3 || !(high > low) || !(x[n - 1] > x[0])) {
        return -1;
    }
    for (size_t i = 1; i + 1 < n; i++) {
        double d = above(x, y, n, low, high, i);
        if (d > best) {
            best = d;
            knee = (int)i;
        }
    }
    double threshold = best - sensitivity / (double)(n - 1);
    for (size_t i = (size_t)(knee < 0 ? (int)n : knee + 1); i < n; i++) {
        if (above(x, y, n, low, high, i) < threshold) {
            return knee;
        }
    }
    return -1;
}
