/* A connection's bytes, between a socket and a protocol that takes everything and answers each
 * input with a few bytes. */
#include "engine/conn.h"

#include "support/leak_check.h"
#include "unit/engine/world.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/socket.h>

TestSuite(conn_io, .fini = fail_on_leak);

static struct world world;

static struct fake {
    struct lg_proto base;
    int inputs, aborts, frees;
} fake;

static enum lg_proto_state fake_input(struct lg_proto *proto, struct lg_slice in)
{
    (void)proto;
    (void)in;
    fake.inputs++;
    return LG_PROTO_OPEN;
}

static void fake_output(struct lg_proto *proto, struct lg_buf *out)
{
    (void)proto;
    lg_buf_adds(out, "pong");
}

static void fake_abort(struct lg_proto *proto, struct lg_outcome why)
{
    (void)proto;
    (void)why;
    fake.aborts++;
}

static void fake_free(struct lg_proto *proto)
{
    (void)proto;
    fake.frees++;
}

static const struct lg_proto_ops fake_ops = {
    .name = "fake",
    .input = fake_input,
    .output = fake_output,
    .abort = fake_abort,
    .free = fake_free,
};

/* The user's own connection, open. */
static struct lg_conn *connect_user(struct lg_vu *vu, int fd)
{
    struct lg_conn *conn = lg_alloc(sizeof *conn);
    conn->worker = vu->worker;
    conn->link = &vu->link;
    conn->ops = &fake_ops;
    conn->proto = &fake.base;
    conn->transport = (struct lg_transport){.fd = fd, .connected = true, .ready = true};
    conn->ready = true;
    vu->link.conn = conn;
    return conn;
}

Test(conn_io, a_connection_that_fails_while_it_is_answered_is_not_read_on)
{
    static char bytes[LG_READ_BYTES];
    int pair[2];
    signal(SIGPIPE, SIG_IGN);
    world_begin(&world, 60 * LG_S);
    world.worker.read_buffer = lg_alloc(LG_READ_BYTES);
    world.worker.armed = LG_NEVER;
    lg_pool_init(&world.pool, &world.worker, 0);
    struct lg_vu *vu = &world.pool.vus[0];
    vu->state = LG_VU_BUSY;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    /* As much as one read takes, so that there may be more; and nobody takes the answer. */
    cr_assert_eq(write(pair[1], bytes, sizeof bytes), (ssize_t)sizeof bytes);
    close(pair[1]);
    lg_conn_on_event(pair[0], EV_READ, connect_user(vu, pair[0]));
    cr_expect_eq(fake.inputs, 1);
    cr_expect_eq(fake.aborts, 1);
    cr_expect_eq(fake.frees, 1);
    cr_expect_null(vu->link.conn);
    lg_pool_fini(&world.pool);
    free(world.worker.read_buffer);
    world_end(&world);
}
