"""Who leaves without a word, at whatever moment: the others are served, and nothing is logged (conftest.py looks)."""

import itertools
import json
import socket
import struct
import time

import pytest
from raw import CLOSE, TEXT, RawSocket, connect, exchange

GET_JSON = b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
REQUESTS = {
    "several at once": GET_JSON * 20,
    "half a body": POST + b"Content-Length: 1000\r\n\r\n" + b" " * 500,
    "half a body in chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n100\r\n" + b" " * 256 + b"\r\n",
    "a body over the limit": POST + b"Content-Length: 3000000\r\n\r\n" + b" " * 200_000,
    "a large page": b"GET /api/feed HTTP/1.1\r\nHost: t\r\n\r\n" * 3,
}
STREAMS = {
    "small chunks": b"GET /stream/1048576?chunk=1024 HTTP/1.1\r\nHost: t\r\n\r\n",
    "large chunks": b"GET /stream/8388608?chunk=65536 HTTP/1.1\r\nHost: t\r\n\r\n",
    "a file": b"GET /media/film.mp4 HTTP/1.1\r\nHost: t\r\n\r\n",
    "ticks": b"GET /sse/ticks?hz=100 HTTP/1.1\r\nHost: t\r\n\r\n",
}
MOMENTS = [i * 0.0005 for i in range(10)] * 6  # seconds after the request


def reset(sock):
    """What is not read, or not yet sent, is gone with it."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def end(sock):
    sock.shutdown(socket.SHUT_RDWR)
    sock.close()


def leave_again_and_again(lane, request):
    for moment, leave in zip(MOMENTS, itertools.cycle([reset, end, reset]), strict=False):
        sock = connect(lane.url)
        try:
            sock.sendall(request)
            time.sleep(moment)
            leave(sock)
        except OSError:
            sock.close()  # it was refused meanwhile
    with connect(lane.url) as other:
        assert exchange(other, GET_JSON)[0] == 200


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_client_leaves(lane, request_):
    leave_again_and_again(lane, request_)


@pytest.mark.loop
@pytest.mark.parametrize("request_", STREAMS.values(), ids=STREAMS)
def test_a_reader_leaves(lane, request_):
    leave_again_and_again(lane, request_)


@pytest.mark.sockets
def test_a_member_leaves_while_others_talk(lane, room):
    say = json.dumps({"type": "say", "id": "i", "at": 1, "text": "x" * 1000}).encode()
    for i, moment in enumerate(MOMENTS):
        member = RawSocket(lane.url, f"/ws/chat/{room}?user=u{i}")
        other = RawSocket(lane.url, f"/ws/chat/{room}?user=o{i}")
        for socket_ in (member, other) * 10:
            socket_.send(TEXT, say)
        if i % 2:
            member.send(CLOSE, b"\x03\xe8")
        time.sleep(moment)
        for socket_ in (member, other):
            socket_.stream.close()
            reset(socket_.sock)
    with connect(lane.url) as other:
        assert exchange(other, GET_JSON)[0] == 200
