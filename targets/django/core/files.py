"""The files of targets/data/made, as its manifest names them; no other is ever opened.

These functions wait for the disk: they are for handlers marked `@blocking`.
"""

import asyncio
import json
from pathlib import Path

from django.http import HttpResponse, StreamingHttpResponse

from core.conditions import NOTHING, WHOLE, coding, is_held, part
from core.config import config
from core.errors import Refusal, not_found
from core.streams import bare, empty, stream

MADE = Path(__file__).parents[2] / "data" / "made"
_manifest = json.loads((MADE / "manifest.json").read_text())


def media_file(name):
    return _named(_manifest["media"], name)


def site_file(name):
    return _named(_manifest["site"], name)


def _named(files, name):
    if name not in files:
        raise not_found()
    return files[name]


def send_coded(request, file, headers):
    """A file in the coding that the client likes best."""
    name = coding(request.headers.get("Accept-Encoding"), ("br", "gzip"))
    form = file["encodings"].get(name, file)
    headers = headers | {"Vary": "Accept-Encoding", "ETag": form["etag"]}
    if is_held(request.headers.get("If-None-Match"), form["etag"]):
        return _not_modified(headers)
    if form is not file:
        headers["Content-Encoding"] = name
    return _send_part(request, form, 0, form["size"] - 1, headers | {"Content-Type": file["type"]})


def send_ranged(request, file):
    """A file, or the one part of it that the client asks for."""
    asked, size = request.headers, file["size"]
    headers = {"ETag": file["etag"], "Accept-Ranges": "bytes"}
    if is_held(asked.get("If-None-Match"), file["etag"]):
        return _not_modified(headers)
    fresh = asked.get("If-Range") in (None, file["etag"])
    found = part(asked.get("Range"), size) if request.method == "GET" and fresh else WHOLE
    if found == NOTHING:
        raise _unsatisfiable(headers, size)
    headers["Content-Type"] = file["type"]
    if found is WHOLE:
        return _send_part(request, file, 0, size - 1, headers)
    headers["Content-Range"] = f"bytes {found[0]}-{found[1]}/{size}"
    return _send_part(request, file, *found, headers, status=206)


def _not_modified(headers):
    response = bare(304)
    for name, value in headers.items():
        response[name] = value
    return response


def _unsatisfiable(headers, size):
    refusal = Refusal(416, "range", "the file has no such part")
    refusal.headers = headers | {"Content-Range": f"bytes */{size}"}
    return refusal


def _send_part(request, file, first, last, headers, status=200):
    """Small parts at once, large ones in pieces of READ_BYTES."""
    path, length = MADE / file["path"], last - first + 1
    response = {"status": status, "headers": headers | {"Content-Length": str(length)}}
    if request.method == "HEAD":
        return StreamingHttpResponse(empty(), **response)
    if length > config.read_bytes:
        return _send_pieces(request, path, first, length, response)
    with path.open("rb", buffering=0) as file:
        file.seek(first)
        return HttpResponse(file.read(length), **response)


def _send_pieces(request, path, first, length, response):
    if config.interface == "wsgi":
        return StreamingHttpResponse(_pieces(path, first, length), **response)
    return stream(request, _pieces_by_thread(path, first, length), **response)


def _pieces(path, first, length):
    with path.open("rb", buffering=0) as file:
        file.seek(first)
        while length > 0:
            piece = file.read(min(length, config.read_bytes))
            length -= len(piece)
            yield piece


async def _pieces_by_thread(path, first, length):
    """The loop does not wait for the disk; who is cancelled leaves the file open for the thread that still reads it."""
    pieces = _pieces(path, first, length)
    loop = asyncio.get_running_loop()
    try:
        while (piece := await asyncio.shield(reading := loop.run_in_executor(None, next, pieces, None))) is not None:
            yield piece
    finally:
        reading.add_done_callback(lambda _: pieces.close())
