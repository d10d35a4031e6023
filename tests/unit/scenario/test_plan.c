/* What ends up in the plan; that wrong texts are refused is in the golden tests. */
#include "scenario/check.h"
#include "scenario/io.h"
#include "scenario/plan.h"
#include "scenario/problem.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *main_text;

static const char *read_file(void *ctx, const char *path, struct lg_arena *arena,
                             struct lg_slice *text, const char **identity)
{
    (void)ctx;
    const char *found = strcmp(path, "dir/main.ini") == 0    ? main_text
                        : strcmp(path, "dir/body.bin") == 0  ? "${not.a.hole} \x01"
                        : strcmp(path, "dir/srv/x.env") == 0 ? "A=file\nB=x=y z\n#C=1\nD=\n"
                                                             : NULL;
    if (found == NULL) {
        return "is not there";
    }
    *text = lg_slice(lg_arena_strdup(arena, found), strlen(found));
    *identity = path;
    return NULL;
}

static enum lg_io_kind kind_of(void *ctx, const char *path)
{
    (void)ctx;
    return strcmp(path, "dir/srv") == 0              ? LG_IO_FOLDER
           : strcmp(path, "/abs/dir/srv/./run") == 0 ? LG_IO_PROGRAM
                                                     : LG_IO_NOTHING;
}

static const char *env_of(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "NAME") == 0 ? "realtime" : NULL;
}

static const char *absolute(void *ctx, const char *path, struct lg_arena *arena)
{
    (void)ctx;
    return lg_arena_printf(arena, "/abs/%s", path);
}

static struct lg_plan *load_with(const char *text, const char *set, bool quick)
{
    static const struct lg_io io = {
        .read = read_file, .kind = kind_of, .env = env_of, .absolute = absolute};
    struct lg_plan_options options = {.io = &io, .quick = quick};
    struct lg_problems problems;
    lg_problems_init(&problems);
    main_text = text;
    struct lg_plan *plan =
        lg_plan_load("dir/main.ini", &set, set != NULL ? 1 : 0, &options, &problems);
    struct lg_buf out = {0};
    lg_problems_write(&problems, &out);
    cr_assert_not_null(plan, "%.*s", (int)out.n, out.p);
    lg_buf_free(&out);
    lg_problems_fini(&problems);
    return plan;
}

#define HEAD "[scenario]\ntargets = t\n[target t]\nurl = http://127.0.0.1:1\n"
#define GET  "[step get]\nrequest = GET /\n"

Test(plan, settings_of_the_scenario_arrive)
{
    struct lg_plan *plan = load_with(
        "; One\n;   two\n#three\n;\n; more\n[scenario]\nname = a b\nclaim=${NAME}\ntargets = "
        "t\nwarmup = "
        "auto\nduration = 1.5s\n"
        "cooldown = 2s\ntrials = 3\nseed = 18446744073709551615\nthreads = 2\ntiming = economical\n"
        "connect_timeout = 7s\nverify_tls = no\n[target t]\nurl = http://127.0.0.1:1\n"
        "[users u]\nconnections = 1\nsteps = get\nrate = 1/s\n" GET,
        NULL, false);
    cr_assert_str_eq(plan->question, "One\ntwo\nthree");
    cr_assert_str_eq(plan->name, "a b");
    cr_assert_str_eq(plan->claim, "realtime");
    cr_assert(plan->warmup == LG_WARMUP_AUTO && plan->duration == 1500 * LG_MS);
    cr_assert(plan->cooldown == 2 * LG_S && plan->connect_timeout == 7 * LG_S);
    cr_assert(plan->trials == 3 && plan->threads == 2 && plan->seed == UINT64_MAX);
    cr_assert(plan->timing == LG_TIMING_ECONOMICAL && !plan->verify_tls && !plan->quick);
    lg_plan_free(plan);
}

Test(plan, defaults_are_filled_in)
{
    struct lg_plan *plan =
        load_with(HEAD "[users u]\nconnections = 3\nsteps = get\nrate = 30/m\n" GET, NULL, false);
    cr_assert_str_eq(plan->name, "main");
    cr_assert_str_eq(plan->claim, "");
    cr_assert_str_eq(plan->question, "");
    cr_assert(plan->trials == 5 && plan->threads == 1 && plan->duration == 60 * LG_S);
    cr_assert(plan->verify_tls && plan->ca_file == NULL && plan->timing == LG_TIMING_EXACT);
    const struct lg_users *users = &plan->users[0];
    cr_assert(users->connections == 3 && users->connect_rate == 1000 && users->http == LG_HTTP_1_1);
    cr_assert(users->arrivals == LG_ARRIVAL_POISSON && users->overload == LG_OVERLOAD_QUEUE);
    cr_assert(users->stage_count == 1 && users->stages[0].at == 0);
    cr_assert(users->stages[0].rate_per_s == 0.5);
    cr_assert(plan->steps[0].timeout == 5 * LG_S && !plan->steps[0].has_body);
    cr_assert_null(plan->targets[0].ready_path); /* it runs already: a connection is enough */
    cr_assert_null(plan->targets[0].command);
    lg_plan_free(plan);
}

Test(plan, users_arrive)
{
    struct lg_plan *plan = load_with(
        HEAD "[users u]\nconnections = 1k\nconnect_rate = unlimited\nsteps = b, a\nsetup = a\n"
             "arrivals = constant\nstages = 0s 1/s, 2s 1k/s, 2s 0/s\noverload = shed 250ms\n"
             "room = zipf 1..20\nage = uniform -5..7\nwho = u${user.index}!\n"
             "[step a]\nrequest = GET /${room}/${age}/${who}\n[step b]\nrequest = GET /b\n",
        NULL, false);
    const struct lg_users *u = &plan->users[0];
    cr_assert(u->connections == 1000 && isinf(u->connect_rate));
    cr_assert(u->setup_count == 1 && u->step_count == 2);
    cr_assert_str_eq(plan->steps[u->setup[0]].name, "a");
    cr_assert_str_eq(plan->steps[u->steps[0]].name, "b");
    cr_assert(u->arrivals == LG_ARRIVAL_CONSTANT && u->stage_count == 3);
    cr_assert(u->stages[1].at == 2 * LG_S && u->stages[1].rate_per_s == 1000);
    cr_assert(u->overload == LG_OVERLOAD_SHED && u->shed_after == 250 * LG_MS);
    cr_assert_eq(u->variable_count, 3u);
    cr_assert(u->variables[0].kind == LG_VARIABLE_ZIPF && u->variables[0].high == 20);
    cr_assert(u->variables[1].kind == LG_VARIABLE_UNIFORM && u->variables[1].low == -5);
    cr_assert(u->variables[2].kind == LG_VARIABLE_TEXT && u->variables[2].text.part_count == 3);
    cr_assert_str_eq(plan->variables[u->variables[1].variable], "age");
    lg_plan_free(plan);
}

Test(plan, a_template_is_cut_at_its_holes)
{
    struct lg_plan *plan = load_with(
        HEAD "[users u]\nconnections = 1\nsetup = open\nsteps = say\nrate = 1/s\nroom = x\n"
             "[step open]\nwebsocket = /ws/${room}\n"
             "[step say]\nsend = {\"a\":${message.at},\"r\":${random.int "
             "-1..6}}$${x}$${random.text 3}${random.text 3}${message.id}\n"
             "await = json /id == \"${message.id}\" within 3s\n",
        NULL, false);
    const struct lg_step *open = &plan->steps[0], *say = &plan->steps[1];
    cr_assert(open->kind == LG_STEP_WEBSOCKET && !open->has_await && !open->path.is_static);
    cr_assert(open->path.part_count == 2 && open->path.parts[1].kind == LG_PART_VARIABLE);
    cr_assert(say->kind == LG_STEP_MESSAGE && say->has_body && say->has_await);
    cr_assert_eq(say->timeout, 3 * LG_S);
    const struct lg_part *p = say->body.parts;
    cr_assert_eq(say->body.part_count, 7u);
    cr_assert(lg_slice_eq(p[0].text, lg_str("{\"a\":")));
    cr_assert_eq(p[1].kind, LG_PART_MESSAGE_AT);
    cr_assert(p[3].kind == LG_PART_RANDOM_INT && p[3].low == -1 && p[3].high == 6);
    cr_assert(lg_slice_eq(p[4].text, lg_str("}${x}${random.text 3}")));
    cr_assert(p[5].kind == LG_PART_RANDOM_TEXT && p[5].low == 3);
    cr_assert_eq(p[6].kind, LG_PART_MESSAGE_ID);
    cr_assert_eq(say->await.kind, LG_MATCH_JSON_EQUALS);
    cr_assert(lg_slice_eq(say->await.pointer, lg_str("/id")));
    cr_assert(say->await.value.part_count == 3 && !say->await.value.is_static);
    lg_plan_free(plan);
}

Test(plan, a_request_arrives_with_headers_body_and_checks)
{
    struct lg_plan *plan = load_with(
        HEAD
        "[users u]\nconnections = 1\nsteps = post, file\narrivals = closed\n"
        "[step post]\nrequest = POST /a?b=${user.index}\nheader.X-Trace = a b\nheader.Cookie = c\n"
        "body = {}\ncheck = status 201\ncheck.2 = json /a exists\ncheck.3 = contains a within 2 b\n"
        "[step file]\nrequest = PUT /f\nbody_file = body.bin\n",
        NULL, false);
    const struct lg_step *post = &plan->steps[0], *file = &plan->steps[1];
    cr_assert_str_eq(post->method, "POST");
    cr_assert(post->kind == LG_STEP_REQUEST && post->has_body && post->body.is_static);
    cr_assert(post->header_count == 2 && lg_slice_eq(post->headers[0].name, lg_str("x-trace")));
    cr_assert(!post->headers[0].secret && post->headers[1].secret);
    cr_assert(post->check_count == 3 && post->checks[0].statuses[0].low == 201);
    cr_assert_eq(post->checks[1].match.kind, LG_MATCH_JSON_EXISTS);
    cr_assert_eq(post->checks[2].match.kind, LG_MATCH_CONTAINS);
    cr_assert(lg_slice_eq(post->checks[2].match.value.parts[0].text, lg_str("a within 2 b")));
    cr_assert(file->has_body &&
              lg_slice_eq(file->body.parts[0].text, lg_str("${not.a.hole} \x01")));
    cr_assert_eq(plan->users[0].arrivals, LG_ARRIVAL_CLOSED);
    cr_assert_eq(plan->users[0].stage_count, 0u);
    lg_plan_free(plan);
}

#define CHAT                                                                                       \
    HEAD "[users u]\nconnections = 1\nsetup = open\nsteps = say\nrate = 1/s\nroom = x\n"           \
         "[step open]\nwebsocket = /ws/${room}\nsend = hi\nawait = any\n"                          \
         "[step say]\nsend = ${message.id} ${message.at}\n"                                        \
         "[deliveries heard]\nmatch = contains x\nid = json /id\nsent = json /a~1t\n"              \
         "group = ${room}\ndrain = 3s\n"

Test(plan, deliveries_and_objectives_arrive)
{
    struct lg_plan *plan = load_with(
        CHAT "[objectives]\nsay.response = p(99.9) < 1.5s, mean>=1ms\nheard.delivery = lost == 0\n"
             "errors = rate <= 0.1%, count != 5\nu = rate > 30/m\n"
             "say.errors = count == 0, rate < 1%\n",
        NULL, false);
    const struct lg_deliveries *d = &plan->deliveries[0];
    cr_assert(d->drain == 3 * LG_S && d->match.kind == LG_MATCH_CONTAINS);
    cr_assert(lg_slice_eq(d->id, lg_str("/id")) && lg_slice_eq(d->sent, lg_str("/a~1t")));
    cr_assert(d->group.part_count == 1 && d->group.parts[0].kind == LG_PART_VARIABLE);
    const struct lg_objective *o = plan->objectives;
    cr_assert_eq(plan->objective_count, 8u);
    cr_assert_str_eq(o[0].text, "say.response p(99.9) < 1.5s");
    cr_assert_str_eq(o[0].subject, "say");
    cr_assert_str_eq(o[0].measure, "response");
    cr_assert(o[0].stat == LG_STAT_PERCENTILE && fabs(o[0].quantile - 0.999) < 1e-12);
    cr_assert(o[0].compare == LG_LT && o[0].limit == 1.5e9);
    cr_assert(o[1].stat == LG_STAT_MEAN && o[1].compare == LG_GE && o[1].limit == 1e6);
    cr_assert(o[2].stat == LG_STAT_LOST && o[2].compare == LG_EQ && o[2].limit == 0);
    cr_assert(o[3].stat == LG_STAT_RATE && o[3].compare == LG_LE && o[3].limit == 0.001);
    cr_assert(o[4].stat == LG_STAT_COUNT && o[4].compare == LG_NE && o[4].limit == 5);
    cr_assert(o[5].stat == LG_STAT_RATE && o[5].compare == LG_GT && o[5].limit == 0.5);
    cr_assert_str_eq(o[5].measure, "");
    cr_assert(o[6].stat == LG_STAT_COUNT && o[6].compare == LG_EQ && o[6].limit == 0);
    cr_assert_str_eq(o[6].subject, "say");
    cr_assert_str_eq(o[6].measure, "errors");
    cr_assert(o[7].stat == LG_STAT_RATE && o[7].compare == LG_LT && o[7].limit == 0.01);
    lg_plan_free(plan);
}

Test(plan, a_target_that_is_started_arrives)
{
    struct lg_plan *plan = load_with("[target t]\nlabel = The T\nfolder = srv\ncommand = ./run  "
                                     "--port\t0 a=b\nenv = x.env\nenv.A = own\n"
                                     "ready = GET /up?x=1\nready_within = 1s\nstop_within = 0s\n"
                                     "[users u]\nconnections = 1\nsteps = get\nrate = 1/s\n" GET,
                                     NULL, false);
    const struct lg_target_spec *t = &plan->targets[0];
    cr_assert_eq(plan->target_count, 1u);
    cr_assert_str_eq(t->name, "t");
    cr_assert_str_eq(t->label, "The T");
    cr_assert_str_eq(t->folder, "/abs/dir/srv");
    cr_assert_str_eq(t->url, "http://127.0.0.1:${PORT}");
    cr_assert_str_eq(t->ready_path, "/up?x=1");
    cr_assert(t->ready_within == LG_S && t->stop_within == 0);
    const char *const words[] = {"./run", "--port", "0", "a=b"};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_str_eq(t->command[i], words[i]);
    }
    cr_assert_null(t->command[4]);
    cr_assert_eq(t->env_count, 3u);
    cr_assert(strcmp(t->env[0].name, "A") == 0 && strcmp(t->env[0].value, "own") == 0);
    cr_assert(strcmp(t->env[1].name, "B") == 0 && strcmp(t->env[1].value, "x=y z") == 0);
    cr_assert(strcmp(t->env[2].name, "D") == 0 && strcmp(t->env[2].value, "") == 0);
    lg_plan_free(plan);
}

Test(plan, features_reach_the_started_targets)
{
    static const char *const own[] = {"", "env.FEATURES = core\n"};
    static const char *const expected[] = {"core,cpu", "core"};
    for (size_t i = 0; i < 2; i++) {
        char *whole = lg_printf(
            "[scenario]\ntargets = t\nfeatures = core,cpu\n[target t]\nfolder = srv\n"
            "command = ./run\n%s[users u]\nconnections = 1\nsteps = get\nrate = 1/s\n" GET,
            own[i]);
        struct lg_plan *plan = load_with(whole, NULL, false);
        const struct lg_target_spec *t = &plan->targets[0];
        cr_assert(t->env_count == 1 && strcmp(t->env[0].name, "FEATURES") == 0);
        cr_assert_str_eq(t->env[0].value, expected[i]);
        lg_plan_free(plan);
        free(whole);
    }
}

Test(plan, what_runs_beside_the_targets_is_none_of_them)
{
    struct lg_plan *plan =
        load_with("[scenario]\nwith = stub\nfeatures = core,gateway\n[target t]\nfolder = srv\n"
                  "command = ./run\n[target stub]\nfolder = srv\ncommand = ./run\n[users u]\n"
                  "connections = 1\nsteps = get\nrate = 1/s\n" GET,
                  NULL, false);
    cr_assert_eq(plan->target_count, 1);
    cr_assert_str_eq(plan->targets[0].name, "t");
    cr_assert_eq(plan->beside_count, 1);
    cr_assert_str_eq(plan->beside[0].name, "stub");
    cr_assert_not_null(plan->beside[0].command);
    lg_plan_free(plan);
}

Test(plan, an_override_takes_the_place_of_the_key_and_of_its_rival)
{
    struct lg_plan *plan = load_with(CHAT, "u.stages=0s 5/s, 9s 6/s", false);
    cr_assert_eq(plan->users[0].stage_count, 2u);
    lg_plan_free(plan);
    plan = load_with(CHAT, "scenario.duration = 3s", false);
    cr_assert_eq(plan->duration, 3 * LG_S);
    lg_plan_free(plan);
    plan = load_with(CHAT, "users u.room=uniform 1..2", false);
    cr_assert_eq(plan->users[0].variables[0].kind, LG_VARIABLE_UNIFORM);
    lg_plan_free(plan);
    plan = load_with(CHAT, "objectives.heard.spread=p(50) < 1s", false);
    cr_assert_str_eq(plan->objectives[0].measure, "spread");
    lg_plan_free(plan);
}

Test(plan, quick_shortens_and_never_lengthens)
{
    struct lg_plan *plan = load_with(CHAT, NULL, true);
    cr_assert(plan->quick && plan->trials == 1);
    /* 14 s less 2 s of starting, 1 ms of connecting, 1 s of warm-up and 3 s of drain, in tenths */
    cr_assert(plan->duration == 7900 * LG_MS && plan->warmup == LG_S && plan->cooldown == LG_S);
    lg_plan_free(plan);
    plan = load_with(CHAT, "users u.connect_rate = 0.05/s", true);
    cr_assert_eq(plan->duration, LG_S, "and not less, however long connecting takes");
    lg_plan_free(plan);
    plan = load_with(CHAT, "scenario.duration=3s", true);
    cr_assert_eq(plan->duration, 3 * LG_S);
    lg_plan_free(plan);
}

Test(plan, secrets_are_neither_in_the_echo_nor_in_the_source)
{
    struct lg_plan *plan = load_with(HEAD "env.DB_PASSWORD = hunter2\nenv.SHOWN = visible\n[users "
                                          "u]\nconnections = 1\nsteps = get\nrate = 1/s\n"
                                          "[step get]\nrequest = GET /\n  header.Authorization =  "
                                          "Bearer hunter2  \nheader.Accept = a\n",
                                     NULL, false);
    cr_assert(strstr(plan->source, "hunter2") == NULL, "%s", plan->source);
    cr_assert(strstr(plan->source, "header.Authorization =  ***  \nheader.Accept = a\n") != NULL,
              "%s", plan->source);
    cr_assert(strstr(plan->source, "env.SHOWN = visible") != NULL);
    struct lg_buf out = {0};
    lg_check_write(plan, &out);
    char *text = lg_buf_take(&out);
    cr_assert(strstr(text, "hunter2") == NULL, "%s", text);
    free(text);
    lg_plan_free(plan);
}

Test(plan, what_the_run_needs_is_counted)
{
    struct lg_plan *plan = load_with(
        HEAD "[users u]\nconnections = 200\nconnect_rate = 100/s\nsteps = get\nrate = 1/s\n" GET,
        "scenario.warmup=3s", false);
    cr_assert_eq(lg_check_files(plan), 236u);
    cr_assert_eq(lg_check_time(plan), 5 * 65 * LG_S);
    lg_plan_free(plan);
}

Test(plan, freeing_nothing_is_fine)
{
    lg_plan_free(NULL);
}

Test(plan, a_file_that_cannot_be_read_is_one_problem)
{
    static const char *const paths[] = {"/nonexistent/x.ini", "/dev/zero", "/"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct lg_problems problems;
        lg_problems_init(&problems);
        cr_assert_null(lg_plan_load(paths[i], NULL, 0, NULL, &problems));
        cr_assert_eq(problems.count, 1u);
        cr_assert_str_eq(problems.items[0].place.file, paths[i]);
        lg_problems_fini(&problems);
    }
}

Test(plan, targets_are_found_in_the_installed_folder)
{
    char folder[SCRATCH_PATH];
    scratch_make(folder);
    char *path = lg_printf("%s/s.ini", folder);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs("[scenario]\ntargets = node\n[users u]\nconnections = 1\nsteps = get\nrate = 1/s\n" GET,
          f);
    fclose(f);
    struct lg_plan_options options = {.share_folder = LG_SOURCE_DIR "/tests/golden"};
    struct lg_problems problems;
    lg_problems_init(&problems);
    struct lg_plan *plan = lg_plan_load(path, NULL, 0, &options, &problems);
    cr_expect_not_null(plan);
    cr_expect(plan == NULL || strcmp(plan->targets[0].label, "Node.js") == 0);
    lg_plan_free(plan);
    lg_problems_fini(&problems);
    scratch_remove(folder);
    free(path);
}
