#include "measure/calibration.h"

#include "base/units.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the file ---- */

const char *lg_calibration_path(struct lg_arena *arena)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state != NULL && state[0] == '/') { /* the specification: relative ones are to be ignored */
        return lg_arena_printf(arena, "%s/loadgen/calibration.json", state);
    }
    if (home != NULL && home[0] != '\0') {
        return lg_arena_printf(arena, "%s/.local/state/loadgen/calibration.json", home);
    }
    return NULL;
}

void lg_calibration_read_file(const char *path, struct lg_buf *out)
{
    const size_t most = 1 << 20; /* a few hundred bytes a machine: anything larger is not ours */
    FILE *file = fopen(path, "re");
    size_t n = 1;
    while (file != NULL && n > 0 && out->n < most) {
        lg_buf_reserve(out, 4096);
        n = fread(out->p + out->n, 1, 4096, file);
        out->n += n;
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* ---- JSON ---- */

struct field {
    const char *key;
    size_t offset;
};

#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct lg_calibration, name)                                               \
    }
static const struct field texts[] = {FIELD(cpu), FIELD(kernel), FIELD(measured_at), FIELD(version)};
static const struct field numbers[] = {
    FIELD(clock_read_ns), FIELD(lateness_p50_ns), FIELD(lateness_p99_ns),     FIELD(floor_p50_ns),
    FIELD(floor_p99_ns),  FIELD(rate_per_s),      FIELD(cpu_us_per_exchange),
};
enum { TEXTS = sizeof texts / sizeof texts[0], NUMBERS = sizeof numbers / sizeof numbers[0] };

static json_t *entry_of(const struct lg_calibration *c)
{
    json_t *entry = json_object();
    for (size_t i = 0; i < TEXTS; i++) {
        const char *text = *(const char *const *)((const char *)c + texts[i].offset);
        json_object_set_new(entry, texts[i].key, json_string(text != NULL ? text : ""));
    }
    json_object_set_new(entry, "cores", json_integer(c->cores));
    for (size_t i = 0; i < NUMBERS; i++) {
        double value = *(const double *)((const char *)c + numbers[i].offset);
        json_object_set_new(entry, numbers[i].key, json_real(value));
    }
    return entry;
}

static bool read_entry(const json_t *entry, struct lg_arena *arena, struct lg_calibration *out)
{
    const json_t *cores = json_object_get(entry, "cores");
    *out = (struct lg_calibration){.cores = (unsigned)json_integer_value(cores)};
    for (size_t i = 0; i < TEXTS; i++) {
        const char *text = json_string_value(json_object_get(entry, texts[i].key));
        if (text == NULL) {
            return false;
        }
        *(const char **)((char *)out + texts[i].offset) = lg_arena_strdup(arena, text);
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        const json_t *value = json_object_get(entry, numbers[i].key);
        if (!json_is_number(value) || json_number_value(value) < 0) {
            return false;
        }
        *(double *)((char *)out + numbers[i].offset) = json_number_value(value);
    }
    return true;
}

static bool is_of(const json_t *entry, const char *cpu, const char *kernel, unsigned cores)
{
    const char *its_cpu = json_string_value(json_object_get(entry, "cpu"));
    const char *its_kernel = json_string_value(json_object_get(entry, "kernel"));
    return its_cpu != NULL && its_kernel != NULL && strcmp(its_cpu, cpu) == 0 &&
           strcmp(its_kernel, kernel) == 0 &&
           json_integer_value(json_object_get(entry, "cores")) == (json_int_t)cores;
}

/* A new reference; NULL: not such a file. */
static json_t *machines_of(struct lg_slice text)
{
    json_t *root = text.n > 0 ? json_loadb(text.p, text.n, 0, NULL) : NULL;
    const char *schema = json_string_value(json_object_get(root, "schema"));
    json_t *machines = json_object_get(root, "machines");
    bool ours = schema != NULL && strcmp(schema, LG_CALIBRATION_SCHEMA) == 0;
    json_t *kept = ours && json_is_array(machines) ? json_incref(machines) : NULL;
    json_decref(root);
    return kept;
}

bool lg_calibration_find(struct lg_slice text, const struct lg_environment *environment,
                         struct lg_arena *arena, struct lg_calibration *out)
{
    json_t *machines = machines_of(text), *entry;
    size_t i;
    bool found = false;
    json_array_foreach(machines, i, entry)
    {
        if (!found && is_of(entry, environment->cpu, environment->kernel, environment->cores)) {
            found = read_entry(entry, arena, out);
        }
    }
    json_decref(machines);
    return found;
}

bool lg_calibration_load(const struct lg_environment *environment, struct lg_arena *arena,
                         struct lg_calibration *out)
{
    const char *path = lg_calibration_path(arena);
    struct lg_buf text = {0};
    if (path != NULL) {
        lg_calibration_read_file(path, &text);
    }
    bool found = lg_calibration_find(lg_buf_slice(&text), environment, arena, out);
    lg_buf_free(&text);
    return found;
}

static void add_json(json_t *take_value, size_t flags, struct lg_buf *out)
{
    char *text = json_dumps(take_value, flags | JSON_REAL_PRECISION(6));
    LG_ASSERT(text != NULL);
    lg_buf_adds(out, text);
    free(text);
    json_decref(take_value);
}

void lg_calibration_write_one(const struct lg_calibration *calibration, struct lg_buf *out)
{
    add_json(entry_of(calibration), JSON_COMPACT, out);
}

void lg_calibration_write(struct lg_slice old, const struct lg_calibration *calibration,
                          struct lg_buf *out)
{
    json_t *before = machines_of(old), *entry, *after = json_array();
    size_t i;
    json_array_foreach(before, i, entry)
    {
        if (!is_of(entry, calibration->cpu, calibration->kernel, calibration->cores)) {
            json_array_append(after, entry);
        }
    }
    json_decref(before);
    json_array_append_new(after, entry_of(calibration));
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_string(LG_CALIBRATION_SCHEMA));
    json_object_set_new(root, "machines", after);
    add_json(root, JSON_INDENT(2), out);
    lg_buf_adds(out, "\n");
}

/* ---- what a run is told ---- */

static void add_note(struct lg_record *record, const char *text)
{
    const char **notes = lg_arena_alloc(record->arena, (record->note_count + 1) * sizeof *notes);
    for (size_t i = 0; i < record->note_count; i++) {
        notes[i] = record->notes[i];
    }
    notes[record->note_count++] = text;
    record->notes = notes;
}

/* The highest rate per thread of any trial. */
static double highest_rate(const struct lg_target_result *target)
{
    double highest = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        const struct lg_trial_result *trial = &target->trials[i];
        double rate = 0;
        for (size_t k = 0; k < trial->users_count; k++) {
            rate += fmax(trial->users[k].offered_per_s, trial->users[k].achieved_per_s);
        }
        rate /= trial->generator.threads > 0 ? trial->generator.threads : 1;
        highest = fmax(highest, rate);
    }
    return highest;
}

/* The smallest median of any step, and whose it is. */
static double fastest_step(const struct lg_target_result *target, const char **name)
{
    double least = INFINITY;
    for (size_t i = 0; i < target->trial_count; i++) {
        const struct lg_trial_result *trial = &target->trials[i];
        for (size_t k = 0; k < trial->step_count; k++) {
            const struct lg_step_result *step = &trial->steps[k];
            const struct lg_hist *h = step->setup ? NULL : step->phase[LG_PHASE_RESPONSE];
            double p50 = h != NULL && h->count > 0 ? (double)lg_hist_quantile(h, 0.5, 0) : INFINITY;
            if (p50 < least) {
                least = p50;
                *name = step->name;
            }
        }
    }
    return least;
}

void lg_calibration_note(const struct lg_calibration *calibration, struct lg_record *record)
{
    char a[LG_UNIT_TEXT], b[LG_UNIT_TEXT];
    for (size_t i = 0; i < record->target_count; i++) {
        const struct lg_target_result *target = &record->targets[i];
        const char *step = "";
        double rate = highest_rate(target), p50 = fastest_step(target, &step);
        if (calibration->rate_per_s > 0 &&
            rate > LG_CALIBRATION_RATE_SHARE * calibration->rate_per_s) {
            add_note(record,
                     lg_arena_printf(record->arena,
                                     "%s: %s from one thread is more than half of the %s at which "
                                     "the self-test found this machine's limit: the generator's "
                                     "own delay may show; use more threads or more machines.",
                                     target->name, lg_show_rate(a, rate),
                                     lg_show_rate(b, calibration->rate_per_s)));
        }
        if (p50 < LG_CALIBRATION_FLOORS * calibration->floor_p50_ns) {
            add_note(record,
                     lg_arena_printf(record->arena,
                                     "%s: %s has a median response of %s, and the self-test found "
                                     "that %s of any time is this machine's own: small differences "
                                     "there mean nothing.",
                                     target->name, step, lg_show_time(a, p50),
                                     lg_show_time(b, calibration->floor_p50_ns)));
        }
    }
}
