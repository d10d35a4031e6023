import asyncio
import re
import threading

import pytest
from django.test import AsyncClient

from core import files
from core.conditions import NOTHING, WHOLE, coding, is_held, part
from core.streams import open_streams

client = AsyncClient()


def test_a_range_is_a_part_nothing_or_not_one():
    assert part("bytes=2-5", 10) == (2, 5)
    assert part("bytes=2-", 10) == (2, 9)
    assert part("bytes=-3", 10) == (7, 9)
    assert part("bytes=8-99", 10) == (8, 9)
    assert [part(behind, 10) for behind in ("bytes=10-", "bytes=-0")] == [NOTHING] * 2
    others = (None, "bytes=5-2", "bytes=1-2,4-5", "bytes=-", "lines=1-2")
    assert [part(other, 10) for other in others] == [WHOLE] * 5


def test_a_coding_is_taken_in_our_order_unless_it_is_refused():
    assert coding("gzip, br", ("br", "gzip")) == "br"
    assert coding("gzip;q=0.5, br;q=0", ("br", "gzip")) == "gzip"
    assert coding("GZIP;q=1.0", ("br", "gzip")) == "gzip"
    assert coding("gzip; q=0.0", ("br", "gzip")) is None
    assert coding(None, ("gzip",)) is None


def test_a_tag_is_held_whether_it_is_weak_or_strong():
    assert is_held('"a", W/"b"', '"b"')
    assert is_held("*", '"b"')
    assert not is_held('"a"', '"b"')
    assert not is_held(None, '"b"')


async def test_ticks_begin_behind_the_one_that_was_seen_and_end():
    response = await client.get("/sse/ticks?hz=100&n=3", headers={"Last-Event-ID": "2"})
    retry, tick, end, _ = b"".join([piece async for piece in response]).decode().split("\n\n")
    assert retry == "retry: 1000"
    assert re.fullmatch(r'id: 3\nevent: tick\ndata: {"n":3,"at":\d+}', tick)
    assert end == "event: end\ndata: {}"
    assert open_streams() == 0


async def test_an_unknown_page_is_the_application_for_a_browser_and_nothing_for_others():
    page = await client.get("/orders/7", headers={"Accept": "text/html"})
    assert page.content.startswith(b"<!doctype html>")
    assert (await client.get("/orders/7")).status_code == 404
    assert (await client.get("/api/nope", headers={"Accept": "text/html"})).status_code == 404


async def test_who_leaves_while_the_disk_is_read_is_no_fault(monkeypatch):
    reading, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def slow(*_):
        try:
            reading.set()
            go_on.wait()
            yield b"late"
        finally:
            closed.set()

    monkeypatch.setattr(files, "_pieces", slow)
    reader = asyncio.ensure_future(anext(files._pieces_by_thread("path", 0, 4)))
    await asyncio.to_thread(reading.wait)
    try:
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
    finally:
        go_on.set()
    assert await asyncio.to_thread(closed.wait, 20)
