"""Failures on purpose: what a client sees of them, and that the server stays up."""

import asyncio
import socket
import struct
import time

import aiohttp
import pytest

from launcher import Target, tree
from raw import TEXT, RawSocket, connect, exchange

pytestmark = pytest.mark.loop

FEATURES = "core,errors"


@pytest.fixture
async def failing(name):
    """A server of its own: what it logs here is its own fault, not a client's."""
    with Target(name, FEATURES=FEATURES, FAULTS="0") as target:
        target.processes = {process.pid for process in tree(target.process.pid)}
        async with aiohttp.ClientSession(target.url) as http:
            target.http = http
            yield target


async def status_and_text(http, path):
    async with http.get(path) as answer:
        return answer.status, await answer.text()


async def is_well(target):
    """It answers on another connection, and no process of it has ended meanwhile."""
    async with aiohttp.ClientSession(target.url) as other:
        async with other.get("/healthz") as answer:
            return answer.status == 200 and target.processes <= {each.pid for each in tree(target.process.pid)}


INTERNAL = '{"error":{"code":"internal","message":"the server failed"}}'


async def test_what_is_thrown_is_a_500_without_its_cause(failing):
    assert await status_and_text(failing.http, "/fail/throw") == (500, INTERNAL)
    assert await is_well(failing)
    assert "thrown on purpose" in failing.stderr()


async def test_a_task_that_fails_does_not_end_the_process(failing):
    assert await status_and_text(failing.http, "/fail/reject") == (202, '{"accepted":true}')
    async with asyncio.timeout(20):
        while "thrown on purpose" not in failing.stderr():
            assert await is_well(failing)
            await asyncio.sleep(0.05)
    assert await is_well(failing)


async def test_what_takes_too_long_is_a_504(failing):
    began = time.monotonic()
    assert await status_and_text(failing.http, "/fail/timeout") == (
        504, '{"error":{"code":"timeout","message":"too late"}}'
    )  # fmt: skip
    assert time.monotonic() - began >= 0.99
    assert await is_well(failing)


async def test_half_an_answer_is_cut(failing):
    with connect(failing.url) as sock:
        sock.sendall(b"GET /fail/half HTTP/1.1\r\nHost: t\r\n\r\n")
        text = b""
        try:
            while piece := await asyncio.to_thread(sock.recv, 65536):
                text += piece
        except ConnectionResetError:
            pass
    head, body = text.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"content-length: 1000" in head.lower()
    assert body == b"x" * 500
    assert await is_well(failing)


async def test_exit_is_not_there_where_faults_are_not_asked_for(failing):
    assert (await status_and_text(failing.http, "/fail/exit"))[0] == 404


@pytest.mark.unsupervised
async def test_exit_ends_the_process_where_faults_are_asked_for(name):
    with Target(name, FEATURES=FEATURES, FAULTS="1") as target:
        with connect(target.url) as sock:
            sock.sendall(b"GET /fail/exit HTTP/1.1\r\nHost: t\r\n\r\n")
            assert await asyncio.to_thread(sock.recv, 1) == b""
        assert await asyncio.to_thread(target.process.wait, 20) == 1


SLOW = {
    "head": b"GET /json HTTP/1.1\r\nHost: t\r\n",
    "body": b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n",
    "chunked body": b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("what", SLOW)
async def test_a_request_that_does_not_arrive_is_408_or_the_end(name, what):
    """It sends a byte now and then, so that no limit to silence helps."""
    piece = {"head": b"a", "body": b"x", "chunked body": b"1\r\nx\r\n"}[what]
    with Target(name, REQUEST_SECONDS="1") as target, connect(target.url) as sock:
        sock.sendall(SLOW[what])
        sock.settimeout(0.2)
        answer = await asyncio.to_thread(dribble, sock, piece)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408")
        with connect(target.url) as other:
            assert exchange(other, b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")[0] == 200
        assert target.stderr() == ""


def dribble(sock, piece):
    for _ in range(80):
        try:
            return sock.recv(65536)
        except TimeoutError:
            sock.sendall(piece)
        except ConnectionResetError:
            return b""
    raise AssertionError("it was waited for")


async def test_a_request_in_time_is_answered_and_the_connection_goes_on(name):
    """The limit is for one request, not for the connection."""
    with Target(name, REQUEST_SECONDS="2") as target, connect(target.url) as sock:
        for _ in range(4):
            sock.sendall(b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\na")
            await asyncio.sleep(0.8)
            assert exchange(sock, b"b")[::2] == (200, b"ab")


def reset(url, request):
    """Sends the request and drops the connection at once, with a reset in place of an end."""
    sock = connect(url)
    sock.sendall(request)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


POST = b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: "

ABUSE = {
    "a reset after the request": b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n",
    "a reset in the head": b"GET /json HTTP/1.1\r\nHo",
    "a reset in the body": POST + b"1000\r\n\r\n" + b"x" * 500,
    "a reset in a body of 1 GiB": POST + b"1073741824\r\n\r\n" + b"x" * 500,
    "a reset in a stream": b"GET /stream/1000000000 HTTP/1.1\r\nHost: t\r\n\r\n",
    "a reset in ticks": b"GET /sse/ticks?hz=100 HTTP/1.1\r\nHost: t\r\n\r\n",
    "a reset in the handshake": b"GET /ws/chat/a?user=b HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\n",
}


async def test_what_careless_clients_do_is_no_fault_of_the_server(name):
    """Each of them twenty times; good clients are served by the same processes, and nothing is logged."""
    with Target(name) as target:
        target.processes = {process.pid for process in tree(target.process.pid)}
        for request in ABUSE.values():
            for _ in range(20):
                reset(target.url, request)
            assert await is_well(target)
        await until_no_stream_is_open(target)
        assert await asyncio.to_thread(target.stop) == 0
        assert target.stderr() == ""


async def until_no_stream_is_open(target):
    """As each process says that is asked, each time on a connection of its own."""
    async with asyncio.timeout(20):
        none = 0
        while none < 8:
            async with aiohttp.ClientSession(target.url) as http, http.get("/about") as answer:
                none = 0 if (await answer.json())["open"]["streams"] else none + 1
            await asyncio.sleep(0.02)


@pytest.mark.sockets
async def test_a_flood_of_messages_is_no_fault_of_the_server(name):
    with Target(name) as target:
        target.processes = {process.pid for process in tree(target.process.pid)}
        with RawSocket(target.url, "/ws/chat/flood?user=flood") as flood:
            for _ in range(100):
                flood.send(TEXT, b'{"type":"ping","n":1}'.ljust(65536))
            assert await is_well(target)
        assert await asyncio.to_thread(target.stop) == 0
        assert target.stderr() == ""
