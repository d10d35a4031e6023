"""Django on PyPy and its control: the rows of the features that they have, and sockets, as another lane answers them."""

import aiohttp
import pytest
from exchanges import rows_of, visit
from launcher import Target
from raw import connect, exchange
from test_pair import conversation, fetch, run_all
from test_streaming import open_streams, read_ticks, until_none_is_open

FEATURES = "core,cpu,errors"


@pytest.fixture(scope="module", params=["django-pypy", "django-pypy-control"])
def pypy(request):
    with Target(request.param, FEATURES=FEATURES) as server:
        yield server
        assert server.stderr() == ""


@pytest.fixture(scope="module")
def other():
    with Target("django-direct", FEATURES=FEATURES, DATABASE_URL="", REDIS_URL="") as server:
        yield server


async def test_answers_are_those_of_the_other_lane(pypy, other, room):
    """In all its features, of which only those with a database are left out."""
    features = (await fetch(pypy, "/about"))["features"]
    assert features == ["chat", "collab", "game", "memory", "spa", "streaming", "cpu", "errors"]
    assert await run_all(pypy, room, rows_of(features)) == await run_all(other, room, rows_of(features))


async def test_chat_frames_are_those_of_the_other_lane(pypy, other, room):
    assert await conversation(pypy.url, room) == await conversation(other.url, room)


async def test_settings_in_force_are_those_of_the_other_lane(pypy, other):
    first, second = (await fetch(pypy, "/about"))["settings"], (await fetch(other, "/about"))["settings"]
    assert first == second


async def test_ticks_come_in_order_and_end(pypy):
    async with aiohttp.ClientSession(pypy.url) as http:
        _, *ticks, end, _ = await read_ticks(http, "hz=100&n=20")
    assert [int(tick.split("\n")[0].removeprefix("id: ")) for tick in ticks] == list(range(1, 21))
    assert end == "event: end\ndata: {}"


async def test_what_makes_a_stream_stops_when_its_client_has_gone(pypy):
    async with visit(pypy) as http:
        with connect(pypy.url, receive_buffer=4096) as sock:
            sock.sendall(b"GET /stream/1073741824 HTTP/1.1\r\nHost: t\r\n\r\n")
            sock.recv(1)
            assert await open_streams(http) == 1
        await until_none_is_open(http)


def test_an_answer_can_be_cut(pypy):
    with connect(pypy.url) as sock:
        status, headers, body = exchange(sock, b"GET /fail/half HTTP/1.1\r\nHost: t\r\n\r\n")
    assert (status, headers["content-length"], len(body)) == (200, "1000", 500)


def test_a_request_that_does_not_arrive_in_time_is_refused(pypy):
    with Target("django-pypy", FEATURES="core", REQUEST_SECONDS="1") as server, connect(server.url) as sock:
        assert exchange(sock, b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc")[0] == 408
