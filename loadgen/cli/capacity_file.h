/* What a capacity search leaves in its folder. */
#ifndef LG_CLI_CAPACITY_FILE_H
#define LG_CLI_CAPACITY_FILE_H

#include "report/capacity.h"

#define LG_CAPACITY_FILE "capacity.json" /* the others are made from it */

/* Writes capacity.json, .html and .md into the folder.  NULL, or a sentence from `arena`. */
const char *lg_capacity_write(const struct lg_capacity_page *page, const char *folder,
                              struct lg_arena *arena);

/* The folder of a search, or its capacity.json: the folder, from `arena`.  NULL: it is neither. */
const char *lg_capacity_folder(const char *path, struct lg_arena *arena);

/* `loadgen report` of such a folder: writes the files again and prints the summary; with a format
 * (html, md, json or text), that one alone to `path`, or to stdout if it is NULL or "-".  The exit
 * code; the user knows why. */
int lg_capacity_report(const char *folder, const char *format, const char *path);

#endif
