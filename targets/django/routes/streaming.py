"""Long answers: /sse/ticks, /stream/{bytes}, /media/{name}."""

import asyncio
import re
import time

from django.urls import path

from core.errors import not_found
from core.files import media_file, send_ranged
from core.lifecycle import lifecycle
from core.methods import blocking, methods
from core.streams import stream
from core.wire import header_integer, query_integer

GIB = 1024**3
PERIOD = 256  # of the bytes of /stream: 31 i + 7


def send_ticks(request):
    hz = query_integer(request.GET, "hz", least=1, most=100, otherwise=10)
    last = query_integer(request.GET, "n", least=1, most=100_000, otherwise=100)
    seen = header_integer(request, "Last-Event-ID", most=100_000, otherwise=0)
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    return stream(request, _ticks(seen, last, hz), headers=headers)


async def _ticks(seen, last, hz):
    """On an absolute schedule: what is late goes out at once, and delays nothing behind it."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    yield "retry: 1000\n\n"
    for n in range(seen + 1, last + 1):
        wait = began + (n - seen) / hz - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        if lifecycle.closing:
            return
        yield f'id: {n}\nevent: tick\ndata: {{"n":{n},"at":{time.time_ns() // 1_000_000}}}\n\n'
    yield "event: end\ndata: {}\n\n"


def send_bytes(request, size):
    if not re.fullmatch("[0-9]{1,10}", size) or int(size) > GIB:
        raise not_found()
    chunk = query_integer(request.GET, "chunk", least=1024, most=1024 * 1024, otherwise=64 * 1024)
    return stream(request, _pattern(int(size), chunk), content_type="application/octet-stream")


async def _pattern(size, chunk):
    block = bytes((31 * i + 7) % PERIOD for i in range(PERIOD)) * (chunk // PERIOD + 2)
    for sent in range(0, size, chunk):
        start = sent % PERIOD
        yield block[start : start + min(chunk, size - sent)]


@blocking
def send_media(request, name):
    return send_ranged(request, media_file(name))


urlpatterns = [
    path("sse/ticks", methods(GET=send_ticks)),
    path("stream/<str:size>", methods(GET=send_bytes)),
    path("media/<str:name>", methods(GET=send_media)),
]
