"""The WebSocket side of the server: the handshake's checks, and its refusal."""

from urllib.parse import parse_qs

from django.urls import re_path
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from core.errors import error_body, not_found
from core.messages import is_name
from core.wire import dump


class SocketProtocol(WebSocketsSansIOProtocol):
    """Gives the application a way to drop a peer that no longer reads; ASGI has none."""

    async def run_asgi(self):
        self.scope["extensions"]["cut"] = self.transport.abort
        await super().run_asgi()

    async def send(self, message):
        """A session learns later than uvicorn that its peer has gone; that is not the session's fault."""
        try:
            await super().send(message)
        except RuntimeError:
            if not self.transport.is_closing():
                raise
            raise ClientDisconnected from None


async def refuse(scope, receive, send):
    """404 in place of the upgrade."""
    body = dump(error_body(not_found()))
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await receive()  # websocket.connect
    await send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


def socket_path(kind, who, session):
    """The sockets at /ws/KIND/{name}?WHO=...; any other name or query is a 404 before the upgrade."""

    async def application(scope, receive, send):
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = query.get(who, [])
        name = scope["url_route"]["kwargs"]["name"]
        if len(given) != 1 or not is_name(given[0]) or not is_name(name):
            return await refuse(scope, receive, send)
        scope["place"] = {"name": name, "who": given[0], "query": query}
        await session(scope, receive, send)

    return re_path(rf"^ws/{kind}/(?P<name>[^/]*)$", application)
