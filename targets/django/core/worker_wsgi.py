"""A process under gunicorn's master that serves WSGI with threads."""

import socket
import threading
from contextlib import suppress

from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker

from core import workers
from core.config import config
from core.lifecycle import lifecycle
from core.listener import nodelay


class Worker(ThreadWorker):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.handled = set()  # connections that have a thread

    def handle(self, conn):
        self.handled.add(conn)
        try:
            return super().handle(conn)
        finally:
            self.handled.discard(conn)

    def handle_exit(self, sig, frame):
        """First only say it, so that balancers and kept-alive clients leave."""
        if not lifecycle.draining:
            lifecycle.draining = True
            threading.Timer(config.drain_ms / 1000, self.finish, [sig, frame]).start()

    def finish(self, sig, frame):
        super().handle_exit(sig, frame)
        self.dismiss_silent()

    def dismiss_silent(self):
        """A thread waits 5 s for the first byte of a connection, and the poller then for as long as one is kept, which is
        longer than a stop may take. What has arrived by now is still read."""
        for conn in [*self.handled, *self.pending_conns]:
            if not conn.initialized:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)


class Response(wsgi.Response):
    """gunicorn's, which by itself names the software, and drops the application's `Connection: close`."""

    def process_headers(self, headers):
        super().process_headers(headers)
        if ("connection", "close") in [(name.lower(), value) for name, value in headers]:
            self.force_close()

    def default_headers(self):
        return [line for line in super().default_headers() if not line.startswith("Server:")]


wsgi.Response = Response


def post_worker_init(worker):
    workers.enter(worker)
    lifecycle.server = settings_of(worker)
    lifecycle.ready = True
    workers.announce(worker.index, worker.sockets[0].getsockname()[1])


def settings_of(worker):
    """For /about: read from the server that obeys them; there are no sockets here to have a say."""
    return {
        "name": f"gunicorn, {worker.cfg.threads} threads",
        "backlog": worker.cfg.backlog,
        "keep_alive_seconds": worker.cfg.keepalive,
        "tcp_nodelay": nodelay(worker.sockets[0]),
        "access_log": int(worker.cfg.accesslog is not None),
        "ws_message_bytes": config.ws_message_bytes,
        "ws_deflate": 0,
        "ws_ping_seconds": config.ws_ping_seconds,
        "ws_pong_seconds": config.ws_pong_seconds,
    }
