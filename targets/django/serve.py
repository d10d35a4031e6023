"""The process: one socket, one line when it listens, and an orderly end."""

import asyncio
import os
import socket
import sys
import time

import uvicorn

from config.asgi import application
from core.bus import bus
from core.config import config
from core.lifecycle import lifecycle
from core.sockets import SocketProtocol

GOING_AWAY = 1001
CLOSE_ANSWER_SECONDS = 1  # for a peer to answer the close frame


def listener():
    """One socket, with IPPROTO_TCP named and NODELAY set before listen.

    Accepted connections inherit both; without them head and body of an answer
    can be 40 ms apart (Nagle's algorithm against delayed acknowledgement).
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.bind((config.host, config.port))
    sock.listen(config.backlog)
    return sock


class Server(uvicorn.Server):
    """uvicorn, with a drain before its shutdown, and exit code 0 after it."""

    close_at = None

    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        lifecycle.ready = True
        print(f"worker 0 ready pid {os.getpid()}")
        print(f"listening on {sockets[0].getsockname()[1]}", flush=True)

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

    def open_sockets(self):
        return [each for each in self.server_state.connections if isinstance(each, SocketProtocol)]


def grace_seconds():
    """What the drain and the sockets leave for requests under way, half a second before the deadline."""
    return max(0.5, (config.stop_ms - config.drain_ms - 500) / 1000 - CLOSE_ANSWER_SECONDS)


def main():
    try:
        sock = listener()
    except OSError as error:
        sys.exit(f"cannot listen on {config.host}:{config.port}: {error.strerror}")
    lifecycle.nodelay = int(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
    lifecycle.server = uvicorn.Config(
        application,
        loop="uvloop",  # named, all of them: "auto" falls back to slower ones unseen
        http="httptools",
        ws=SocketProtocol,
        ws_max_size=config.ws_message_bytes,
        ws_ping_interval=config.ws_ping_seconds,
        ws_ping_timeout=config.ws_pong_seconds,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        workers=config.workers,
        backlog=config.backlog,
        timeout_keep_alive=config.keep_alive_seconds,
        timeout_graceful_shutdown=grace_seconds(),
    )
    Server(lifecycle.server).run(sockets=[sock])


if __name__ == "__main__":
    main()
