"""Long answers: events on time, bytes as said, ranges, and readers that are slow or go."""

import asyncio
import hashlib
import json
import os
import time

import pytest

from exchanges import visit
from launcher import Target, computed, tree
from made import MADE, etag_of, pattern
from raw import connect, exchange, read_head

pytestmark = pytest.mark.loop

MIB = 1024 * 1024
FILM = MADE / "media" / "film.mp4"
FILM_TAG = etag_of(FILM.read_bytes())


async def read_ticks(http, query, **headers):
    async with http.get(f"/sse/ticks?{query}", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "Content-Encoding" not in answer.headers
        return (await answer.text()).split("\n\n")


async def test_ticks_come_in_order_and_end(http):
    began = time.time() * 1000
    first, *ticks, end, rest = await read_ticks(http, "hz=100&n=30")
    assert (first, end, rest) == ("retry: 1000", "event: end\ndata: {}", "")
    numbers, times = [], []
    for tick in ticks:
        id, event, data = tick.split("\n")
        value = json.loads(data.removeprefix("data: "))
        assert (event, data) == ("event: tick", f'data: {{"n":{value["n"]},"at":{value["at"]}}}')
        assert id == f"id: {value['n']}"
        numbers.append(value["n"])
        times.append(value["at"])
    assert numbers == list(range(1, 31))
    assert times == sorted(times)
    assert all(at >= began + n * 10 - 2 for n, at in zip(numbers, times, strict=True))  # none before its time


async def test_the_preset_is_100_ticks_10_a_second(http):
    began = time.time() * 1000
    async with http.get("/sse/ticks") as answer:
        text = ""
        while text.count("data: ") < 4:
            text += (await answer.content.readany()).decode()
    times = [json.loads(line[6:])["at"] for line in text.split("\n") if line.startswith("data: ")]
    assert all(at >= began + n * 100 - 2 for n, at in enumerate(times, 1))


@pytest.mark.parametrize(("seen", "expected"), [("17", [18, 19, 20]), ("20", []), ("90", []), ("0", list(range(1, 21)))])
async def test_last_event_id_goes_on_behind_it(http, seen, expected):
    _, *ticks, end, _ = await read_ticks(http, "hz=100&n=20", **{"Last-Event-ID": seen})
    assert [int(tick.split("\n")[0].removeprefix("id: ")) for tick in ticks] == expected
    assert end.startswith("event: end")


@pytest.mark.parametrize(("size", "chunk"), [(0, 1024), (1, 1024), (1000, 1024), (300_001, 1025), (3_000_000, 65536)])
async def test_a_stream_is_the_bytes_it_should_be(http, size, chunk):
    async with http.get(f"/stream/{size}?chunk={chunk}") as answer:
        assert (answer.status, answer.content_type) == (200, "application/octet-stream")
        assert await answer.read() == pattern(size)


@pytest.mark.direct
def test_a_stream_is_chunked_as_asked(lane):
    with connect(lane.url) as sock:
        sock.sendall(b"GET /stream/5000?chunk=2048 HTTP/1.1\r\nHost: t\r\n\r\n")
        with sock.makefile("rb", buffering=0) as stream:
            status, headers = read_head(stream)
            assert (status, headers["transfer-encoding"]) == (200, "chunked")
            sizes = []
            while not sizes or sizes[-1]:
                sizes.append(int(stream.readline(), 16))
                left = sizes[-1] + 2
                while left:
                    left -= len(stream.read(left))
    assert sizes == [2048, 2048, 904, 0]


@pytest.mark.parametrize("path", ["/sse/ticks", "/stream/1000000000", "/media/film.mp4", "/"])
def test_head_is_the_head_alone(lane, path):
    with connect(lane.url) as sock:
        sock.sendall(f"HEAD {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        with sock.makefile("rb", buffering=0) as stream:
            status, headers = read_head(stream)
        assert status == 200
        assert headers.get("content-length", "1") != "0"
        assert exchange(sock, b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")[2] == b'{"message":"Hello, World!"}'


SIZE = 100_000
RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=0-99999", 0, SIZE),
    ("bytes=5-9", 5, 10),
    ("bytes=99999-", SIZE - 1, SIZE),
    ("bytes=50000-999999999", 50000, SIZE),
    ("bytes=-1", SIZE - 1, SIZE),
    ("bytes=-999999", 0, SIZE),
    ("bytes=1000-90000", 1000, 90001),
]


@pytest.mark.parametrize(("header", "first", "end"), RANGES)
async def test_one_range_is_sent_alone(http, header, first, end):
    clip = (MADE / "media" / "clip.bin").read_bytes()
    async with http.get("/media/clip.bin", headers={"Range": header}) as answer:
        assert answer.status == 206
        assert answer.headers["Content-Range"] == f"bytes {first}-{end - 1}/{SIZE}"
        assert answer.headers["Content-Length"] == str(end - first)
        assert answer.headers["ETag"] == etag_of(clip)
        assert await answer.read() == clip[first:end]


@pytest.mark.parametrize("header", ["bytes=100000-", "bytes=100000-100001", "bytes=-0"])
async def test_a_range_behind_the_end_is_416(http, header):
    async with http.get("/media/clip.bin", headers={"Range": header}) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (416, "range")
        assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Range": "bytes=0-1,4-5"},
        {"Range": "bytes=9-5"},
        {"Range": "bytes=-"},
        {"Range": "bytes=a-b"},
        {"Range": "items=0-1"},
        {"Range": "bytes=0-1", "If-Range": '"other"'},
        {"Range": "bytes=0-1", "If-Range": "W/" + etag_of((MADE / "media" / "clip.bin").read_bytes())},
        {"If-None-Match": '"other"'},
    ],
)
async def test_otherwise_the_whole_is_sent(http, headers):
    clip = (MADE / "media" / "clip.bin").read_bytes()
    async with http.get("/media/clip.bin", headers=headers) as answer:
        assert (answer.status, answer.headers["Accept-Ranges"]) == (200, "bytes")
        assert await answer.read() == clip


async def test_a_large_file_and_a_part_of_it_are_the_file(http):
    content = FILM.read_bytes()
    async with http.get("/media/film.mp4") as answer:
        assert (answer.content_type, answer.headers["Content-Length"]) == ("video/mp4", str(len(content)))
        assert hashlib.sha256(await answer.read()).digest() == hashlib.sha256(content).digest()
    headers = {"Range": "bytes=1000000-3000000", "If-Range": FILM_TAG}
    async with http.get("/media/film.mp4", headers=headers) as answer:
        assert answer.status == 206
        assert await answer.read() == content[1000000:3000001]


@pytest.mark.parametrize("held", [FILM_TAG, f'"x", W/{FILM_TAG}', "*"])
async def test_a_file_that_is_held_is_304(http, held):
    async with http.get("/media/film.mp4", headers={"If-None-Match": held, "Range": "bytes=0-1"}) as answer:
        assert (answer.status, answer.headers["ETag"], await answer.read()) == (304, FILM_TAG, b"")
        assert "Content-Length" not in answer.headers


async def open_streams(http):
    async with http.get("/about") as answer:
        return (await answer.json())["open"]["streams"]


async def until_none_is_open(http):
    async with asyncio.timeout(20):
        while await open_streams(http):
            await asyncio.sleep(0.02)


@pytest.mark.alone
@pytest.mark.parametrize("path", ["/sse/ticks?hz=1&n=1000", "/stream/1073741824", "/media/film.mp4"])
async def test_what_makes_a_stream_stops_when_its_client_has_gone(lane, http, path):
    await until_none_is_open(http)
    with connect(lane.url, receive_buffer=4096) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        await asyncio.to_thread(sock.recv, 1)
        assert await open_streams(http) == 1
    await until_none_is_open(http)


def memory(pid):
    """Of the process and all below it."""
    return sum(process.memory_info().rss for process in tree(pid))


@pytest.mark.alone
async def test_slow_readers_do_not_fill_the_memory(name):
    """Fifty readers ask for 1 GiB each and read nothing: it must not be made for them, nor when they have gone."""
    with Target(name) as target:
        socks = []
        try:
            before = memory(target.process.pid)
            for _ in range(50):
                socks.append(connect(target.url, receive_buffer=4096))
                socks[-1].sendall(b"GET /stream/1073741824 HTTP/1.1\r\nHost: t\r\n\r\n")
            for sock in socks:
                await asyncio.to_thread(sock.recv, 1)
            await asyncio.sleep(2)
            assert memory(target.process.pid) - before < 64 * MIB
            before = computed(target.process.pid)
        finally:
            for sock in socks:
                sock.close()
        async with visit(target) as http:
            await until_none_is_open(http)
        assert computed(target.process.pid) - before < 2


async def test_sigterm_ends_the_ticks(name):
    with Target(name) as target:
        with connect(target.url) as sock:
            sock.sendall(b"GET /sse/ticks?hz=2&n=1000 HTTP/1.1\r\nHost: t\r\n\r\n")
            await asyncio.to_thread(sock.recv, 1)
            os.kill(target.process.pid, 15)
            text = b""
            while piece := await asyncio.to_thread(sock.recv, 65536):
                text += piece
        assert text.endswith(b"0\r\n\r\n")  # the body is ended, not cut
        assert b"event: end" not in text
        assert await asyncio.to_thread(target.process.wait, 5) == 0
        assert target.stderr() == ""
