"""Peers that break the rules: one class of outcome for each exchange, no crash, no hang, and users of
well-behaved connections notice nothing."""

import socket

import pytest
from peers import OK, Gone, Line, Peer, certificate_file, frame, tls_context
from running import FAULTS, scenario, url

FINE = {0, 4}  # 4: this machine disturbed the generator, which is not the question here

HEAD = """
[scenario]
targets = here
warmup = 0s
duration = {duration}
cooldown = 2s
connect_timeout = 2s
trials = 1
[target here]
url = http://{address}
"""

HTTP = (
    HEAD
    + """
[users good]
connections = 2
steps = good
arrivals = constant
rate = 40/s
iterations = 40
[users bad]
connections = 2
steps = bad
arrivals = constant
rate = {rate}
iterations = 9
[step good]
request = GET /good
check = contains ok
[step bad]
request = GET /bad
check = contains ok
timeout = {patience}
"""
)


def patience(expected):
    """Short where the wait is for its end; else nobody is to run into it, on a slow machine neither."""
    return "500ms" if expected in ("timeout", "connect_timeout") else "30s"


def serve_http(bad):
    def script(line):
        while True:
            head = line.request()
            if " /good " in head:
                line.send(OK)
            else:
                bad(line)

    return script


def closing(data):
    def bad(line):
        line.send(data)
        raise Gone

    return bad


def sending(data):
    return lambda line: line.send(data)


def resetting(data):
    def bad(line):
        line.send(data)
        line.wait(0.05)  # for the data to be read: a reset takes back what was not
        line.reset()

    return bad


def dripping(data, pause=0.0):
    return lambda line: line.drip(data, pause)


def endless(data, pause=0.0):
    def bad(line):
        while True:
            line.send(data)
            line.wait(pause)

    return bad


def second_request_unanswered(line):
    """What a client meets when the server's idle timeout strikes while its request is on the way."""
    line.send(OK)
    line.request()
    raise Gone


def second_request_reset(line):
    line.send(OK)
    line.request()
    line.reset()


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    b"1;ext=1\r\no\r\n1\r\nk\r\n0\r\nX-Sum: 5\r\n\r\n"
)
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"

# name: what the server does, the only class (None: all is well), its sub-code
HTTP_CASES = {
    "byte by byte": (dripping(OK), None),
    "interim answers first": (sending(INTERIM + OK), None),
    "interim answers byte by byte": (dripping(INTERIM + OK), None),
    "chunked with trailers": (sending(CHUNKED), None),
    "chunked byte by byte": (dripping(CHUNKED), None),
    "chunked, each part by itself": (
        lambda line: [(line.send(part), line.wait(0.02)) for part in (CHUNKED[:68], CHUNKED[68:80], CHUNKED[80:])],
        None,
    ),
    "until the connection ends": (closing(b"HTTP/1.1 200 OK\r\n\r\nok"), None),
    "http 1.0": (closing(b"HTTP/1.0 200 OK\r\n\r\nok"), None),
    "connection close each time": (closing(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), None),
    "closes when idle": (closing(OK), None),
    "closes on the second request": (second_request_unanswered, None),
    "a second answer behind the first": (sending(OK + OK.replace(b"ok", b"no")), None),
    "another answer a while behind the first": (
        lambda line: (line.send(OK), line.wait(0.01), line.send(OK.replace(b"ok", b"no"))),
        None,
    ),
    "resets on the second request": (second_request_reset, None),
    "folded lines": (sending(OK.replace(b"\r\n\r\n", b"\r\nX-A: b\r\n c\r\n\r\n")), None),
    "other codings than chunked": (closing(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, x\r\n\r\nok"), None),
    "length too long": (closing(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), "closed"),
    "chunk cut": (closing(CHUNKED[:-25]), "closed"),
    "last chunk missing": (closing(CHUNKED[:-16]), "closed"),
    "head cut": (closing(OK[:20]), "closed"),
    "no answer": (closing(b""), "closed"),
    "reset without an answer": (resetting(b""), "reset"),
    "reset in the head": (resetting(OK[:20]), "reset"),
    "reset in the body": (resetting(OK[:-1]), "reset"),
    "reset between chunks": (resetting(CHUNKED[:-16]), "reset"),
    "interim answers and the end": (closing(INTERIM), "closed"),
    "garbage": (sending(b"\x00\xff\x16\x03 what is this\r\n\r\n"), "protocol", "syntax"),
    "http 2 frames": (sending(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), "protocol", "syntax"),
    "a status that is none": (sending(OK.replace(b"200", b"2OO")), "protocol", "syntax"),
    "a field without a name": (sending(b"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2\r\n\r\nok"), "protocol", "syntax"),
    "endless fields": (endless(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 900 + b"\r\n"), "protocol", None),
    "one endless field": (lambda line: (line.send(b"HTTP/1.1 200 OK\r\nX: "), endless(b"a" * 1000)(line)), "protocol", "header_limit"),
    "an endless trailer": (lambda line: (line.send(CHUNKED[:-12]), endless(b"X-B: " + b"b" * 900 + b"\r\n")(line)), "protocol", "header_limit"),
    "an endless chunk extension": (lambda line: (line.send(CHUNKED[:-30] + b"1;a="), endless(b"b" * 1000)(line)), "protocol", None),
    "lines that end in LF": (sending(OK.replace(b"\r", b"")), "protocol", "syntax"),
    "NUL in a field": (sending(OK.replace(b"\r\n\r\n", b"\r\nX-A: b\0c\r\n\r\n")), "protocol", "syntax"),
    "endless interim answers": (endless(b"HTTP/1.1 100 Continue\r\n\r\n"), "protocol", "header_limit"),
    "two lengths": (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"), "protocol", None),
    "a negative length": (sending(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"), "protocol", "length"),
    "a length out of range": (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nok"), "protocol", "length"),
    "length and chunked": (sending(CHUNKED.replace(b"Trailer: X-Sum", b"Content-Length: 2")), "protocol", "length"),
    "a bad chunk size": (sending(CHUNKED.replace(b"1;ext=1", b"xyz")), "protocol", "length"),
    "a switch nobody asked for": (sending(b"HTTP/1.1 101 Yes\r\nUpgrade: x\r\n\r\n"), "protocol", "upgrade"),
    "silence": (lambda line: line.until_gone(), "timeout"),
    "silence after the head": (lambda line: (line.send(OK[:-2]), line.until_gone()), "timeout"),
    "a byte now and then": (dripping(OK, 0.1), "timeout"),
    "an endless body": (
        lambda line: (line.send(b"HTTP/1.1 200 OK\r\n\r\n"), endless(b"x" * 10000, 0.01)(line)),
        "timeout",
    ),
    "a server error": (sending(OK.replace(b"200 OK", b"500 No")), "status"),
    "another content": (sending(OK.replace(b"ok", b"ko")), "check"),
}  # fmt: skip


LEAVES_NO_CONNECTION = (
    "closes on the second request",
    "resets on the second request",
    "closes when idle",
    "a second answer behind the first",
    "another answer a while behind the first",
)


def fine(run):
    """3: nothing succeeded, which the exit code tells."""
    return {4, 0 if run.step["ok"] > 0 else 3}


def judge(run, step, expected, *more):
    assert run.code in fine(run), run.told
    assert run.trial["generator"]["max_rss_bytes"] < 250e6, "memory is bounded, whatever a peer sends"
    if expected is None:
        assert step["errors"] == {} and step["ok"] > 0, (step["errors"], step["error_rows"])
        return
    assert set(step["errors"]) == {expected} and step["ok"] == 0, (step["errors"], step["error_rows"])
    if more and more[0]:
        assert {FAULTS[row["code"]] for row in step["error_rows"]} == set(more), step["error_rows"]


def http(name):
    bad, expected = HTTP_CASES[name][:2]
    # What comes a while behind an answer must not come behind the next request.
    rate = "3/s" if name == "another answer a while behind the first" else "15/s"
    with Peer(serve_http(bad)) as peer:
        text = HTTP.format(address=peer.address, duration="60s", rate=rate, patience=patience(expected))
        return scenario(text), peer.requests


@pytest.mark.ahead(job=http)
@pytest.mark.parametrize("name", HTTP_CASES)
def test_an_http_server_that(result, name):
    run, requests = result
    bad, good = run.steps["bad"], run.steps["good"]
    judge(run, bad, *HTTP_CASES[name][1:])
    assert bad["count"] == 9 and good["count"] == 40
    assert good["errors"] == {} and good["ok"] == 40, "neighbours are not hurt"
    if name in LEAVES_NO_CONNECTION:
        assert run.trial["users"][1]["reconnects"] > 0
    if name in ("closes on the second request", "resets on the second request"):
        assert requests > 40 + 9, "the unanswered ones were sent twice"
    if HTTP_CASES[name][1] == "timeout":
        times = bad["failed_time_ns"]
        assert 0.5e9 <= times["min"] < 1e9, "the time-out fires at its time"


def large_bodies():
    body = b"x" * (1 << 20)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def script(line):
        while True:
            line.request()
            line.send(answer)

    many = HTTP.replace("connections = 2", "connections = 200").replace("iterations = 40", "iterations = 200")
    many = many.replace("rate = 40/s", "rate = 20/s")  # few are under way at once, on a slow machine, too
    with Peer(script) as peer:
        return scenario(many.replace("contains ok", "contains xx").format(
            address=peer.address, duration="60s", rate="15/s", patience="30s"))  # fmt: skip


@pytest.mark.ahead(job=large_bodies)
def test_bodies_that_are_looked_into_do_not_stay_with_each_user(result):
    """Some 126 of the 200 users have one."""
    assert result.steps["good"]["ok"] == 200, result.told
    assert result.trial["generator"]["max_rss_bytes"] < 90e6


# ---- before any request ----


def early(how):
    def script(line):
        if how == "reset":
            line.reset()

    with Peer(script) as peer:
        return url(f"http://{peer.address}/", "-n", 6, "-c", 2, "--timeout", "30s")


@pytest.mark.ahead(job=early)
@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_server_that_ends_every_connection_at_once(result, how):
    assert result.code in fine(result), result.told
    assert result.step["ok"] == 0 and set(result.errors) <= {"closed", "reset", "connect_reset"}, result.errors
    assert result.accounting["failed"] == 6


def nobody():
    with socket.socket() as deaf:  # bound, so that nobody else gets the port meanwhile
        deaf.bind(("127.0.0.1", 0))
        return url(f"http://127.0.0.1:{deaf.getsockname()[1]}/", "-n", 6)


@pytest.mark.ahead(job=nobody)
def test_nobody_listens(result):
    assert result.code == 5 and "refused" in result.err.lower(), result.told


def no_websocket(limit):
    with Peer(polite) as peer:
        return url(f"ws://{peer.address}/", "-c", 2, *limit)


@pytest.mark.ahead(job=no_websocket)
@pytest.mark.parametrize("limit", [("-n", 5), ("-d", "1s")])
def test_a_run_in_which_nobody_gets_in_ends_and_is_no_success(result, limit):
    assert result.code == 5 and "no user could be set up" in result.err, result.told
    assert result.steps["connect"]["errors"].keys() == {"protocol"}


# ---- TLS ----


def polite(line):
    while True:
        line.request()
        line.send(OK)


def once(line):
    line.request()
    line.send(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))


def plain_text(line):
    line.more()
    line.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    line.until_gone()


def garbled(line):
    """Records after the handshake that nobody encrypted."""
    line.request()
    line.sock = socket.socket(fileno=line.sock.detach())
    line.send(b"\x17\x03\x03\x00\x20" + b"x" * 32)
    line.until_gone()


def cut_without_notice(line):
    line.request()
    line.send(OK[:-1])
    raise Gone


def in_the_handshake(what):
    """After the client's first words, in clear text."""

    def script(line):
        line.more()
        line.send(what)
        line.until_gone()

    return script


def gone_in_the_handshake(line):
    line.more()
    raise Gone


def reset_in_the_handshake(line):
    line.more()
    line.reset()


def reset_in_the_body(line):
    line.request()
    line.send(OK[:-1])
    line.wait(0.1)
    line.reset()


def tls(case):
    script, secure, options, expected = TLS_CASES[case]
    with Peer(script, tls_context() if secure else None) as peer:
        trust = ["--cacert", certificate_file()] if options == "trusted" else [options] if options else []
        return url(f"https://{peer.address}/", "-n", 8, "-c", 2, "--timeout", patience(expected), *trust)


TLS_CASES = {
    "is not trusted": (polite, True, None, "tls"),
    "is trusted by --cacert": (polite, True, "trusted", None),
    "is not asked for with --insecure": (polite, True, "--insecure", None),
    "ends each connection": (once, True, "trusted", None),
    "speaks plain text": (plain_text, False, "--insecure", "tls"),
    "sends garbage later": (garbled, True, "--insecure", "tls"),
    "cuts the body": (cut_without_notice, True, "--insecure", "closed"),
    "resets in the body": (reset_in_the_body, True, "--insecure", "reset"),
    "goes in the handshake": (gone_in_the_handshake, False, "--insecure", "tls"),
    "resets in the handshake": (reset_in_the_handshake, False, "--insecure", "reset"),
    "alerts in the handshake": (in_the_handshake(b"\x15\x03\x03\x00\x02\x02\x28"), False, "--insecure", "tls"),
    "sends half a record": (in_the_handshake(b"\x16\x03\x03\x40\x00\x02"), False, "--insecure", "connect_timeout"),
    "is silent in the handshake": (in_the_handshake(b""), False, "--insecure", "connect_timeout"),
}


@pytest.mark.ahead(job=tls)
@pytest.mark.parametrize("case", TLS_CASES)
def test_a_tls_server_that(result, case):
    judge(result, result.step, TLS_CASES[case][3])
    assert result.accounting["scheduled"] == 8
    users = result.users
    if case == "ends each connection":
        # Two have no ticket yet; and OpenSSL gives a session up whose connection ends without a farewell.
        assert users["tls_handshakes"] >= 8 and users["tls_resumed"] >= users["tls_handshakes"] // 2
    if TLS_CASES[case][3] is None and case != "ends each connection":
        assert users["tls_handshakes"] == 2


def wrong_protocol():
    with Peer(polite, tls_context()) as peer:
        return url(f"http://{peer.address}/", "-n", 8, "-c", 2, "--timeout", patience(None))


@pytest.mark.ahead(job=wrong_protocol)
def test_a_tls_server_that_is_asked_in_clear_text(result):
    assert result.code in fine(result) and result.step["ok"] == 0, result.told
    assert set(result.errors) <= {"protocol", "closed", "reset"} and sum(result.errors.values()) == 8, result.errors


# ---- WebSocket ----

WS = (
    HEAD
    + """
[users good]
connections = 2
setup = good_join
steps = good_say
arrivals = constant
rate = 30/s
[users bad]
connections = 2
setup = bad_join
steps = bad_say
arrivals = constant
rate = 10/s
[step good_join]
websocket = /good
[step good_say]
send = hello
await = any within 30s
[step bad_join]
websocket = /bad
timeout = {patience}
[step bad_say]
send = hello
await = any within {patience}
"""
)


def echo(line):
    while True:
        opcode, payload = line.frame()
        if opcode == 8:
            line.send(frame(payload[:2], opcode=8))
            raise Gone
        if opcode == 1:
            line.send(frame(payload))


def serve_websocket(hands, bad):
    """`hands(line)` instead of the handshake, `bad(line)` instead of each echo."""

    def script(line):
        while b"\r\n\r\n" not in line.buffer:
            line.more()
        if b" /good " in line.buffer:
            line.upgrade()
            echo(line)
        (hands or Line.upgrade)(line)
        while True:
            if line.frame()[0] == 1:
                bad(line)

    return script


def answering(data):
    """Any answer to the handshake but the right one."""

    def hands(line):
        line.request()
        line.send(data)
        line.until_gone()

    return hands


def dripped_upgrade(line):
    sent = []
    send, line.send = line.send, sent.append
    line.upgrade(extra="X-More: 1\r\n")
    line.send = send
    line.drip(b"".join(sent))


def upgrade_with_first_frame(line):
    sent = []
    send, line.send = line.send, sent.append
    line.upgrade()
    line.send = send
    line.send(b"".join(sent) + frame(b"welcome"))


def without(field):
    """The right answer to the handshake, but for one field."""

    def hands(line):
        sent = []
        send, line.send = line.send, sent.append
        line.upgrade()
        line.send = send
        line.send(b"".join(sent).replace(field, b"X-Instead: of\r\n"))
        line.until_gone()

    return hands


def pings_unread(line):
    """And nobody reads the pongs."""
    endless(frame(b"p" * 125, opcode=9) * 1000, 0.01)(line)


def pings(line):
    line.send(frame(b"p", opcode=9) * 5000 + frame(b"hello"))


HELLO = frame(b"hello")
WS_CASES = {
    "hands: byte by byte": (dripped_upgrade, sending(HELLO), None),
    "hands: a message in the same breath": (upgrade_with_first_frame, sending(HELLO), None),
    "hands: a wrong accept key": (lambda line: line.upgrade(accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA="), None, "protocol", "accept_key"),
    "hands: status 200": (answering(OK), None, "protocol", "upgrade"),
    "hands: status 403": (answering(OK.replace(b"200 OK", b"403 No")), None, "status"),
    "hands: status 401": (answering(OK.replace(b"200 OK", b"401 Who")), None, "status"),
    "hands: status 302": (answering(b"HTTP/1.1 302 There\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n"), None, "status"),
    "hands: no upgrade": (without(b"Upgrade: websocket\r\n"), None, "protocol", "upgrade"),
    "hands: no connection": (without(b"Connection: Upgrade\r\n"), None, "protocol", "upgrade"),
    "hands: http 1.0": (without(b"HTTP/1.1 101 Yes\r\n"), None, "protocol", None),
    "hands: an extension": (lambda line: line.upgrade(extra="Sec-WebSocket-Extensions: permessage-deflate\r\n"), None, "protocol", "upgrade"),
    "hands: a subprotocol": (lambda line: line.upgrade(extra="Sec-WebSocket-Protocol: x\r\n"), None, "protocol", "upgrade"),
    "hands: garbage": (answering(b"\x00\x01\x02 no\r\n\r\n"), None, "protocol", None),
    "hands: endless fields": (lambda line: (line.request(), line.send(b"HTTP/1.1 101 Yes\r\n"), endless(b"A: " + b"b" * 1000 + b"\r\n")(line)), None, "protocol", None),
    "hands: silence": (answering(b""), None, "connect_timeout"),
    "hands: the end": (lambda line: closing(b"")(line), None, "closed"),
    "hands: half of it": (lambda line: (line.request(), closing(b"HTTP/1.1 101 Yes\r\nUpgr")(line)), None, "closed"),
    "byte by byte": (None, dripping(HELLO), None),
    "in fragments, with pings between": (None, sending(frame(b"he", final=False) + frame(b"", opcode=9) + frame(b"llo", opcode=0)), None),
    "a flood of pings": (None, pings, None),
    "binary": (None, sending(frame(b"\xff\xfe", opcode=2)), None),
    "a large message": (None, sending(frame(b"x" * 300000)), None),
    "pongs nobody asked for": (None, sending(frame(b"x", opcode=10) * 3 + HELLO), None),
    "masked": (None, sending(frame(b"hello", mask=True)), "protocol", "masked"),
    "bad utf-8": (None, sending(frame(b"\xc0\xaf")), "protocol", "utf8"),
    "half a character": (None, sending(frame(b"\xe2\x82")), "protocol", "utf8"),
    "bad utf-8 over two fragments": (None, sending(frame(b"a\xe2", final=False) + frame(b"\x28", opcode=0)), "protocol", "utf8"),
    "an enormous frame": (None, sending(b"\x81\x7f" + (1 << 62).to_bytes(8, "big")), "protocol", "too_big"),
    "a length with the top bit": (None, sending(b"\x81\x7f" + (1 << 63).to_bytes(8, "big")), "protocol", None),
    "endless fragments": (None, lambda line: (line.send(frame(b"x", final=False)), endless(frame(b"x" * 1000000, opcode=0, final=False))(line)), "protocol", "too_big"),
    "reserved bits": (None, sending(frame(b"hello", bits=0x40)), "protocol", "reserved_bits"),
    "an unknown opcode": (None, sending(frame(b"hello", opcode=3)), "protocol", "opcode"),
    "a control frame in fragments": (None, sending(frame(b"", opcode=9, final=False)), "protocol", "control_frame"),
    "a long control frame": (None, sending(frame(b"x" * 126, opcode=9)), "protocol", "control_frame"),
    "a continuation of nothing": (None, sending(frame(b"x", opcode=0)), "protocol", "fragment"),
    "a message within a message": (None, sending(frame(b"x", final=False) + frame(b"y")), "protocol", "fragment"),
    "close 1000": (None, sending(frame(b"\x03\xe8", opcode=8)), "ws_close"),
    "close, and more behind it": (None, sending(frame(b"\x03\xe8", opcode=8) + HELLO + b"\xff\xff"), "ws_close"),
    "close with words that are no text": (None, sending(frame(b"\x03\xe8\xff", opcode=8)), "protocol", "utf8"),
    "pings without end, deaf for pongs": (None, pings_unread, "timeout"),
    "close 1011 with words": (None, sending(frame(b"\x03\xf3broken", opcode=8)), "ws_close"),
    "close without a code": (None, sending(frame(b"", opcode=8)), "ws_close"),
    "close with half a code": (None, sending(frame(b"\x03", opcode=8)), "protocol", "close_code"),
    "close 1005": (None, sending(frame(b"\x03\xed", opcode=8)), "protocol", "close_code"),
    "the end without close": (None, closing(b""), "closed"),
    "half a frame and the end": (None, closing(HELLO[:3]), "closed"),
    "a reset": (None, resetting(b""), "reset"),
    "silence": (None, lambda line: None, "timeout"),
    "a byte now and then": (None, dripping(HELLO, 0.6), "timeout"),
}  # fmt: skip


def websocket(name):
    hands, bad, expected = WS_CASES[name][:3]
    with Peer(serve_websocket(hands, bad)) as peer:
        return scenario(WS.format(address=peer.address, duration="1500ms", patience=patience(expected)))


@pytest.mark.ahead(job=websocket)
@pytest.mark.parametrize("name", WS_CASES)
def test_a_websocket_server_with(result, name):
    expected = WS_CASES[name][2:]
    join, say = result.steps["bad_join"], result.steps["bad_say"]
    if name.startswith("hands: ") and expected[0]:
        judge(result, join, *expected)
        assert say["count"] == 0
    else:
        judge(result, say, *expected)
        assert join["errors"] == {}
    good = result.steps["good_say"]
    assert good["errors"] == {} and good["ok"] >= 30, "neighbours are not hurt"
    if expected[0] == "ws_close":
        assert {row["code"] for row in say["error_rows"]} <= {1000, 1011, 1005}
    if expected[0] in ("timeout", "connect_timeout"):
        step = join if name.startswith("hands") else say
        assert 0.5e9 <= step["failed_time_ns"]["min"] < 1e9, "the time-out fires at its time"
