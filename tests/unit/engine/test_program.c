#include "engine/program.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(program, .fini = fail_on_leak);

enum { MOST = 12 };

static struct lg_plan plan;
static struct lg_step steps[MOST];
static struct lg_deliveries deliveries;
static struct lg_part text_part = {.kind = LG_PART_TEXT};
static struct lg_arena *arena;

static void begin(size_t step_count)
{
    arena = lg_arena_new();
    memset(steps, 0, sizeof steps);
    deliveries = (struct lg_deliveries){.name = "d"};
    plan = (struct lg_plan){.arena = arena,
                            .connect_timeout = LG_MS,
                            .steps = steps,
                            .step_count = step_count,
                            .deliveries = &deliveries};
}

static struct lg_program *compile(const char **why)
{
    return lg_program_new(&plan, (const char *[]){"http://127.0.0.1:9/base"}, 1, 1, arena, why);
}

static struct lg_program *compiled(void)
{
    const char *why = NULL;
    struct lg_program *program = compile(&why);
    cr_assert_not_null(program, "%s", why);
    return program;
}

static void end(struct lg_program *program)
{
    lg_program_free(program);
    lg_arena_free(arena);
}

static struct lg_template text(const char *words)
{
    struct lg_part *part = lg_arena_alloc(arena, sizeof *part);
    *part = text_part;
    part->text = lg_str(words);
    return (struct lg_template){.parts = part, .part_count = 1, .is_static = true};
}

static struct lg_template changing(void)
{
    struct lg_part *part = lg_arena_alloc(arena, sizeof *part);
    part->kind = LG_PART_USER_INDEX;
    return (struct lg_template){.parts = part, .part_count = 1};
}

static struct lg_match pointer(const char *json_pointer)
{
    return (struct lg_match){.kind = LG_MATCH_JSON_EXISTS, .pointer = lg_str(json_pointer)};
}

static struct lg_step get(const char *path)
{
    return (struct lg_step){
        .name = "get", .kind = LG_STEP_REQUEST, .method = "GET", .path = text(path)};
}

static struct lg_step await(struct lg_match match)
{
    return (struct lg_step){
        .name = "m", .kind = LG_STEP_MESSAGE, .has_await = true, .await = match};
}

Test(program, a_request_that_never_changes_is_rendered_once)
{
    begin(1);
    struct lg_header_template header = {.name = lg_str("x-a"), .value = text("1")};
    steps[0] = get("/p");
    steps[0].headers = &header;
    steps[0].header_count = 1;
    struct lg_program *program = compiled();
    const struct lg_program_request *request = &program->steps[0].requests[0];
    char *wire = lg_strndup(request->wire.p, request->wire.n);
    cr_expect_eq(strncmp(wire, "GET /p HTTP/1.1\r\n", 17), 0, "%s", wire);
    cr_expect_not_null(strstr(wire, "127.0.0.1:9\r\n"));
    cr_expect_not_null(strstr(wire, "x-a: 1\r\n"));
    cr_expect_eq(strcmp(wire + strlen(wire) - 4, "\r\n\r\n"), 0);
    cr_expect(lg_slice_eq(request->request.wire, lg_buf_slice(&request->wire)));
    free(wire);
    end(program);
}

static void expect_host(const struct lg_program *program, size_t step, size_t origin,
                        const char *host)
{
    for (int http2 = 0; http2 < 2; http2++) {
        uint32_t place = lg_program_place(program, &program->origins[origin], http2);
        const struct lg_buf *wire = &program->steps[step].requests[place].wire;
        cr_expect_lt(place, program->steps[step].request_count);
        cr_expect_not_null(memmem(wire->p, wire->n, host, strlen(host)), "step %zu to %s", step,
                           host);
    }
}

Test(program, each_server_is_asked_under_its_own_name)
{
    begin(2);
    const char *why = NULL;
    steps[0] = get("/");
    steps[1] = get("/");
    steps[1].service = 1;
    plan.service_count = 1;
    const char *const urls[] = {"http://127.0.0.1:9001", "http://127.0.0.1:9002",
                                "http://127.0.0.1:9003"};
    struct lg_program *program = lg_program_new(&plan, urls, 2, 1, arena, &why);
    cr_assert_not_null(program, "%s", why);
    expect_host(program, 0, 0, "127.0.0.1:9001");
    expect_host(program, 0, 1, "127.0.0.1:9002");
    expect_host(program, 1, 2, "127.0.0.1:9003");
    end(program);
}

Test(program, a_request_with_a_hole_anywhere_is_rendered_each_time)
{
    for (int where = 0; where < 4; where++) {
        begin(1);
        struct lg_header_template header = {.name = lg_str("x-a"), .value = text("1")};
        steps[0] = get("/p");
        steps[0].headers = &header;
        steps[0].header_count = 1;
        steps[0].has_body = true;
        steps[0].body = text("body");
        if (where == 1) {
            steps[0].path = changing();
        } else if (where == 2) {
            header.value = changing();
        } else if (where == 3) {
            steps[0].body = changing();
        }
        struct lg_program *program = compiled();
        cr_expect_eq(program->steps[0].requests[0].wire.n > 0, where == 0, "case %d", where);
        end(program);
    }
}

Test(program, only_idempotent_methods_are_sent_twice)
{
    static const struct {
        const char *method;
        bool retry;
    } cases[] = {{"GET", true},      {"HEAD", true},  {"PUT", true},   {"DELETE", true},
                 {"OPTIONS", true},  {"TRACE", true}, {"POST", false}, {"PATCH", false},
                 {"CONNECT", false}, {"get", false},  {"GETX", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(1);
        steps[0] = get("/");
        steps[0].method = cases[i].method;
        struct lg_program *program = compiled();
        cr_expect_eq(program->steps[0].retry, cases[i].retry, "%s", cases[i].method);
        end(program);
    }
}

Test(program, a_pointer_has_one_place_however_often_it_is_named)
{
    begin(4);
    steps[0] = await(pointer("/a"));
    steps[1] = await(pointer("/b"));
    steps[2] = await(pointer("/a"));
    steps[3] = await((struct lg_match){.kind = LG_MATCH_ANY});
    plan.deliveries_count = 1;
    deliveries.match = pointer("/type");
    deliveries.id = lg_str("/b");
    deliveries.sent = lg_str("/at");
    struct lg_program *program = compiled();
    int a = program->steps[0].await.slot, b = program->steps[1].await.slot;
    cr_expect_eq(program->steps[2].await.slot, a);
    cr_expect_eq(program->id_slot, b);
    cr_expect_eq(program->steps[3].await.slot, LG_NO_SLOT);
    struct lg_slice values[LG_JSON_POINTERS];
    const char *json = "{\"type\":1,\"a\":2,\"b\":3,\"at\":4}";
    cr_assert(lg_json_scan(program->query, lg_str(json), values));
    cr_expect(lg_slice_eq(values[a], lg_str("2")));
    cr_expect(lg_slice_eq(values[b], lg_str("3")));
    cr_expect(lg_slice_eq(values[program->heard.slot], lg_str("1")));
    cr_expect(lg_slice_eq(values[program->sent_slot], lg_str("4")));
    end(program);
}

Test(program, without_pointers_no_message_is_scanned)
{
    begin(1);
    steps[0] = await((struct lg_match){.kind = LG_MATCH_CONTAINS, .value = text("x")});
    struct lg_program *program = compiled();
    cr_expect_null(program->query);
    cr_expect_eq(program->id_slot, LG_NO_SLOT);
    cr_expect(lg_slice_eq(program->steps[0].await.value, lg_str("x")));
    end(program);
}

Test(program, eight_pointers_fit_and_a_ninth_is_told)
{
    for (size_t n = 8; n <= 9; n++) {
        const char *why = NULL;
        begin(n);
        for (size_t i = 0; i < n; i++) {
            steps[i] = await(pointer(lg_arena_printf(arena, "/p%zu", i)));
        }
        struct lg_program *program = compile(&why);
        cr_expect_eq(program != NULL, n == 8);
        if (program == NULL) {
            cr_expect_str_eq(why, "http://127.0.0.1:9/base: the scenario looks for more than 8 "
                                  "different JSON pointers in messages");
        }
        end(program);
    }
}

Test(program, checks_say_what_they_need)
{
    begin(2);
    struct lg_status_range created = {201, 201};
    struct lg_check checks[] = {{.kind = LG_CHECK_STATUS, .statuses = &created, .status_count = 1},
                                {.kind = LG_CHECK_MATCH, .match = pointer("/id")}};
    steps[0] = get("/");
    steps[0].checks = checks;
    steps[0].check_count = 2;
    steps[1] = get("/");
    steps[1].checks = checks;
    steps[1].check_count = 1;
    struct lg_program *program = compiled();
    cr_expect(program->steps[0].checks_status && program->steps[0].checks_body);
    cr_expect(program->steps[0].requests[0].request.want_body);
    cr_expect_eq(program->steps[0].checks[1].condition.slot, 0);
    cr_expect_eq(program->steps[0].look->pointer_count, 1);
    cr_expect(program->steps[0].requests[0].request.want_headers); /* the body may have a coding */
    cr_expect(program->steps[1].checks_status && !program->steps[1].checks_body);
    cr_expect_not(program->steps[1].requests[0].request.want_body);
    cr_expect_not(program->steps[1].requests[0].request.want_headers);
    end(program);
}

Test(program, a_bad_address_is_told_with_the_address)
{
    const char *why = NULL;
    begin(0);
    cr_expect_null(lg_program_new(&plan, (const char *[]){"gopher://h"}, 1, 1, arena, &why));
    cr_expect_str_eq(why, "gopher://h: a URL begins with http://, https://, ws:// or wss://");
    end(NULL);
}

Test(program, the_tag_of_its_messages_follows_the_seed)
{
    begin(0);
    const char *why;
    struct lg_program *a =
        lg_program_new(&plan, (const char *[]){"http://127.0.0.1:9"}, 1, 1, arena, &why);
    struct lg_program *b =
        lg_program_new(&plan, (const char *[]){"http://127.0.0.1:9"}, 1, 1, arena, &why);
    struct lg_program *c =
        lg_program_new(&plan, (const char *[]){"http://127.0.0.1:9"}, 1, 2, arena, &why);
    cr_expect_eq(strlen(a->tag), 5);
    cr_expect_str_eq(a->tag, b->tag);
    cr_expect_str_neq(a->tag, c->tag);
    lg_program_free(a);
    lg_program_free(b);
    end(c);
}

/* Kinds of user, each with the steps of its iterations and one step of its setup. */
static bool has_one_step(size_t kind, size_t first, size_t second, size_t setup_of_second)
{
    static size_t lists[3];
    static struct lg_users users[2];
    lists[0] = first, lists[1] = second, lists[2] = setup_of_second;
    begin(3);
    for (size_t i = 0; i < 3; i++) {
        steps[i] = get("/");
    }
    users[0] = (struct lg_users){.steps = &lists[0], .step_count = 1};
    users[1] = (struct lg_users){
        .steps = &lists[1], .step_count = 1, .setup = &lists[2], .setup_count = 1};
    plan.users = users;
    plan.user_count = 2;
    struct lg_program *program = compiled();
    bool one = program->users[kind].one_step;
    end(program);
    return one;
}

Test(program, an_iteration_has_the_times_of_its_step_only_if_nobody_else_does_it)
{
    cr_expect(has_one_step(0, 0, 1, 2));
    cr_expect(has_one_step(1, 0, 1, 2));
    cr_expect_not(has_one_step(0, 0, 0, 2), "another kind does it");
    cr_expect_not(has_one_step(0, 0, 1, 0), "another kind is set up with it");
    cr_expect_not(has_one_step(1, 0, 1, 1), "it is set up with it, too");
}
