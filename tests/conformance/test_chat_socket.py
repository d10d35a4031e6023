"""One connection: the handshake, each message, each close code."""

import pytest

from chat import Person, encode
from raw import BINARY, CLOSE, PING, PONG, TEXT, RawSocket

MESSAGE_LIMIT = 65536

pytestmark = [pytest.mark.sockets, pytest.mark.data]


async def test_welcome_to_an_empty_room(lane, room):
    async with Person(lane.url, room, "ann") as ann:
        assert ann.welcome == {
            "type": "welcome", "room": room, "user": "ann", "seq": 0, "members": ["ann"], "history": []
        }  # fmt: skip


async def test_a_say_comes_back_to_its_sender(lane, room):
    async with Person(lane.url, room, "ann") as ann:
        await ann.say("u7-42", "hello", 1763900000000)
        assert await ann.next() == {
            "type": "message", "room": room, "from": "ann", "seq": 1,
            "id": "u7-42", "at": 1763900000000, "text": "hello",
        }  # fmt: skip


async def test_ping_and_errors_leave_the_connection_open(lane, room):
    async with Person(lane.url, room, "ann") as ann:
        await ann.send({"type": "ping", "n": 7})
        assert await ann.next() == {"type": "pong", "n": 7}
        for message, code in [
            ({"type": "shout"}, "unknown_type"),
            ({}, "unknown_type"),
            ({"type": 1}, "unknown_type"),
            ({"type": "ping"}, "invalid"),
            ({"type": "ping", "n": "1"}, "invalid"),
            ({"type": "say"}, "invalid"),
            ({"type": "say", "id": "a b", "at": 1, "text": "x"}, "invalid"),
            ({"type": "say", "id": "a", "at": "1", "text": "x"}, "invalid"),
            ({"type": "say", "id": "a", "at": 1, "text": ""}, "invalid"),
            ({"type": "say", "id": "a", "at": 1, "text": 5}, "invalid"),
        ]:
            await ann.send(message)
            answer = await ann.next()
            assert (answer["type"], answer["code"]) == ("error", code), message
        await ann.say("still-here")
        assert (await ann.next())["seq"] == 1


@pytest.mark.parametrize("text", ["not json", "", "[]", "1", "null", '"say"', '{"type":"say"', '{"n":NaN}'])
async def test_what_is_no_object_closes_with_1008(lane, room, text):
    async with Person(lane.url, room, "ann") as ann:
        await ann.send(text)
        assert await ann.close_code() == 1008


async def test_text_of_4096_bytes_passes_and_4097_closes_with_1008(lane, room):
    async with Person(lane.url, room, "ann") as ann:
        await ann.say("a", "é" * 2048)
        assert (await ann.next())["text"] == "é" * 2048
        await ann.say("b", "é" * 2048 + "x")
        assert await ann.close_code() == 1008


async def test_binary_closes_with_1003(lane, room):
    async with Person(lane.url, room, "ann") as ann:
        await ann.socket.send_bytes(b'{"type":"ping","n":1}')
        assert await ann.close_code() == 1003


def open_raw(lane, room, user="raw"):
    raw = RawSocket(lane.url, f"/ws/chat/{room}?user={user}")
    assert raw.status == 101
    assert raw.receive()[0] == TEXT  # the welcome
    return raw


def test_bad_utf8_closes_with_1007(lane, room):
    with open_raw(lane, room) as raw:
        raw.send(TEXT, b'{"type":"ping","n":"\xff"}')
        assert raw.texts_and_close() == ([], 1007)


def test_message_over_64_kib_closes_with_1009(lane, room):
    with open_raw(lane, room) as raw:
        raw.send(TEXT, b"{" * (MESSAGE_LIMIT + 1))
        assert raw.texts_and_close() == ([], 1009)


def test_fragments_over_64_kib_close_with_1009(lane, room):
    with open_raw(lane, room) as raw:
        raw.send(TEXT, b"{" * 40000, final=False)
        raw.send(0, b"{" * 40000)
        assert raw.texts_and_close() == ([], 1009)


def test_message_of_64_kib_is_read(lane, room):
    with open_raw(lane, room) as raw:
        raw.send(TEXT, b'{"type":"ping","n":1}'.ljust(MESSAGE_LIMIT))
        assert raw.receive() == (TEXT, b'{"type":"pong","n":1}')


def test_fragments_make_one_message(lane, room):
    with open_raw(lane, room) as raw:
        raw.send(TEXT, b'{"type":"pi', final=False)
        raw.send(PING, b"between")
        raw.send(0, b'ng","n":1}')
        assert raw.receive() == (PONG, b"between")
        assert raw.receive() == (TEXT, b'{"type":"pong","n":1}')


def test_close_is_answered(lane, room):
    with open_raw(lane, room) as raw:
        raw.send(CLOSE, b"\x03\xe8")
        assert raw.texts_and_close() == ([], 1000)


def test_nothing_is_heard_after_an_offence(lane, room):
    """The says behind the binary message are in the same packet, and go nowhere."""
    with open_raw(lane, room) as raw, open_raw(lane, room, "witness") as witness:
        raw.receive()  # the witness joins
        raw.send(BINARY, b"x")
        raw.send(TEXT, encode({"type": "say", "id": "late", "at": 1, "text": "x"}).encode())
        assert raw.texts_and_close() == ([], 1003)
        witness.send(TEXT, encode({"type": "say", "id": "next", "at": 1, "text": "x"}).encode())
        while b'"type":"message"' not in (heard := witness.receive()[1]):
            pass  # the leave, which another process may tell later
        assert b'"seq":1,"id":"next"' in heard


@pytest.mark.parametrize(
    "path",
    [
        "/ws/chat/Room?user=ann",
        "/ws/chat/?user=ann",
        "/ws/chat/a/b?user=ann",
        "/ws/chat/" + "a" * 65 + "?user=ann",
        "/ws/chat/a%0A?user=ann",
        "/ws/chat/a?user=Ann",
        "/ws/chat/a?user=ann%0A",
        "/ws/chat/a?user=",
        "/ws/chat/a",
        "/ws/chat/a?user=ann&user=bob",
        "/ws/nope?user=ann",
        "/json",
    ],
)
def test_bad_room_or_user_is_404_before_the_upgrade(lane, path):
    with RawSocket(lane.url, path) as raw:
        body = raw.stream.read(int(raw.headers["content-length"]))
        assert (raw.status, body) == (404, b'{"error":{"code":"not_found","message":"no such resource"}}')
        assert raw.headers["connection"] == "close"
        assert raw.stream.read(1) == b""


def test_compression_is_not_agreed_to(lane, room):
    offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    with RawSocket(lane.url, f"/ws/chat/{room}?user=ann", extra=offer) as raw:
        assert raw.status == 101
        assert "sec-websocket-extensions" not in raw.headers
