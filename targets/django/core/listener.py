"""The listening socket of every process model."""

import socket
import sys

from core.config import config


def listen():
    """One socket, with IPPROTO_TCP named and NODELAY set before listen.

    Accepted connections inherit both; without them head and body of an answer
    can be 40 ms apart (Nagle's algorithm against delayed acknowledgement).
    """
    try:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((config.host, config.port))
        sock.listen(config.backlog)
    except OSError as error:
        sys.exit(f"cannot listen on {config.host}:{config.port}: {error.strerror}")
    return sock


def nodelay(sock):
    return int(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
