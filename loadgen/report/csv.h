/* Figures for spreadsheets and scripts (RFC 4180): one header line, a full stop as decimal point,
 * units in the column names, an empty field where nothing is known. */
#ifndef LG_REPORT_CSV_H
#define LG_REPORT_CSV_H

#include "base/buf.h"
#include "measure/record.h"

/* steps.csv: a row per target, trial, thing measured (a step, users, deliveries) and time;
 * counts of deliveries and of steps at once stand in the row of the first time. */
void lg_report_steps_csv(const struct lg_record *record, struct lg_buf *out);
/* streams.csv: a row per target, trial and step of events or downloads. */
void lg_report_streams_csv(const struct lg_record *record, struct lg_buf *out);
/* timeline.csv: a row per target, trial and second; four columns for each step and deliveries,
 * six for streams. */
void lg_report_timeline_csv(const struct lg_record *record, struct lg_buf *out);

#endif
