"""The control rows: the same bytes, answered before the framework.

What they cost is the runtime and its server; the rest is Django.
"""

from core.wire import encode
from routes.echo import HELLO, PLAIN

ANSWERS = {
    "/bare/plain": lambda: (b"text/plain; charset=utf-8", PLAIN.encode()),
    "/bare/json": lambda: (b"application/json; charset=utf-8", encode(HELLO).encode()),
}


class Bare:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        answer = scope["type"] == "http" and scope["method"] == "GET" and ANSWERS.get(scope["path"])
        if not answer:
            return await self.app(scope, receive, send)
        content_type, body = answer()
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
