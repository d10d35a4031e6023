"""Starting and stopping: a process of its own for each test."""

import asyncio
import json
import os
import re
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest
from chat import Person
from launcher import ANY_CERTIFICATE, Target, computed, serving
from raw import PING, TEXT, RawSocket, connect, exchange
from test_chat_room import say_until_gone

GET_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"


def test_a_port_in_use_ends_with_one_line(name):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        target = Target(name, PORT=str(port))
        try:
            target.__enter__()
            raise AssertionError("it started on a port in use")
        except RuntimeError as error:
            message = str(error).split(": ", 1)[1]
    assert target.process.returncode not in (0, None)
    assert re.fullmatch(rf"cannot listen on 127\.0\.0\.1:{port}: [^\n]+\n", message)


def test_a_given_port_is_used(name):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Target(name, PORT=str(port)) as target:
        assert target.port == port


@pytest.mark.sockets
def test_sigterm_says_503_then_1001_then_exit_0(name):
    with Target(name) as target:
        with connect(target.url) as kept, RawSocket(target.url, "/ws/chat/a?user=ann") as socket_:
            assert exchange(kept, GET_HEALTH)[0] == 200
            assert socket_.receive()[0] == TEXT
            os.kill(target.process.pid, signal.SIGTERM)
            began = time.monotonic()
            status, headers, body = until_503(kept)
            assert b'"status":"unavailable"' in body
            assert headers["connection"] == "close"
            assert socket_.texts_and_close() == ([], 1001)
            socket_.send(8, b"\x03\xe9")
        assert target.process.wait(5) == 0
        assert time.monotonic() - began < 5
        assert target.stderr() == ""


def test_sigterm_ends_a_server_whose_connections_are_idle(name):
    """And one that has never said anything, without waiting for the deadline, which is far off here."""
    with Target(name, STOP_MS="60000") as target, connect(target.url) as kept, connect(target.url):
        assert exchange(kept, GET_HEALTH)[0] == 200
        target.ask_to_stop()
        assert target.process.wait(20) == 0
        assert target.stderr() == ""


def until_503(sock):
    """A signal is not taken in the same instant."""
    while (answer := exchange(sock, GET_HEALTH))[0] != 503:
        pass
    return answer


@pytest.mark.sockets
def test_a_peer_that_does_not_answer_does_not_hold_up_the_exit(name):
    with Target(name) as target:
        with connect(target.url), RawSocket(target.url, "/ws/chat/a?user=ann"):
            assert target.stop() == 0


async def test_a_server_is_ready_soon_and_sigterm_cuts_no_accepted_request(server):
    """Soon: within 3 s if nobody else computes. The drain is long, so that each client asks within it, however busy
    the machine is."""
    with serving(server, DRAIN_MS="1500", STOP_MS="4500") as target:
        assert max(computed(one.process.pid) for one in target.servers) < 3
        clients = [asyncio.create_task(ask_until_refused(one.port)) for one in target.servers for _ in range(10)]
        await asyncio.sleep(0.3)
        target.ask_to_stop()
        answered = await asyncio.gather(*clients)
        codes = [await asyncio.to_thread(one.process.wait, 20) for one in target.servers]
    assert min(answered) > 3
    assert set(codes) == {0}


def test_a_server_behind_nginx_says_where_nginx_is_and_stops(behind):
    with Target("nginx") as nginx, Target(behind, NGINX_URL=nginx.url) as target:
        assert target.url == nginx.url
        with urllib.request.urlopen(target.url + "/json", timeout=20, context=ANY_CERTIFICATE) as answer:
            assert answer.read() == b'{"message":"Hello, World!"}'
        assert target.stop() == 0


async def ask_until_refused(port):
    """Asks every 10 ms. An answer cut short, or none on a connection that was to be kept, raises."""
    answered = 0
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return answered
        fresh = True
        try:
            while True:
                try:
                    writer.write(b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")
                    first = await reader.read(1)
                except OSError:
                    first = b""
                if not first and fresh:
                    return answered  # still in the queue of the socket that closed
                assert first, "a kept connection ended without an answer"
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len(b'{"message":"Hello, World!"}'))
                answered += 1
                fresh = False
                if b"connection: close" in head.lower():
                    break
                await asyncio.sleep(0.01)
        finally:
            writer.close()


@pytest.mark.sockets
@pytest.mark.watched
async def test_a_silent_peer_is_pinged_and_then_dropped(name):
    with Target(name, WS_PING_SECONDS="1", WS_PONG_SECONDS="1") as target:
        async with Person(target.url, "a", "ann") as ann:  # its library answers pings
            with RawSocket(target.url, "/ws/chat/a?user=silent") as silent:
                await ann.until(event="join")
                opcodes = [(await asyncio.to_thread(silent.receive))[0] for _ in range(2)]
                assert opcodes == [TEXT, PING]
                assert (await ann.until(event="leave"))["user"] == "silent"
            await ann.say("still-here")
            await ann.until(id="still-here")


@pytest.mark.sockets
@pytest.mark.watched
async def test_a_stalled_reader_that_never_reads_again_is_cut_off(name):
    """What is kept for it must not be kept for as long as it likes."""
    with Target(name, WS_CLOSE_SECONDS="1", READER_BYTES="65536") as target:
        async with Person(target.url, "a", "ann") as ann:
            with RawSocket(target.url, "/ws/chat/a?user=stalled&presence=0", receive_buffer=4096):
                before = connections(target)
                await say_until_gone(ann)
                async with asyncio.timeout(20):
                    while connections(target) >= before:
                        await asyncio.sleep(0.1)


@pytest.mark.sockets
@pytest.mark.watched
async def test_a_stalled_reader_does_not_hold_up_the_exit(name):
    with Target(name, READER_BYTES="65536") as target:
        async with Person(target.url, "a", "ann") as ann:
            with RawSocket(target.url, "/ws/chat/a?user=stalled&presence=0", receive_buffer=4096):
                await say_until_gone(ann)
                assert await asyncio.to_thread(target.stop) == 0


def connections(target):
    """Those that the server holds, whatever else it has open: a connection that it has closed is in another state."""
    established, local = "01", f":{target.port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(local) and row[3] == established for row in rows)


@pytest.mark.parametrize(("setting", "value", "told"), [
    ("BODY_BYTES", "lots", 'BODY_BYTES must be a whole number, not "lots"'),
    ("DATABASE_URL", "mysql://root:secret@127.0.0.1/shop", "DATABASE_URL must be empty or begin with postgresql://"),
    ("FEATURES", "core,chess", 'FEATURES: no feature "chess"; there are core, cpu, '),
])  # fmt: skip
def test_a_bad_setting_is_named(name, setting, value, told):
    try:
        Target(name, **{setting: value}).__enter__()
        raise AssertionError("it started with a bad setting")
    except RuntimeError as error:
        assert told in str(error)
        assert "secret" not in str(error)


@pytest.mark.database
def test_a_replica_has_its_tables_and_leaves_out_what_needs_one_process(name):
    with Target(name, REPLICA="1", DATABASE_URL="", REDIS_URL="") as target, connect(target.url) as sock:
        assert exchange(sock, b"GET /api/products/1 HTTP/1.1\r\nHost: t\r\n\r\n")[0] == 200
        assert exchange(sock, b"GET /api/chat/a HTTP/1.1\r\nHost: t\r\n\r\n")[0] == 404
        number = 1 + int(json.loads(exchange(sock, GET_HEALTH)[2])["worker"])
        assert number > int(target.keys.get("env.WORKERS", "1"))
