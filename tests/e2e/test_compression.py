"""WebSockets that agree on permessage-deflate (RFC 7692): messages both ways, and what a server may break."""

import zlib

import pytest
from peers import Gone, Peer, frame
from running import FAULTS, scenario

INI = """
[scenario]
targets = here
warmup = 0s
duration = 60s
cooldown = 5s
trials = 1
[target here]
url = http://ADDRESS
[users talker]
connections = 3
compression = yes
setup = join
steps = say
arrivals = constant
rate = 40/s
iterations = 30
[step join]
websocket = /
[step say]
send = {"text": "hello, hello, hello, hello, hello", "id": "${message.id}"}
await = json /id == "${message.id}" within 30s
"""

RSV1 = 0x40


def deflated(compressor, text):
    return (compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(bits, payload):
    """What the client sends stands by itself, in a window of the agreed size."""
    return zlib.decompressobj(-bits).decompress(payload + b"\0\0\xff\xff")


class Server:
    """Echoes; `answer` is what it says to the offer, `spoil` is done to the frames of the echoes."""

    def __init__(self, answer, spoil=None, resets=False, bits=15):
        self.answer, self.spoil, self.resets, self.bits = answer, spoil, resets, bits
        self.offers, self.compressed, self.plain = [], 0, 0

    def __call__(self, line):
        while b"\r\n\r\n" not in line.buffer:
            line.more()
        head = line.buffer.decode("latin-1").lower()
        self.offers.append("sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n" in head)
        line.upgrade(extra=f"Sec-WebSocket-Extensions: {self.answer}\r\n" if self.answer else "")
        compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
        while True:
            first, payload = line.raw_frame()
            if first & 15 == 8:
                line.send(frame(payload[:2], opcode=8))
                raise Gone
            if first & 15 == 10:
                continue
            text = inflated(self.bits, payload) if first & RSV1 else payload
            self.compressed += bool(first & RSV1)
            self.plain += not first & RSV1
            if not self.answer:
                line.send(frame(text))
                continue
            if self.resets:
                compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
            line.send((self.spoil or echo)(compressor, text))


def echo(compressor, text):
    return frame(deflated(compressor, text), bits=RSV1)


def in_fragments(compressor, text):
    payload = deflated(compressor, text)
    parts = frame(payload[:5], bits=RSV1, final=False), frame(b"", opcode=9), frame(payload[5:], opcode=0)
    return b"".join(parts)


BOMB = frame(deflated(zlib.compressobj(9, zlib.DEFLATED, -15), bytes(64 << 20)), bits=RSV1)


def cut(compressor, text):
    return frame(deflated(compressor, text)[:-3], bits=RSV1)


# the answer to the offer; the server; how many connections are compressed; class and sub-code of the echoes
CASES = {
    "agrees": (Server("permessage-deflate"), 3),
    "keeps no context": (Server("permessage-deflate; server_no_context_takeover", resets=True), 3),
    "has a small window for us": (Server("permessage-deflate; client_max_window_bits=9", bits=9), 3),
    "sends fragments": (Server("permessage-deflate", in_fragments), 3),
    "sends some plain": (Server("permessage-deflate", lambda _, text: frame(text)), 3),
    "declines": (Server(None), 0),
    "sends a bomb": (Server("permessage-deflate", lambda *_: BOMB), None, "protocol", "too_big"),
    "sends half a stream": (Server("permessage-deflate", cut), None, "protocol", "deflate"),
    "sends garbage": (Server("permessage-deflate", lambda *_: frame(b"\x06", bits=RSV1)), None, "protocol", "deflate"),
    "sends no text": (Server("permessage-deflate", lambda c, _: frame(deflated(c, b"\xff"), bits=RSV1)), None, "protocol", "utf8"),
    "marks a ping": (Server("permessage-deflate", lambda *_: frame(b"", opcode=9, bits=RSV1)), None, "protocol", "reserved_bits"),
}  # fmt: skip


def talk(name):
    server = CASES[name][0]
    with Peer(server) as peer:
        return scenario(INI.replace("ADDRESS", peer.address)), server


@pytest.mark.ahead(job=talk)
@pytest.mark.parametrize("name", CASES)
def test_a_server_that(result, name):
    run, server = result
    _, compressed, *fault = CASES[name]
    say = run.steps["say"]
    assert server.offers and all(server.offers)
    assert run.trial["generator"]["max_rss_bytes"] < 150e6
    if fault:
        assert set(say["errors"]) == {fault[0]} and say["ok"] == 0, say["errors"]
        assert {FAULTS[row["code"]] for row in say["error_rows"]} == {fault[1]}, say["error_rows"]
        return
    assert say["errors"] == {} and say["ok"] == 30, say["error_rows"]
    assert run.users["compressed"] == compressed
    said = "3 of 3 WebSockets of talker are not compressed" in " ".join(run.record["notes"])
    assert said == (compressed == 0), run.record["notes"]
    assert (server.compressed, server.plain) == ((30, 0) if compressed else (0, 30))
