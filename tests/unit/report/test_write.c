#include "report/write.h"

#include "golden.h"
#include "support/leak_check.h"
#include "support/sample_record.h"
#include "support/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(write, .fini = fail_on_leak);

static size_t entries(const char *folder, char *names, size_t bytes)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    cr_assert_not_null(dir);
    names[0] = '\0';
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] != '.') {
            strncat(names, e->d_name, bytes - strlen(names) - 2);
            strcat(names, " ");
            n++;
        }
    }
    closedir(dir);
    return n;
}

Test(write, a_folder_gets_the_nine_files_and_nothing_else_even_twice)
{
    char base[SCRATCH_PATH], folder[300], names[512];
    scratch_make(base);
    snprintf(folder, sizeof folder, "%s/a/b", base);
    struct lg_record *record = sample_record();
    struct lg_arena *errors = lg_arena_new();
    for (int i = 0; i < 2; i++) {
        const char *why = lg_report_write_folder(record, folder, errors);
        cr_assert_null(why, "%s", why);
        cr_expect_eq(entries(folder, names, sizeof names), 9, "%s", names);
    }
    struct lg_buf want = {0}, got = {0};
    char path[340];
    snprintf(path, sizeof path, "%s/run.json", folder);
    lg_record_write(record, &want);
    read_file(path, &got);
    cr_expect(lg_slice_eq(lg_buf_slice(&want), lg_buf_slice(&got)));
    lg_buf_free(&want);
    lg_buf_free(&got);
    scratch_remove(base);
    lg_arena_free(errors);
    lg_record_free(record);
}

Test(write, a_new_folder_is_never_one_that_was_there)
{
    char base[SCRATCH_PATH];
    struct lg_arena *arena = lg_arena_new();
    const char *first, *second, *third;
    scratch_make(base);
    const char *wanted = lg_arena_printf(arena, "%s/runs/run", base);
    cr_assert_null(lg_report_new_folder(wanted, arena, &first));
    cr_assert_null(lg_report_new_folder(wanted, arena, &second));
    cr_assert_null(lg_report_new_folder(wanted, arena, &third));
    cr_assert_str_eq(first, wanted);
    cr_assert_str_eq(second, lg_arena_printf(arena, "%s-2", wanted));
    cr_assert_str_eq(third, lg_arena_printf(arena, "%s-3", wanted));
    const char *why = lg_report_new_folder("/dev/null/run", arena, &first);
    cr_assert(why != NULL && strstr(why, "/dev/null") != NULL, "%s", why);
    scratch_remove(base);
    lg_arena_free(arena);
}

Test(write, a_pipe_is_written_to_and_not_replaced)
{
    char base[SCRATCH_PATH], path[300], got[16] = "";
    struct stat info;
    scratch_make(base);
    snprintf(path, sizeof path, "%s/pipe", base);
    cr_assert_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct lg_arena *errors = lg_arena_new();
    const char *why = lg_report_write_file(path, lg_str("hello"), errors);
    cr_expect_null(why, "%s", why);
    cr_expect_eq(read(reader, got, sizeof got - 1), 5);
    cr_expect_str_eq(got, "hello");
    cr_expect(stat(path, &info) == 0 && S_ISFIFO(info.st_mode));
    close(reader);
    lg_arena_free(errors);
    scratch_remove(base);
}

Test(write, a_full_disk_is_one_clear_sentence)
{
    struct lg_arena *errors = lg_arena_new();
    /* The temporary name leads to the device that is always full. */
    char base[SCRATCH_PATH], path[300], part[340];
    scratch_make(base);
    snprintf(path, sizeof path, "%s/run.json", base);
    snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    cr_assert_eq(symlink("/dev/full", part), 0);
    const char *why = lg_report_write_file(path, lg_str("text"), errors);
    char *want = lg_printf("cannot write %s: the disk is full", path);
    cr_expect_str_eq(why, want);
    char names[512];
    cr_expect_eq(entries(base, names, sizeof names), 0, "left behind: %s", names);
    free(want);
    scratch_remove(base);
    lg_arena_free(errors);
}

Test(write, a_file_in_the_way_is_named)
{
    char base[SCRATCH_PATH], file[300], folder[340];
    scratch_make(base);
    snprintf(file, sizeof file, "%s/file", base);
    snprintf(folder, sizeof folder, "%s/report", file);
    fclose(fopen(file, "w"));
    struct lg_arena *errors = lg_arena_new();
    struct lg_record *record = lg_record_new();
    const char *why = lg_report_write_folder(record, folder, errors);
    char *want = lg_printf("cannot write %s: a file of that name is in the way", file);
    cr_expect_str_eq(why, want);
    free(want);
    scratch_remove(base);
    lg_record_free(record);
    lg_arena_free(errors);
}

Test(write, an_old_file_survives_a_failed_write)
{
    char base[SCRATCH_PATH], path[300], part[340];
    scratch_make(base);
    struct lg_arena *errors = lg_arena_new();
    snprintf(path, sizeof path, "%s/run.json", base);
    cr_assert_null(lg_report_write_file(path, lg_str("old"), errors));
    snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    cr_assert_eq(symlink("/dev/full", part), 0);
    cr_expect_not_null(lg_report_write_file(path, lg_str("new"), errors));
    struct lg_buf got = {0};
    read_file(path, &got);
    cr_expect(lg_slice_eq(lg_buf_slice(&got), lg_str("old")));
    lg_buf_free(&got);
    scratch_remove(base);
    lg_arena_free(errors);
}
