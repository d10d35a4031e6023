"""WebSockets at their edges: a peer that says more than it was asked, does not read, or goes while nobody speaks."""

import contextlib
import json
import re
import threading

import pytest
from h2_peers import CONNECT_ALLOWED, END_HEADERS, HEADERS, OK_HEAD, Frames
from peers import Gone, Peer, frame, tls_context
from running import scenario
from test_truth import CHAT
from truth import Truth

INI = """
[scenario]
targets = here
warmup = 0s
duration = 60s
cooldown = 10s
trials = 1
verify_tls = no
[target here]
url = {url}
[users all]
connections = {connections}
http = {http}
setup = join
steps = say
arrivals = closed
iterations = {iterations}
[step join]
websocket = /
[step say]
{say}
"""


def talk(peer, say, iterations, scheme="http", connections=1, http="1.1", more=""):
    numbers = {"connections": connections, "iterations": iterations}
    return scenario(INI.format(url=f"{scheme}://{peer.address}", say=say, http=http, **numbers) + more)


# ---- more than was asked for ----


def doubled(line):
    line.upgrade()
    while True:
        if line.frame()[0] == 1:
            line.send(frame(b"one") + frame(b"two"))


def twice():
    with Peer(doubled) as peer:
        return talk(peer, "send = hello\nawait = any within 30s", 60, connections=3)


@pytest.mark.ahead(job=twice)
def test_what_comes_before_a_message_has_left_is_no_answer_to_it(result):
    """The second one comes with the first, which ends the exchange: the next message is on its way then."""
    say = result.step
    assert say["errors"] == {} and say["ok"] == 60, (result.told, say["error_rows"])
    assert say["service_time_ns"]["over_range"] == 0
    assert say["service_time_ns"]["max"] <= say["response_time_ns"]["max"]


GUESSED = "[deliveries heard]\nmatch = json /id exists\nid = json /id\nsent = json /at\n"


def guessing(line):
    """Echoes each message with the next one's id behind it, and a time that is no time."""
    line.upgrade()
    while True:
        opcode, payload = line.frame()
        if opcode != 1:
            return
        tag, room, number = json.loads(payload)["id"].split("-")
        line.send(b"".join(
            frame(b'{"id":"%s-%s-%d","at":%d}' % (tag.encode(), room.encode(), int(number) + k, 2**63 - 1)) for k in (0, 1)
        ))  # fmt: skip


def guesses():
    say = 'send = {"id":"${message.id}","at":${message.at}}\nawait = json /id == "${message.id}" within 30s'
    with Peer(guessing) as peer:
        return talk(peer, say, 40, more=GUESSED)


@pytest.mark.ahead(job=guesses)
def test_an_id_that_is_guessed_is_no_delivery(result):
    heard = result.trial["deliveries"][0]
    assert result.step["errors"] == {} and result.step["ok"] == 40, result.told
    assert heard["received"] == heard["expected"] == 40 and heard["lost"] == 0, heard
    assert heard["unexpected"] >= 30, "a guess comes with the message before, as a rule"


# ---- who does not read ----

LARGE = "${random.text 1048576}" * 8  # more than any kernel takes without a reader


def deaf(line):
    line.upgrade()
    line.wait(60)


def unread(secure):
    with Peer(deaf, tls_context() if secure else None) as peer:
        return talk(peer, f"send = {LARGE}\ntimeout = 1s", 1, "https" if secure else "http")


@pytest.mark.ahead(job=unread)
@pytest.mark.parametrize("secure", [False, True])
def test_a_message_is_sent_when_the_kernel_has_all_of_it(result, secure):
    assert result.step["errors"] == {"timeout": 1} and result.step["ok"] == 0, result.told


def no_window(line):
    """Takes the first 64 KiB of each stream, and no more."""
    frames = Frames(line, CONNECT_ALLOWED)
    while True:
        kind, _, stream, _ = frames.next()
        if kind == HEADERS:
            frames.send(HEADERS, END_HEADERS, stream, OK_HEAD)


def held_back():
    with Peer(no_window) as peer:
        return talk(peer, "send = ${random.text 100000}\nawait = any within 500ms", 3, http="h2c")


@pytest.mark.ahead(job=held_back)
def test_a_message_that_the_peer_holds_back_does_not_close_the_tunnel(result):
    assert result.step["errors"] == {"timeout": 3}, (result.told, result.step["error_rows"])
    assert result.users["reconnects"] == 0


# ---- deliveries ----

HEARD = "[deliveries heard]\nmatch = json /id exists\nid = json /id\n"


class Room:
    """Everybody hears everything; who came first is cut off after three messages."""

    def __init__(self):
        self.lock, self.lines, self.first = threading.Lock(), [], None

    def __call__(self, line):
        line.upgrade()
        with self.lock:
            self.lines.append(line)
            self.first = self.first or line
        try:
            self.listen(line)
        finally:
            with self.lock:
                self.lines.remove(line)

    def listen(self, line):
        said = 0
        while line is not self.first or said < 3:
            opcode, payload = line.frame()
            if opcode != 1:
                return
            said += 1
            self.tell(frame(payload))

    def tell(self, data):
        with self.lock:
            for line in self.lines:
                with contextlib.suppress(Gone):
                    line.send(data)


def cut_off_in_a_pause():
    say = 'send = {"id":"${message.id}"}\nawait = json /id == "${message.id}" within 30s\nthink = 30ms'
    with Peer(Room()) as peer:
        return talk(peer, say, 60, connections=2, more=HEARD)


@pytest.mark.ahead(job=cut_off_in_a_pause)
def test_who_is_cut_off_in_a_pause_is_expected_to_hear_nothing_until_it_is_back(result):
    heard = result.trial["deliveries"][0]
    assert result.step["errors"] == {} and result.users["reconnects"] == 1, result.told
    assert heard["messages"] == 60 and heard["expected"] <= 2 * 60, heard
    assert heard["lost"] <= 5, "what was on its way when the line was cut"


def slow_at_the_end():
    with Truth("chat", delay=0.4) as server:
        text = CHAT.format(url=server.url, seed=3, threads=1).replace("iterations = 400", "")
        text = re.sub("(?m)^duration = .*", "duration = 2s", text)
        return scenario(re.sub("(?m)^cooldown = .*", "cooldown = 0s", text))


@pytest.mark.ahead(job=slow_at_the_end)
def test_messages_at_the_end_of_the_window_have_their_drain(result):
    heard = result.trial["deliveries"][0]
    assert heard["received"] == heard["expected"] > 500 and heard["lost"] == 0, result.told
    assert result.steps["say"]["first_byte_time_ns"] is None, "nobody answers to it"
