/* Stored runs, as the command line names them. */
#ifndef LG_CLI_RUN_FILE_H
#define LG_CLI_RUN_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "measure/record.h"

/* Appends the file, unpacked if it is a .gz.  False: errno says why. */
bool lg_file_read(const char *path, struct lg_buf *out);

/* Reads a run folder, or its run.json (or run.json.gz); of a run that was killed, what its journal
 * holds, also where the folder has the record of an earlier run.  *folder: where its reports lie,
 * of the arena.  NULL: what is wrong has been printed; the
 * exit code is LG_EXIT_USAGE. */
struct lg_record *lg_run_read(const char *path, struct lg_arena *arena, const char **folder);

#endif
