/* The keeper: a process between loadgen and one server.  It is the server's parent and the
 * subreaper of everything that descends from it, reads what it prints, and ends all of it when
 * asked or when loadgen's end of the socket pair closes, however loadgen ended.  It lives in a
 * session of its own and ignores what a terminal or a job control sends, so Ctrl-C reaches loadgen
 * alone.
 *
 * Killing is safe against reuse of process ids: the server stays unreaped until nothing else is
 * left, so its id and group id cannot be given away, and besides its group only children of the
 * keeper are signalled, whose ids are free only once the keeper has reaped them.  A descendant in
 * another session becomes a child of the keeper as soon as what stands between them is gone.
 *
 * The keeper's own memory is about 0.1 MiB, and 0.1 MiB of output at most; besides it shares pages
 * with loadgen as of the fork, which become its own when loadgen changes or frees them: start
 * targets before allocating what is large. */
#ifndef LG_TARGET_KEEPER_H
#define LG_TARGET_KEEPER_H

#include "base/base.h"
#include "base/buf.h"
#include "target/launch.h"

/* loadgen's view of a keeper, as of the last message. */
struct lg_keeper {
    int pid, link; /* link: -1 once the keeper has gone */
    int server;    /* pid; 0: not started yet */
    lg_ns started_at;
    enum lg_launch_step failed; /* the start failed at this step with `error` */
    int error;
    int port; /* announced on stdout; 0: not yet */
    bool ended;
    int status; /* once ended: as waitpid gives it */
    lg_ns ended_at;
    bool asked_to_stop;
    bool stopped;          /* the keeper has done its work: nothing is left */
    bool killed;           /* the server did not end within stop_within */
    unsigned left;         /* other processes that had to be killed */
    unsigned immortal;     /* processes that SIGKILL did not end within 5 s (uninterruptible I/O) */
    struct lg_buf output;  /* the tail of the output as of the last message that had it */
    unsigned output_count; /* such messages so far */
};

/* Forks a keeper for spec, which is borrowed until then.  The calling process must have one thread.
 * False: errno says why, and nothing has been started. */
bool lg_keeper_start(struct lg_keeper *keeper, const struct lg_target_spec *spec);

/* Takes one message, waiting for it until `until` at most; 0: does not wait.  A signal ends the
 * wait.  True: a message came, or the keeper has gone. */
bool lg_keeper_listen(struct lg_keeper *keeper, lg_ns until);

/* Brings keeper->output up to date; costs a round trip to the keeper. */
void lg_keeper_ask_output(struct lg_keeper *keeper);

/* SIGTERM to the group, SIGKILL to all after stop_within; does not wait. */
void lg_keeper_ask_stop(struct lg_keeper *keeper);
/* The same if it was not asked yet; returns when nothing is left, with all fields final.
 * lg_keeper_fini comes after it. */
void lg_keeper_stop(struct lg_keeper *keeper);
void lg_keeper_fini(struct lg_keeper *keeper);

/* In the new process: never returns.  `link` is its end of the socket pair. */
_Noreturn void lg_keeper_main(const struct lg_target_spec *spec, int link);

/* What goes over the socket pair (SOCK_SEQPACKET): this, then text of the output's tail if the kind
 * has it; from loadgen one byte each. */
enum lg_keeper_kind {
    LG_KEEPER_STARTED,   /* pid, at */
    LG_KEEPER_FAILED,    /* step, error */
    LG_KEEPER_LISTENING, /* port */
    LG_KEEPER_ENDED,     /* status, at, text */
    LG_KEEPER_OUTPUT,    /* text */
    LG_KEEPER_STOPPED    /* killed, left, immortal, text */
};
struct lg_keeper_message {
    enum lg_keeper_kind kind;
    int pid, error, port, status;
    enum lg_launch_step step;
    unsigned left, immortal;
    bool killed;
    lg_ns at;
};
enum { LG_KEEPER_TELL_OUTPUT = 'o', LG_KEEPER_STOP = 's' };

#endif
