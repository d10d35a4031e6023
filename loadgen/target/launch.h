/* Turns a specification into a running process.  Used inside the keeper only. */
#ifndef LG_TARGET_LAUNCH_H
#define LG_TARGET_LAUNCH_H

#include "base/base.h"
#include "target/spec.h"

enum lg_launch_step {
    LG_LAUNCH_OK,
    LG_LAUNCH_PREPARE, /* temporary folder, pipes, fork */
    LG_LAUNCH_FOLDER,  /* entering spec->folder */
    LG_LAUNCH_EXEC     /* spec->command[0] */
};

struct lg_launch {
    enum lg_launch_step failed;
    int error;     /* errno of the failed step */
    int pid;       /* leads a session and a process group of its own */
    int output[2]; /* read ends for its stdout and stderr, not blocking; the caller's */
    lg_ns at;      /* right before fork */
};

/* Starts spec->command: environment from scratch with HOME=home and TMPDIR inside it, stdin from
 * /dev/null, default signals, the hard limit of open files, killed if the caller's thread ends.
 * Waits until exec has succeeded or failed. */
struct lg_launch lg_launch(const struct lg_target_spec *spec, const char *home);

#endif
