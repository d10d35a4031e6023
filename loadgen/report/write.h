/* The folder of a finished run. */
#ifndef LG_REPORT_WRITE_H
#define LG_REPORT_WRITE_H

#include "base/arena.h"
#include "measure/record.h"

/* One of the files: how it is made, and what `loadgen report --format` calls it. */
struct lg_report_file {
    const char *name, *format;
    void (*make)(const struct lg_record *record, struct lg_buf *out); /* appends */
};
const struct lg_report_file *lg_report_files(size_t *count); /* static; run.json comes first */

/* Why a file could not be written, in words; for an errno. */
const char *lg_report_reason(int error);

/* Writes all lg_report_files into `folder`, which is made if it does not exist (its parents
 * too).  Each file gets a temporary name, is synced and renamed, so that a reader sees a whole
 * file or none; run.json comes first, as the others can be made again from it.  NULL, or a
 * sentence (of `errors`) that says which files could not be written and why; the others are. */
const char *lg_report_write_folder(const struct lg_record *record, const char *folder,
                                   struct lg_arena *errors);

/* One file in the same way, but for a device or a pipe, which is written to as it is.  Same
 * result. */
const char *lg_report_write_file(const char *path, struct lg_slice bytes, struct lg_arena *errors);

/* Makes the folder and its parents where they are missing (mkdir -p).  NULL, or a sentence that
 * says why no file can be written there. */
const char *lg_report_make_folder(const char *folder, struct lg_arena *errors);

/* Makes a folder that was not there before: `wanted`, or with -2, -3 ... behind it, in *made (of
 * the arena).  NULL, or why there is none. */
const char *lg_report_new_folder(const char *wanted, struct lg_arena *arena, const char **made);

#endif
