/* What `loadgen selftest` found out about this machine, kept in a file between runs, so that a
 * later run knows when it leaves the region in which the generator was shown to be right. */
#ifndef LG_MEASURE_CALIBRATION_H
#define LG_MEASURE_CALIBRATION_H

#include "base/arena.h"
#include "base/buf.h"
#include "measure/record.h"

#define LG_CALIBRATION_SCHEMA "loadgen.calibration/1"

/* The limits beyond which a run is told of. */
#define LG_CALIBRATION_RATE_SHARE 0.5 /* of the highest rate that one thread reached */
#define LG_CALIBRATION_FLOORS     3.0 /* a reported p50 below so many accuracy floors */

struct lg_calibration {
    const char *cpu, *kernel; /* with `cores`: which machine it is */
    unsigned cores;
    const char *measured_at; /* ISO 8601, UTC */
    const char *version;     /* of loadgen */
    double clock_read_ns;
    double lateness_p50_ns, lateness_p99_ns; /* of sends on a schedule of 1,000/s */
    double floor_p50_ns, floor_p99_ns; /* what the generator, the kernel and a light server's timer
                                          add to a known delay */
    double rate_per_s;                 /* closed loop on one thread, as fast as it goes */
    double cpu_us_per_exchange;        /* of the generator, meanwhile */
};

/* $XDG_STATE_HOME/loadgen/calibration.json, else ~/.local/state/loadgen/calibration.json, else
 * NULL. */
const char *lg_calibration_path(struct lg_arena *arena);

/* The entry for the machine that `environment` describes (cpu, kernel, cores equal).  The text is
 * not trusted: false where it is not such a file, has no such entry, or has one without sense. */
bool lg_calibration_find(struct lg_slice text, const struct lg_environment *environment,
                         struct lg_arena *arena, struct lg_calibration *out);

/* The same from the file at lg_calibration_path; no file is no entry. */
bool lg_calibration_load(const struct lg_environment *environment, struct lg_arena *arena,
                         struct lg_calibration *out);

/* Appends the file's new text: the entries of other machines in `old` (the file's text; may be
 * anything), and this one. */
void lg_calibration_write(struct lg_slice old, const struct lg_calibration *calibration,
                          struct lg_buf *out);
/* The one entry as a JSON object. */
void lg_calibration_write_one(const struct lg_calibration *calibration, struct lg_buf *out);

/* Reads the file's text into *out (nothing if there is none). */
void lg_calibration_read_file(const char *path, struct lg_buf *out);

/* Adds to record->notes what of the record lies outside the calibrated region: a rate above half of
 * what a thread can do, a step's median below three floors.  Each at most once a target. */
void lg_calibration_note(const struct lg_calibration *calibration, struct lg_record *record);

#endif
