"""gunicorn's worker of threads, as it stops."""

import select
import socket
from collections import deque

from core.worker_wsgi import Worker


class Waiting:
    def __init__(self, initialized=False):
        self.sock, self.client = socket.socketpair()
        self.initialized = initialized


def dismissed(*connections, pending=()):
    worker = Worker.__new__(Worker)
    worker.handled = set(connections)
    worker.pending_conns = deque(pending)
    worker.dismiss_silent()


def is_readable(sock):
    return bool(select.select([sock], [], [], 0)[0])


def test_a_stop_does_not_wait_for_who_says_nothing():
    silent, busy, long_silent = Waiting(), Waiting(initialized=True), Waiting()
    dismissed(silent, busy, pending=[long_silent])
    for conn in (silent, long_silent):
        assert is_readable(conn.sock) and conn.sock.recv(1) == b""
    assert not is_readable(busy.sock)


def test_what_has_arrived_is_still_read():
    conn = Waiting()
    conn.client.send(b"GET /")
    dismissed(conn)
    assert conn.sock.recv(9) == b"GET /"


def test_one_that_is_gone_holds_up_nobody():
    gone, silent = Waiting(), Waiting()
    gone.sock.close()
    dismissed(gone, silent)
    assert is_readable(silent.sock)
