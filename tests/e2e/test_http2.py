"""HTTP/2 from outside: counts are exact against honest servers, and a server that breaks the rules
costs what it breaks and nothing else."""

import itertools
import struct
import threading

import pytest
from h2_peers import (
    END_HEADERS, GOAWAY, HEADERS, OK_HEAD, RST, SETTINGS,
    Frames, nghttpd, requests_in, serving, streams_allowed, websocket_echo,
)  # fmt: skip
from peers import Gone, Peer, certificate, certificate_file, tls_context
from running import scenario, url, wait_for

FINE = {0, 4}  # 4: this machine disturbed the generator, which is not the question here


def samples(step):
    return {row["sample"] for row in step["error_rows"]}


# ---- honest servers ----


@pytest.mark.parametrize("secure", [False, True])
def test_every_request_arrives_once(tmp_path, secure):
    folder = certificate().name
    options = [] if secure else ["--no-tls"]
    tls = [f"{folder}/key.pem", f"{folder}/cert.pem"] if secure else []
    with nghttpd(tmp_path, *options, tls=tls) as (address, log):
        scheme, version = ("https", "h2") if secure else ("http", "h2c")
        run = url(f"{scheme}://{address}/", "--http", version, "-c", 3, "-m", 5, "-n", 1000, "--cacert", certificate_file())
        assert run.code in FINE, run.told
        assert run.accounting["completed"] == run.accounting["scheduled"] == 1000
        assert run.users["connected"] == run.users["connections"] == 3
        assert run.step["bytes_in"] > 1000 * (9 + 1 + 9 + 2) and run.step["bytes_out"] > 1000 * 9
        assert requests_in(log) == 1000


def test_an_upload_comes_back_as_it_was_sent(tmp_path):
    body = tmp_path / "body"
    body.write_text("0123456789" * 30000)
    text = f"""
[scenario]
targets = here
warmup = 0s
duration = 20s
trials = 1
[target here]
url = http://ADDRESS
[users u]
connections = 1
streams = 4
http = h2c
steps = put
arrivals = closed
iterations = 12
[step put]
request = PUT /x
body_file = {body}
check = contains 90123456789012345678901234567890123456789
"""
    (tmp_path / "www").mkdir()
    with nghttpd(tmp_path / "www", "--no-tls", "--echo-upload") as (address, _):
        run = scenario(text.replace("ADDRESS", address))
        assert run.code in FINE, run.told
        assert run.step["ok"] == 12, run.step["error_rows"]
        assert run.step["bytes_out"] > 12 * 300000 and run.step["bytes_in"] > 12 * 300000


def test_the_limit_of_streams_is_kept_and_the_wait_for_one_is_told():
    seen = []

    def script(line):
        frames = Frames(line, streams_allowed(2))
        seen.append(frames)
        while True:
            stream = frames.request()
            line.wait(0.01)
            frames.answer(stream)

    with Peer(script) as peer:
        run = url(f"http://{peer.address}/", "--http", "h2c", "-c", 1, "-m", 20, "-r", "300/s", "-n", 100)
        assert run.code in FINE | {3}, run.told
        assert run.step["errors"] == {} and run.step["ok"] == peer.requests == 100
        assert all(frames.most <= 2 for frames in seen)
        assert run.users["schedule"]["blame"]["no_connection"] > 20, run.users["schedule"]


def test_room_that_comes_with_a_timeout_is_taken_then():
    """The server is silent while requests wait for room, which their predecessors' time-out makes."""

    def script(line):
        frames = Frames(line, streams_allowed(2))
        for number in itertools.count():
            stream = frames.request()
            if number >= 4:
                frames.answer(stream)

    with Peer(script) as peer:
        run = url(f"http://{peer.address}/", "--http", "h2c", "-c", 1, "-m", 40, "-r", "50/s", "-n", 100, "--timeout", "700ms")
        assert run.code in FINE and set(run.step["errors"]) == {"timeout"}, run.told
        assert run.step["ok"] > 10 and run.step["slot_wait_ns"]["min"] >= 0


FULL = """
[scenario]
targets = here
warmup = 0s
duration = 60s
trials = 1
[target here]
url = http://ADDRESS
[users u]
connections = 1
streams = 200
connect_rate = unlimited
http = h2c
steps = get
arrivals = constant
rate = 20/s
iterations = 10
[step get]
request = GET /
timeout = 500ms
"""


def test_users_are_connected_though_there_is_no_room_for_a_request():
    """Not all of them connect at once; the later ones find a limit of 0."""

    def script(line):
        sent = []
        send, line.send = line.send, sent.append
        frames = Frames(line, streams_allowed(100))
        frames.send(SETTINGS, 0, 0, streams_allowed(0))
        line.send = send
        line.send(b"".join(sent))
        while True:
            frames.next()

    with Peer(script) as peer:
        run = scenario(FULL.replace("ADDRESS", peer.address))
        assert run.step["errors"] == {"timeout": 10} and run.users["connected"] == 1, run.told


# ---- servers that say no ----


def test_what_goaway_left_unprocessed_is_sent_again():
    def script(line):
        frames = Frames(line)
        for _ in range(10):
            stream = frames.request()
            frames.answer(stream)
        stream = frames.request()
        frames.send(GOAWAY, 0, 0, struct.pack("!II", stream, 0))
        frames.answer(stream)
        line.until_gone()

    with Peer(script) as peer:
        run = url(f"http://{peer.address}/", "--http", "h2c", "-c", 1, "-m", 4, "-n", 100)
        assert run.code in FINE, run.told
        assert run.step["ok"] == 100, run.step["error_rows"]
        assert peer.spoken >= 9 and run.users["reconnects"] == peer.spoken - 1


def test_what_a_server_keeps_after_goaway_and_then_drops_has_failed():
    served = threading.Event()

    def script(line):
        frames = Frames(line)
        if line.peer.spoken == 1:
            frames.send(GOAWAY, 0, 0, struct.pack("!II", frames.request(), 0))
            served.wait(60)
            raise Gone
        for number in itertools.count(1):
            frames.answer(frames.request())
            if number == 3:
                served.set()

    with Peer(script) as peer:
        run = url(f"http://{peer.address}/", "--http", "h2c", "-c", 1, "-m", 2, "-n", 10)
        assert run.step["ok"] == 9 and sum(run.step["errors"].values()) == 1, run.told
        assert set(run.step["errors"]) <= {"closed", "reset"} and peer.spoken == 2


def test_a_refused_stream_is_tried_twice():
    with Peer(serving(lambda frames, stream: frames.send(RST, 0, stream, struct.pack("!I", 7)))) as peer:
        run = url(f"http://{peer.address}/", "--http", "h2c", "-c", 1, "-m", 3, "-n", 12)
        assert run.step["errors"] == {"refused": 12}, run.told
        assert peer.requests == 24 and peer.spoken == 1


def refused_in_the_answer(frames, stream, head=OK_HEAD, pause=0):
    frames.send(HEADERS, END_HEADERS, stream, head)
    frames.line.wait(pause)
    frames.send(RST, 0, stream, struct.pack("!I", 7))


def test_a_stream_that_is_refused_in_its_answer_is_not_sent_again():
    with Peer(serving(refused_in_the_answer)) as peer:
        run = url(f"http://{peer.address}/", "--http", "h2c", "-c", 1, "-m", 3, "-n", 12)
        assert run.step["errors"] == {"refused": 12} and peer.requests == 12, run.told


LISTENERS = """
[scenario]
targets = here
warmup = 0s
duration = 5s
trials = 1
[target here]
url = http://ADDRESS
[users u]
connections = 1
http = h2c
setup = listen
arrivals = none
[step listen]
sse = /
"""

# content-type: text/event-stream, a literal with the name of HPACK's static table (31)
EVENTS_HEAD = OK_HEAD + b"\x0f\x10\x11text/event-stream"


def test_a_listener_whose_stream_is_refused_in_the_middle_listens_anew():
    with Peer(serving(lambda frames, stream: refused_in_the_answer(frames, stream, EVENTS_HEAD, 0.2))) as peer:
        run = scenario(LISTENERS.replace("ADDRESS", peer.address))
        # The first one is of the set-up, before the load.
        assert peer.requests >= 3 and run.trial["streams"][0]["opened"] >= 2, run.told


def test_a_reset_stream_hurts_no_other():
    def answer(frames, stream):
        if stream // 2 % 10 == 9:
            frames.send(HEADERS, END_HEADERS, stream, OK_HEAD)
            frames.send(RST, 0, stream, struct.pack("!I", 2))
        else:
            frames.answer(stream)

    with Peer(serving(answer)) as peer:
        run = url(f"http://{peer.address}/", "--http", "h2c", "-c", 1, "-m", 8, "-n", 200)
        assert run.step["errors"] == {"protocol": 20} and run.step["ok"] == 180, run.told
        assert samples(run.step) == {"peer_internal_error"}
        assert peer.spoken == 1


def test_a_stream_that_is_not_answered_times_out_alone():
    resets = []

    def script(line):
        frames = Frames(line)
        while True:
            kind, _, stream, _ = frames.next()
            if kind == RST:
                resets.append(stream)
            elif kind == HEADERS and stream != 5:
                frames.answer(stream)

    with Peer(script) as peer:
        run = url(f"http://{peer.address}/", "--http", "h2c", "-c", 1, "-m", 4, "-n", 50, "--timeout", "2s")
        assert run.step["errors"] == {"timeout": 1} and run.step["ok"] == 49, run.told
        wait_for(lambda: resets, "the stream is reset")
        assert resets == [5] and peer.spoken == 1


def raw(data):
    def script(line):
        frames = Frames(line)
        frames.request()
        line.send(data)
        line.until_gone()

    return script


def goes_away_angrily(line):
    frames = Frames(line)
    frames.request()
    frames.send(GOAWAY, 0, 0, struct.pack("!II", 1, 11))
    raise Gone


def never_speaks(line):
    line.until_gone()


def http1(line):
    line.more()
    line.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    line.until_gone()


def hangs_up(line):
    Frames(line).request()
    raise Gone


HOSTILE = {
    "an index that HPACK does not have": (raw(b"\0\0\1\1\5\0\0\0\1\xc4"), "protocol", "h2_compression_error"),
    "a frame of the wrong size": (raw(b"\0\0\1\6\0\0\0\0\0\0"), "protocol", "h2_frame_size_error"),
    "DATA on stream 0": (raw(b"\0\0\1\0\0\0\0\0\0x"), "protocol", "h2_protocol_error"),
    "bytes that are no frames": (raw(b"\xff" * 100), "protocol", "h2_frame_size_error"),
    "GOAWAY with an error": (goes_away_angrily, "protocol", "peer_enhance_your_calm"),
    "HTTP/1.1": (http1, "protocol", "h2_protocol_error"),
    "the end": (hangs_up, "closed", None),
    "silence": (never_speaks, "connect_timeout", None),
}


HOSTILE_SCENARIO = """
[scenario]
targets = here
warmup = 0s
duration = 2s
cooldown = 2s
connect_timeout = PATIENCE
trials = 1
[target here]
url = http://ADDRESS
[users u]
connections = 1
http = h2c
steps = get
arrivals = constant
rate = 4/s
iterations = 4
[step get]
request = POST /
timeout = 30s
"""


def hostile(name):
    script, expected, _ = HOSTILE[name]
    patience = "1s" if expected == "connect_timeout" else "30s"
    with Peer(script) as peer:
        return scenario(HOSTILE_SCENARIO.replace("ADDRESS", peer.address).replace("PATIENCE", patience))


@pytest.mark.ahead(job=hostile)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_server_that_says(result, name):
    _, expected, sample = HOSTILE[name]
    step = result.step
    assert set(step["errors"]) == {expected} and step["ok"] == 0, (result.told, step["error_rows"])
    assert sample is None or samples(step) == {sample}


def test_a_tls_server_without_h2_is_told_in_words():
    with Peer(lambda line: line.until_gone(), tls=tls_context()) as peer:
        run = url(f"https://{peer.address}/", "--http", "h2", "-c", 1, "-n", 2, "--cacert", certificate_file())
        assert run.step["errors"] == {"tls": 2}, run.told
        assert all("HTTP version" in sample for sample in samples(run.step))


# ---- WebSocket over HTTP/2 ----

CHAT = """
[scenario]
targets = here
warmup = 0s
duration = 2s
trials = 1
[target here]
url = http://ADDRESS
[users talker]
connections = 2
streams = 5
http = h2c
setup = join
steps = say
arrivals = constant
rate = 50/s
[step join]
websocket = /chat
send = hello
await = contains hello within 30s
[step say]
send = {"id":"${message.id}"}
await = json /id == "${message.id}" within 30s
"""


def test_websockets_share_a_connection():
    with Peer(websocket_echo) as peer:
        run = scenario(CHAT.replace("ADDRESS", peer.address))
        assert run.code in FINE, run.told
        assert run.steps["join"]["ok"] == 10 and run.steps["say"]["errors"] == {}, run.told
        assert run.steps["say"]["ok"] == run.accounting["scheduled"] >= 90
        assert run.users["connected"] == peer.spoken == 2
        say = run.steps["say"]
        assert say["bytes_out"] >= say["ok"] * (9 + 6 + 8) and say["bytes_in"] >= say["ok"] * (9 + 2 + 8)


def test_a_server_without_extended_connect_is_told_apart():
    with Peer(serving(lambda frames, stream: frames.answer(stream))) as peer:
        run = scenario(CHAT.replace("ADDRESS", peer.address))
        assert run.steps["join"]["ok"] == 0
        assert set(run.steps["join"]["errors"]) == {"protocol"}
        assert samples(run.steps["join"]) == {"no_extended_connect"}
        assert peer.requests == 0
