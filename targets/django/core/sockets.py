"""The WebSocket side of the server: the handshake's checks, and its refusal."""

from urllib.parse import parse_qs

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from core.errors import error_body, not_found
from core.wire import encode


class SocketProtocol(WebSocketsSansIOProtocol):
    """Gives the application a way to drop a peer that no longer reads; ASGI has none."""

    async def run_asgi(self):
        self.scope["extensions"]["cut"] = self.transport.abort
        await super().run_asgi()


async def refuse(scope, receive, send):
    """404 in place of the upgrade."""
    body = encode(error_body(not_found())).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await receive()  # websocket.connect
    await send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


def query_of(scope):
    return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
