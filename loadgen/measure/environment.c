#include "measure/environment.h"

#include <event2/event.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <jansson.h>
#include <llhttp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

/* The value on the first line of a file that begins with `key`, after `separator` and without
 * quotation marks; NULL: no such line. */
static const char *find_value(const char *path, const char *key, char separator,
                              struct lg_arena *arena)
{
    FILE *file = fopen(path, "re");
    char line[512];
    const char *value = NULL;
    if (file == NULL) {
        return NULL;
    }
    while (value == NULL && fgets(line, sizeof line, file) != NULL) {
        const char *at = strncmp(line, key, strlen(key)) == 0 ? strchr(line, separator) : NULL;
        if (at != NULL) {
            at += 1 + strspn(at + 1, " \t\"");
            size_t n = strcspn(at, "\"\n");
            value = n > 0 ? lg_arena_strndup(arena, at, n) : NULL;
        }
    }
    fclose(file);
    return value;
}

static void add_version(struct lg_environment *environment, struct lg_arena *arena,
                        const char *name, const char *value)
{
    struct lg_name_value *row =
        LG_ARENA_PUSH(arena, environment->versions, environment->version_count);
    *row = (struct lg_name_value){.name = name, .value = lg_arena_strdup(arena, value)};
}

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

static void add_versions(struct lg_environment *environment, struct lg_arena *arena,
                         const char *loadgen)
{
    add_version(environment, arena, "loadgen", loadgen);
    add_version(environment, arena, "libevent", event_get_version());
    add_version(environment, arena, "OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
    add_version(environment, arena, "nghttp2", nghttp2_version(0)->version_str);
    add_version(
        environment, arena, "llhttp",
        TEXT(LLHTTP_VERSION_MAJOR) "." TEXT(LLHTTP_VERSION_MINOR) "." TEXT(LLHTTP_VERSION_PATCH));
    add_version(environment, arena, "zlib", zlibVersion());
    add_version(environment, arena, "jansson", jansson_version_str());
    add_version(environment, arena, "glibc", gnu_get_libc_version());
    add_version(environment, arena, "compiler", __VERSION__);
    add_version(environment, arena, "build", LG_BUILD);
    const char *microcode = find_value("/proc/cpuinfo", "microcode", ':', arena);
    add_version(environment, arena, "microcode", microcode ? microcode : "unknown");
}

static unsigned count_cores(void)
{
    /* Larger than any machine: sched_getaffinity refuses a set that is too small. */
    enum { CPUS = 8192 };
    cpu_set_t *set = CPU_ALLOC(CPUS);
    size_t bytes = CPU_ALLOC_SIZE(CPUS);
    int n = 0;
    if (set != NULL && sched_getaffinity(0, bytes, set) == 0) {
        n = CPU_COUNT_S(bytes, set);
    }
    CPU_FREE(set);
    return (unsigned)n;
}

static uint64_t read_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}

static uint64_t soft_limit(__rlimit_resource_t which)
{
    struct rlimit limit = {0};
    getrlimit(which, &limit);
    return limit.rlim_cur; /* RLIM_INFINITY is UINT64_MAX */
}

/* A file of one line, such as those of sysfs. */
static const char *read_line(const char *path, struct lg_arena *arena)
{
    char line[128];
    FILE *file = fopen(path, "re");
    const char *text = "unknown";
    if (file == NULL) {
        return text;
    }
    if (fgets(line, sizeof line, file) != NULL && line[0] != '\n') {
        text = lg_arena_strndup(arena, line, strcspn(line, "\n"));
    }
    fclose(file);
    return text;
}

struct lg_environment lg_environment_read(struct lg_arena *arena, const char *loadgen)
{
    struct lg_environment environment = {0};
    struct utsname system = {.machine = "unknown"};
    uname(&system);
    const char *cpu = find_value("/proc/cpuinfo", "model name", ':', arena);
    const char *os = find_value("/etc/os-release", "PRETTY_NAME", '=', arena);
    /* ARM's cpuinfo has no model name: the architecture is then all that is known. */
    environment.cpu = cpu ? cpu : lg_arena_strdup(arena, system.machine);
    environment.os = os ? os : "unknown";
    environment.kernel =
        lg_arena_printf(arena, "%s %s %s", system.sysname, system.release, system.machine);
    environment.governor =
        read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", arena);
    environment.cores = count_cores();
    environment.memory_bytes = read_memory();
    environment.open_files_limit = soft_limit(RLIMIT_NOFILE);
    environment.processes_limit = soft_limit(RLIMIT_NPROC);
    environment.commit = lg_build_commit;
    add_versions(&environment, arena, loadgen);
    return environment;
}

bool lg_cpu_times_parse(const char *text, struct lg_cpu_times *times)
{
    struct lg_cpu_times t;
    if (sscanf(text,
               "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %" SCNu64,
               &t.user, &t.nice, &t.system, &t.idle, &t.iowait, &t.irq, &t.softirq,
               &t.steal) != 8) {
        return false;
    }
    *times = t;
    return true;
}

bool lg_cpu_times_read(struct lg_cpu_times *times)
{
    FILE *file = fopen("/proc/stat", "re");
    char line[512];
    if (file == NULL) {
        return false;
    }
    bool ok = fgets(line, sizeof line, file) != NULL && lg_cpu_times_parse(line, times);
    fclose(file);
    return ok;
}

static uint64_t sum(const struct lg_cpu_times *t)
{
    return t->user + t->nice + t->system + t->idle + t->iowait + t->irq + t->softirq + t->steal;
}

double lg_cpu_steal_share(const struct lg_cpu_times *before, const struct lg_cpu_times *after)
{
    uint64_t total_before = sum(before), total_after = sum(after);
    if (total_after <= total_before || after->steal < before->steal) {
        return -1;
    }
    double share = (double)(after->steal - before->steal) / (double)(total_after - total_before);
    return share < 1 ? share : 1; /* idle may go back a little: the kernel says so in proc(5) */
}

static uint64_t of_programs(const struct lg_cpu_times *t)
{
    return t->user + t->nice + t->system;
}

double lg_cpu_others_share(const struct lg_cpu_times *before, const struct lg_cpu_times *after,
                           double ours)
{
    uint64_t total_before = sum(before), total_after = sum(after);
    if (total_after <= total_before || of_programs(after) < of_programs(before)) {
        return -1;
    }
    double second = (double)sysconf(_SC_CLK_TCK);
    double taken = (double)(of_programs(after) - of_programs(before)) / second - ours;
    double share = taken / ((double)(total_after - total_before) / second);
    return share < 0 ? 0 : share < 1 ? share : 1;
}
