"""Limits and connections: sizes, keep-alive, what a careless client sends."""

import sqlite3
import time
from contextlib import closing

import pytest

from launcher import Target
from raw import PING, PONG, TEXT, RawSocket, connect, exchange, read_head

MIB = 1024 * 1024
HEAD = "Host: test\r\nContent-Type: text/plain\r\n"


@pytest.mark.direct
def test_body_over_the_limit_is_refused_before_it_is_sent(lane):
    with connect(lane.url) as sock:
        status, headers, body = exchange(
            sock, f"POST /echo HTTP/1.1\r\n{HEAD}Content-Length: {MIB + 1}\r\n\r\n".encode()
        )
        assert status == 413
        assert b'"code":"too_large"' in body
        assert headers["connection"] == "close"
        assert sock.recv(1) == b""


@pytest.mark.direct
def test_chunked_body_over_the_limit_is_refused_where_it_passes_it(lane):
    with connect(lane.url) as sock:
        sock.sendall(f"POST /echo HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(16):
            sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        sock.sendall(b"800\r\n" + b"x" * 2048 + b"\r\n")  # too many; the body does not end
        with sock.makefile("rb", buffering=0) as stream:
            status, headers = read_head(stream)
    assert status == 413
    assert headers["connection"] == "close"


@pytest.mark.direct
def test_chunked_body_of_one_byte_too_many_is_refused(lane):
    with connect(lane.url) as sock:
        head = f"POST /echo HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n"
        body = b"%x\r\n" % (MIB + 1) + b"x" * (MIB + 1) + b"\r\n0\r\n\r\n"
        assert exchange(sock, head.encode() + body)[0] == 413


def test_chunked_body_within_the_limit_comes_back(lane):
    with connect(lane.url) as sock:
        request = f"POST /echo HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        assert exchange(sock, request.encode())[::2] == (200, b"abcde")


@pytest.mark.direct
def test_header_over_16_kib_is_refused_and_the_connection_ends(lane):
    with connect(lane.url) as sock:
        status, _, _ = exchange(sock, f"GET /json HTTP/1.1\r\nHost: t\r\nX-Long: {'x' * 17000}\r\n\r\n".encode())
        assert status in (400, 431)
        assert sock.recv(1) == b""


@pytest.mark.direct
def test_what_is_not_http_is_answered_with_400(lane):
    with connect(lane.url) as sock:
        assert exchange(sock, b"nonsense\r\n\r\n")[0] == 400


def test_a_connection_that_says_nothing_at_first_is_not_late(name):
    """It is requests that have to arrive in time."""
    with Target(name, REQUEST_SECONDS="1") as target, connect(target.url) as sock:
        time.sleep(2.5)
        assert exchange(sock, b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")[0] == 200


@pytest.mark.sockets
def test_a_socket_is_no_request_that_has_to_arrive(name):
    with Target(name, REQUEST_SECONDS="1") as target, RawSocket(target.url, "/ws/chat/a?user=ann") as member:
        assert member.receive()[0] == TEXT
        time.sleep(2.5)
        member.send(PING, b"still here")
        assert member.receive() == (PONG, b"still here")


def test_a_host_that_is_none_is_no_fault_of_the_server(name):
    """Django refuses an underscore in it, Node.js does not look at it; nothing is logged, as anybody can send it."""
    with Target(name) as target:
        for host in (b"under_score", b"a b", b"a:b:c", b"[::"):
            with connect(target.url) as sock:
                assert exchange(sock, b"GET /json HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")[0] in (200, 400)
        assert target.stderr() == ""


def test_a_connection_is_used_again(lane):
    """After every kind of answer but 413, and quickly: a stack that waits for
    delayed acknowledgements takes 40 ms for each."""
    with connect(lane.url) as sock:
        for path, expected in (("/json", 200), ("/nope", 404), ("/bare/json", 200), ("/api/feed?page=x", 400)):
            assert exchange(sock, f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode())[0] == expected
        assert exchange(sock, b"PUT /json HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc")[0] == 405
        times = []
        for _ in range(50):
            began = time.perf_counter()
            assert exchange(sock, b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")[0] == 200
            times.append(time.perf_counter() - began)
    assert min(times) < 0.030


@pytest.mark.parametrize("path", ["/plain", "/json"])
def test_head_is_get_without_its_body(lane, path):
    with connect(lane.url) as sock:
        sock.sendall(f"HEAD {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        with sock.makefile("rb", buffering=0) as stream:
            status, headers = read_head(stream)
        assert status == 200
        assert int(headers["content-length"]) > 0
        assert exchange(sock, b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")[2] == b'{"message":"Hello, World!"}'


@pytest.mark.direct
def test_answers_name_no_server_software(lane):
    with connect(lane.url) as sock:
        _, headers, _ = exchange(sock, b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")
    assert headers.get("server") in (None, "granian")  # granian cannot be told to leave it out
    assert "x-powered-by" not in headers
    assert "date" in headers


NEW_CART = b"POST /api/carts HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n"
PRODUCT = b"GET /api/products/1 HTTP/1.1\r\nHost: t\r\n\r\n"


@pytest.mark.database
def test_a_database_that_stays_locked_is_told_by_503_and_readers_do_not_wait(name, tmp_path):
    """Another program holds SQLite's lock for longer than a request waits for it."""
    with Target(name, DATABASE_URL="", DATABASE_WAIT_MS="100", TMPDIR=str(tmp_path)) as target:
        (path,) = tmp_path.rglob("data.sqlite")
        with connect(target.url) as sock, closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            status, _, body = exchange(sock, NEW_CART)
            assert status == 503
            assert b'"code":"overloaded"' in body
            assert exchange(sock, PRODUCT)[0] == 200
            other.execute("ROLLBACK")
            assert exchange(sock, NEW_CART)[0] == 201
        assert target.stderr() == ""
