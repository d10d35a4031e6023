"""Stands before Django, which by itself reads a body of any size.

A body over the limit is never handed on: the request goes through without it,
marked, so that path and method are judged ahead of the size.
"""

from core.config import config
from core.errors import Refusal, error_body
from core.wire import dump

MARK = "loadgen.too_large"

# Paths that take more than the common limit; the features that have them add them.
LARGER = {}


def limit_of(path):
    return LARGER.get(path, config.body_bytes)


def is_too_large(request):
    return MARK in (request.scope if hasattr(request, "scope") else request.environ)


class Limits:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            size, length, chunked = _measure(scope["headers"])
            if size > config.header_bytes:
                return await _refuse_header(send)
            if length > limit_of(scope["path"]):
                scope[MARK] = True
            if length or chunked:
                receive = _Counted(scope, receive)
        return await self.app(scope, receive, send)


def _measure(headers):
    size, length, chunked = 0, 0, False
    for name, value in headers:
        size += len(name) + len(value) + 4
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            chunked = True
    return size, length, chunked


class _Counted:
    """A receive() that ends the body where it passes the limit."""

    def __init__(self, scope, receive):
        self.scope = scope
        self.receive = receive
        self.left = limit_of(scope["path"])
        self.ended = False

    async def __call__(self):
        if self.ended:
            return await self._disconnect()
        if MARK in self.scope:
            return self._end()
        message = await self.receive()
        if message["type"] == "http.request":
            self.left -= len(message.get("body", b""))
            if self.left < 0:
                self.scope[MARK] = True
                return self._end()
            self.ended = not message.get("more_body", False)
        return message

    def _end(self):
        self.ended = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _disconnect(self):
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return message


def header_refusal():
    return dump(error_body(Refusal(431, "too_large", "the header is too large")))


async def _refuse_header(send):
    body = header_refusal()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 431, "headers": headers})
    await send({"type": "http.response.body", "body": body})
