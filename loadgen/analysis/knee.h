/* Where a curve of load against throughput or latency bends.  A knee is no property of a curve
 * until it is said how it is found; each way here has a name, and they differ. */
#ifndef LG_ANALYSIS_KNEE_H
#define LG_ANALYSIS_KNEE_H

#include "base/base.h"

/* Concurrency at which the asymptotes cross (Denning & Buzen, "The Operational Analysis of Queueing
 * Network Models", 1978): N* = (R + Z) / D.  idle_response: R at the lowest load, think: Z,
 * demand: D of the busiest resource, all in seconds, demand > 0. */
double lg_knee_asymptotes(double idle_response, double think, double demand);

/* Throughput can never exceed this: `units` of the busiest resource (cores, or 1 for an event loop)
 * over its demand in seconds per completion (utilisation law). */
double lg_knee_most(double units, double demand);

/* Kneedle (Satopaa, Albrecht, Irwin & Raghavan 2011), offline, for a curve that rises and flattens
 * (concave): the index of the knee, -1 if there is none.  x ascending, n points; sensitivity S:
 * how many average steps the distance to the diagonal must fall behind the knee; 1 is usual. */
int lg_knee_kneedle(const double *x, const double *y, size_t n, double sensitivity);

#endif
