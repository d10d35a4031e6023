"""granian as it runs here: who is ready, and an orderly end.

Its workers bind the port themselves, and it names none by itself: the port is reserved
before, and the worker says where it listens once it does.
"""

import math
import os
import signal
import socket
import sys
import threading
import time
from multiprocessing.util import Finalize

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server as Granian

from core.config import config
from core.lifecycle import lifecycle

THREADS = 8


def reserve():
    """A socket that is bound and does not listen. Who sets SO_REUSEPORT, too, as granian does, shares its port."""
    try:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((config.host, config.port))
    except OSError as error:
        sys.exit(f"cannot listen on {config.host}:{config.port}: {error.strerror}")
    config.port = sock.getsockname()[1]
    return sock


class Server(Granian):
    def __init__(self, port):
        super().__init__(
            "config.wsgi:application",
            address=config.host,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=THREADS,
            backlog=config.backlog,
            backpressure=12_000,  # connections; as worker_connections of gunicorn
            http1_settings=HTTP1Settings(header_read_timeout=config.keep_alive_seconds * 1000),  # idle ones, too
            log_level=LogLevels.critical,
            respawn_failed_workers=True,
            workers_kill_timeout=math.ceil((config.stop_ms - config.drain_ms) / 1000),
        )

    def signal_handler_interrupt(self, *_):
        """First only say it, so that balancers and kept-alive clients leave."""
        if self.interrupt_signal or lifecycle.draining:
            return
        lifecycle.draining = True
        for worker in self.wrks:
            os.kill(worker.inner.pid, signal.SIGUSR1)
        threading.Timer(config.drain_ms / 1000, super().signal_handler_interrupt).start()


def load():
    """In the worker: the application. It serves a moment later."""
    signal.signal(signal.SIGUSR1, _drain)
    from config.wsgi import application

    from core.pools import stop_pools

    Finalize(None, stop_pools, exitpriority=100)  # ahead of their queues; or it would wait for them for ever
    lifecycle.server = _settings()
    lifecycle.ready = True
    threading.Thread(target=_announce, daemon=True).start()
    return application


def _drain(*_):
    lifecycle.draining = True


def _announce():
    while True:
        with socket.socket() as sock:
            if sock.connect_ex((config.host, config.port)) == 0:
                break
        time.sleep(0.005)
    print(f"worker 0 ready pid {os.getpid()}", flush=True)
    print(f"listening on {config.port}", flush=True)


def _settings():
    """For /about. granian cannot be asked: what is said to it above, and what it does by itself."""
    return {
        "name": f"granian, {THREADS} threads",
        "backlog": config.backlog,
        "keep_alive_seconds": config.keep_alive_seconds,
        "tcp_nodelay": 1,
        "access_log": 0,
        "ws_message_bytes": config.ws_message_bytes,
        "ws_deflate": 0,
        "ws_ping_seconds": config.ws_ping_seconds,
        "ws_pong_seconds": config.ws_pong_seconds,
    }
