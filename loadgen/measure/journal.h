/* The journal of a run under way: a file in the run folder to which every finished second and trial
 * is appended, so that a run that was killed can still be reported.  A line is the CRC-32 of its
 * JSON text, a blank and that text; what a crash tore is recognised by it. */
#ifndef LG_MEASURE_JOURNAL_H
#define LG_MEASURE_JOURNAL_H

#include "measure/record.h"

#define LG_JOURNAL_FILE "journal.log"

struct lg_journal;

/* Begins the file anew; `frame` is the record without its trials.  Always returns a journal: one
 * that cannot be written says so in lg_journal_failure and does nothing more. */
struct lg_journal *lg_journal_new(const char *path, const struct lg_record *frame);
void lg_journal_free(struct lg_journal *journal); /* NULL ok; the file stays */

/* A trial begins; seconds before `cut_s` are warm-up.  NULL journals are ok here and below. */
void lg_journal_begin(struct lg_journal *journal, size_t target, unsigned number,
                      const char *started_at, double cut_s);
/* What lg_run_options.on_second gives.  Synced every few seconds. */
void lg_journal_second(struct lg_journal *journal, const struct lg_trial_result *second);
/* The trial has ended; its seconds are not needed any more.  Synced. */
void lg_journal_end(struct lg_journal *journal, size_t target, const struct lg_trial_result *trial);

/* Whether the run that writes this journal is still going on; false too for one's own, and where
 * there is no such file. */
bool lg_journal_is_written(const char *path);

/* 0, or the errno of the first write that failed, after which nothing more was written. */
int lg_journal_failure(const struct lg_journal *journal);

/* The record of a run that was cut off, or is `running` still: its whole trials, and of the one
 * under way what its seconds give, marked as interrupted, with a note.  Not judged yet
 * (lg_analyse).  The text is not trusted.  NULL: *why (static or of `errors`) says why not. */
struct lg_record *lg_journal_read(struct lg_slice text, bool running, struct lg_arena *errors,
                                  const char **why);

#endif
