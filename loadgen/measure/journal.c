#include "measure/journal.h"

#include "base/clock.h"
#include "measure/record_shape.h"
#include "measure/trial_add.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

static const lg_ns sync_every = 5 * LG_S;
enum { CRC_DIGITS = 8 };

struct lg_journal {
    int fd;      /* -1: none */
    int failure; /* errno; 0: none */
    lg_ns synced;
};

/* ---- writing ---- */

static void give_up(struct lg_journal *j)
{
    j->failure = errno;
    if (j->fd >= 0) {
        close(j->fd);
        j->fd = -1;
    }
}

static bool append(struct lg_journal *j, struct lg_slice bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(j->fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes = n > 0 ? lg_slice(bytes.p + n, bytes.n - (size_t)n) : bytes;
    }
    return true;
}

static void sync_now(struct lg_journal *j)
{
    if (j->fd >= 0 && fdatasync(j->fd) != 0 && errno != EINVAL) {
        give_up(j);
    }
    j->synced = lg_now();
}

static uLong checksum(struct lg_slice text)
{
    return crc32(0, (const Bytef *)text.p, (uInt)text.n);
}

static void add_line(struct lg_journal *j, json_t *take_line)
{
    char *text = json_dumps(take_line, JSON_COMPACT | JSON_REAL_PRECISION(15));
    LG_ASSERT(text != NULL);
    json_decref(take_line);
    struct lg_buf line = {0};
    lg_buf_addf(&line, "%08lx ", checksum(lg_str(text)));
    lg_buf_adds(&line, text);
    lg_buf_adds(&line, "\n");
    if (j->fd >= 0 && !append(j, lg_buf_slice(&line))) {
        give_up(j);
    }
    lg_buf_free(&line);
    free(text);
}

/* The whole file; held until the process ends, and not by its children. */
static struct flock writer_lock(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

bool lg_journal_is_written(const char *path)
{
    struct flock lock = writer_lock();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool known = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return known && lock.l_type != F_UNLCK;
}

struct lg_journal *lg_journal_new(const char *path, const struct lg_record *frame)
{
    struct lg_journal *j = lg_alloc(sizeof *j);
    j->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (j->fd < 0) {
        give_up(j);
    } else {
        struct flock lock = writer_lock();
        fcntl(j->fd, F_SETLK, &lock); /* refused: its readers take the run for one cut off */
        add_line(j, json_pack("{s:s, s:o}", "kind", "run", "record", lg_record_to_json(frame)));
        sync_now(j);
    }
    return j;
}

void lg_journal_free(struct lg_journal *j)
{
    if (j != NULL && j->fd >= 0) {
        close(j->fd);
    }
    free(j);
}

static bool is_open(const struct lg_journal *j)
{
    return j != NULL && j->fd >= 0;
}

void lg_journal_begin(struct lg_journal *j, size_t target, unsigned number, const char *started_at,
                      double cut_s)
{
    if (is_open(j)) {
        add_line(j, json_pack("{s:s, s:i, s:i, s:s, s:f}", "kind", "begin", "target", (int)target,
                              "number", (int)number, "started_at", started_at, "cut_s", cut_s));
        sync_now(j);
    }
}

void lg_journal_second(struct lg_journal *j, const struct lg_trial_result *second)
{
    if (is_open(j)) {
        add_line(j, json_pack("{s:s, s:o}", "kind", "second", "trial", lg_trial_to_json(second)));
        if (lg_now() - j->synced >= sync_every) {
            sync_now(j);
        }
    }
}

void lg_journal_end(struct lg_journal *j, size_t target, const struct lg_trial_result *trial)
{
    if (is_open(j)) {
        add_line(j, json_pack("{s:s, s:i, s:o}", "kind", "end", "target", (int)target, "trial",
                              lg_trial_to_json(trial)));
        sync_now(j);
    }
}

int lg_journal_failure(const struct lg_journal *j)
{
    return j != NULL ? j->failure : 0;
}

/* ---- reading ---- */

struct reading {
    struct lg_arena *errors;
    json_t *frame;          /* owned */
    struct lg_arena *arena; /* of the open trial, owned */
    struct lg_trial_result open;
    bool is_open;
    size_t target; /* of the open trial */
    double cut_s;
    size_t whole; /* trials */
    bool running;
};

/* The next line that is whole; false: the end, or torn. */
static bool next_line(struct lg_slice *text, struct lg_slice *line)
{
    const char *end = text->n > 0 ? memchr(text->p, '\n', text->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - text->p) : 0;
    if (n <= CRC_DIGITS + 1 || text->p[CRC_DIGITS] != ' ') {
        return false;
    }
    char digits[CRC_DIGITS + 1];
    memcpy(digits, text->p, CRC_DIGITS);
    digits[CRC_DIGITS] = '\0';
    *line = lg_slice(text->p + CRC_DIGITS + 1, n - CRC_DIGITS - 1);
    *text = lg_slice(text->p + n + 1, text->n - n - 1);
    return strtoul(digits, NULL, 16) == checksum(*line);
}

static json_t *trials_of(const struct reading *r, size_t target)
{
    json_t *row = json_array_get(json_object_get(r->frame, "targets"), target);
    return json_object_get(row, "trials");
}

/* The seconds of the open trial are given up. */
static void drop_open(struct reading *r)
{
    lg_trial_result_fini(&r->open);
    r->open = (struct lg_trial_result){.started_at = "", .steady = ""};
    r->open.server.ended = "";
    r->is_open = false;
}

static void read_begin(struct reading *r, const json_t *line)
{
    json_int_t target = json_integer_value(json_object_get(line, "target"));
    const char *at = json_string_value(json_object_get(line, "started_at"));
    drop_open(r);
    if (target >= 0 && trials_of(r, (size_t)target) != NULL) {
        r->is_open = true;
        r->target = (size_t)target;
        r->cut_s = json_number_value(json_object_get(line, "cut_s"));
        r->open.number = (unsigned)json_integer_value(json_object_get(line, "number"));
        r->open.started_at = lg_arena_strdup(r->arena, at != NULL ? at : "");
    }
}

static void read_second(struct reading *r, const json_t *line)
{
    const char *why = NULL;
    struct lg_record *second =
        r->is_open ? lg_record_of_trial(json_object_get(line, "trial"), r->errors, &why) : NULL;
    if (second != NULL) {
        lg_trial_add_second(&r->open, &second->targets[0].trials[0], -r->cut_s, r->arena);
    }
    lg_record_free(second);
}

static void read_end(struct reading *r, const json_t *line)
{
    json_int_t target = json_integer_value(json_object_get(line, "target"));
    json_t *trials = target >= 0 ? trials_of(r, (size_t)target) : NULL;
    json_t *trial = json_object_get(line, "trial");
    if (trials != NULL && trial != NULL) {
        json_array_append(trials, trial);
        r->whole++;
    }
    drop_open(r);
}

static void read_line(struct reading *r, struct lg_slice text)
{
    json_t *line = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    const char *kind = json_string_value(json_object_get(line, "kind"));
    if (kind == NULL) {
        json_decref(line);
        return;
    }
    if (strcmp(kind, "run") == 0 && r->frame == NULL) {
        r->frame = json_incref(json_object_get(line, "record"));
    } else if (strcmp(kind, "begin") == 0) {
        read_begin(r, line);
    } else if (strcmp(kind, "second") == 0) {
        read_second(r, line);
    } else if (strcmp(kind, "end") == 0) {
        read_end(r, line);
    }
    json_decref(line);
}

/* Into the frame, as if it had ended. */
static void end_open(struct reading *r)
{
    lg_trial_end_seconds(&r->open);
    r->open.interrupted = true;
    json_array_append_new(trials_of(r, r->target), lg_trial_to_json(&r->open));
}

static void note(struct lg_record *record, const char *text)
{
    *LG_ARENA_PUSH(record->arena, record->notes, record->note_count) = text;
}

static void note_origin(const struct reading *r, bool partly, struct lg_record *record)
{
    note(record, lg_arena_printf(record->arena,
                                 "%s: this is made from its journal, which holds %zu whole "
                                 "trial%s.",
                                 r->running ? "The run is still going on"
                                            : "The run was cut off before it could report",
                                 r->whole, r->whole == 1 ? "" : "s"));
    if (partly) {
        note(record, lg_arena_printf(record->arena,
                                     "Trial %u of %s %s %.0f s: its figures are made from "
                                     "its seconds, without the set-up of its users.",
                                     r->open.number, record->targets[r->target].name,
                                     r->running ? "has been measured for" : "was cut off after",
                                     r->open.duration_s));
    }
}

static struct lg_record *make_record(struct reading *r, const char **why)
{
    bool partly = r->is_open && r->open.duration_s > 0;
    if (r->frame == NULL) {
        *why = "this is not a journal of loadgen, or not even its first line was written";
        return NULL;
    }
    if (r->whole == 0 && !partly) {
        *why = r->running ? "the run is still going on, and nothing has been measured yet"
                          : "the run was cut off before anything was measured";
        return NULL;
    }
    if (partly) {
        end_open(r);
    }
    struct lg_record *record = lg_record_from_json(r->frame, r->errors, why);
    if (record != NULL) {
        record->interrupted = true;
        record->running = r->running;
        note_origin(r, partly, record);
    }
    return record;
}

struct lg_record *lg_journal_read(struct lg_slice text, bool running, struct lg_arena *errors,
                                  const char **why)
{
    struct reading r = {.errors = errors, .arena = lg_arena_new(), .running = running};
    struct lg_slice line;
    while (next_line(&text, &line)) {
        read_line(&r, line);
    }
    struct lg_record *record = make_record(&r, why);
    drop_open(&r);
    json_decref(r.frame);
    lg_arena_free(r.arena);
    return record;
}
