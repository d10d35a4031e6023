"""uvicorn as every ASGI process model runs it: alone (serve.py) or as a worker (gunicorn_asgi.py)."""

import asyncio
import time

import uvicorn

from core.bus import bus
from core.config import config
from core.features import features
from core.lifecycle import lifecycle
from core.listener import nodelay
from core.sockets import SocketProtocol

if config.pure:
    from core.requests_h11 import HttpProtocol

    PARTS = {"loop": "asyncio", "http": "h11"}
else:
    from core.requests import HttpProtocol

    PARTS = {"loop": "uvloop", "http": "httptools"}

GOING_AWAY = 1001
CLOSE_ANSWER_SECONDS = 1  # for a peer to answer the close frame


def grace_seconds():
    """What the drain and the sockets leave for requests under way, half a second before the deadline."""
    return max(0.5, (config.stop_ms - config.drain_ms - 500) / 1000 - CLOSE_ANSWER_SECONDS)


SETTINGS = {
    "loop": PARTS["loop"],  # named, all of them: "auto" falls back to slower ones unseen
    "http": HttpProtocol,
    "ws": SocketProtocol,
    "ws_max_size": config.ws_message_bytes,
    "ws_ping_interval": config.ws_ping_seconds,
    "ws_ping_timeout": config.ws_pong_seconds,
    "ws_per_message_deflate": False,
    "lifespan": "off",
    "log_config": None,
    "log_level": "error",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "backlog": config.backlog,
    "timeout_keep_alive": config.keep_alive_seconds,
    "timeout_graceful_shutdown": grace_seconds(),
}


class Server(uvicorn.Server):
    """uvicorn, with a drain before its shutdown, and exit code 0 after it."""

    close_at = None

    def __init__(self, settings, on_ready):
        super().__init__(settings)
        self.on_ready = on_ready

    async def startup(self, sockets=None):
        for start in lifecycle.starters:
            await start()
        await super().startup(sockets=sockets)
        lifecycle.server = settings_of(self.config, sockets[0])
        lifecycle.ready = True
        self.on_ready(sockets[0].getsockname()[1])

    def handle_exit(self, sig, frame):
        """First only say it, so that balancers and kept-alive clients leave."""
        if not lifecycle.draining:
            lifecycle.draining = True
            self.close_at = time.monotonic() + config.drain_ms / 1000

    async def on_tick(self, counter):
        drained = self.close_at is not None and time.monotonic() >= self.close_at
        return await super().on_tick(counter) or drained

    async def shutdown(self, sockets=None):
        """Stop accepting, close the sockets with 1001, and then as uvicorn does."""
        for server in self.servers:
            server.close()
        bus.close_all(GOING_AWAY)
        lifecycle.closing = True
        deadline = time.monotonic() + CLOSE_ANSWER_SECONDS
        while self.open_sockets() and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets=sockets)
        for feature in features:
            if feature.stop:
                await feature.stop()

    def open_sockets(self):
        return [each for each in self.server_state.connections if isinstance(each, SocketProtocol)]


def settings_of(server, sock):
    """For /about: read from the server that obeys them."""
    return {
        "name": f"uvicorn, {PARTS['loop']}, {PARTS['http']}, websockets-sansio",
        "backlog": server.backlog,
        "keep_alive_seconds": server.timeout_keep_alive,
        "tcp_nodelay": nodelay(sock),
        "access_log": int(server.access_log),
        "ws_message_bytes": server.ws_max_size,
        "ws_deflate": int(server.ws_per_message_deflate),
        "ws_ping_seconds": server.ws_ping_interval,
        "ws_pong_seconds": server.ws_ping_timeout,
    }
