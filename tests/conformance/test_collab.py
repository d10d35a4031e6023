"""Shared documents: the order of operations, what each becomes, and what is refused."""

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from chat import encode
from collab import Writer, sha256
from raw import RawSocket

pytestmark = [pytest.mark.sockets, pytest.mark.alone]


async def read(http, document):
    async with http.get(f"/api/doc/{document}") as answer:
        assert answer.status == 200
        return await answer.json()


async def test_a_new_document_is_empty_and_reading_does_not_make_it(lane, http, room):
    empty = {"id": room, "rev": 0, "length": 0, "sha256": sha256(""), "text": ""}
    assert await read(http, room) == empty
    async with Writer(lane.url, room, "ann") as ann:
        assert (ann.rev, ann.text) == (0, "")


async def test_an_operation_is_acked_to_its_author_and_told_to_the_others(lane, http, room):
    async with Writer(lane.url, room, "ann") as ann, Writer(lane.url, room, "bob") as bob:
        await ann.send({"type": "op", "id": "a-1", "rev": 0, "pos": 0, "insert": "abc\n~"})
        assert await ann.next_text() == '{"type":"ack","id":"a-1","rev":1}'
        assert await bob.next_text() == '{"type":"op","from":"ann","id":"a-1","rev":1,"pos":0,"insert":"abc\\n~"}'
        await bob.send({"type": "op", "id": "b-1", "rev": 1, "pos": 1, "delete": 3})
        assert await bob.next_text() == '{"type":"ack","id":"b-1","rev":2}'
        assert await ann.next_text() == '{"type":"op","from":"bob","id":"b-1","rev":2,"pos":1,"delete":3}'
    assert await read(http, room) == {"id": room, "rev": 2, "length": 2, "sha256": sha256("a~"), "text": "a~"}


# All made in one state, "0123456789", and ordered as they stand here.
CROSSINGS = [
    ("ties: who came first stays left", [{"pos": 5, "insert": "A"}, {"pos": 5, "insert": "B"}], "01234AB56789"),
    ("an insert before shifts", [{"pos": 2, "insert": "AA"}, {"pos": 5, "delete": 2}], "01AA234789"),
    ("an insert at the start of a delete", [{"pos": 5, "insert": "A"}, {"pos": 5, "delete": 2}], "01234A789"),
    ("an insert at the end of a delete", [{"pos": 7, "insert": "A"}, {"pos": 5, "delete": 2}], "01234A789"),
    ("a delete split", [{"pos": 6, "insert": "A"}, {"pos": 5, "delete": 2}], "01234A789"),
    (
        "a delete split twice",
        [{"pos": 8, "insert": "B"}, {"pos": 3, "insert": "A"}, {"pos": 1, "delete": 8}],
        "0AB9",
    ),
    ("an insert into what has gone", [{"pos": 2, "delete": 5}, {"pos": 4, "insert": "A"}], "01A789"),
    ("deletes that overlap", [{"pos": 2, "delete": 4}, {"pos": 4, "delete": 4}], "0189"),
    ("a delete within one", [{"pos": 2, "delete": 6}, {"pos": 3, "delete": 2}], "0189"),
    ("a delete around one", [{"pos": 3, "delete": 2}, {"pos": 2, "delete": 6}], "0189"),
]


@pytest.mark.parametrize(("ops", "expected"), [pytest.param(*row[1:], id=row[0]) for row in CROSSINGS])
async def test_operations_that_cross(lane, http, room, ops, expected):
    async with Writer(lane.url, room, "reader") as reader, Writer(lane.url, room, "first") as first:
        await first.write("start", {"pos": 0, "insert": "0123456789"})
        async with AsyncExitStack() as stack:
            writers = [await stack.enter_async_context(Writer(lane.url, room, f"u{i}")) for i in range(len(ops))]
            for writer, op in zip(writers, ops, strict=True):
                await writer.submit("op", op)
                while not await writer.hear():
                    pass
            for writer in writers:
                await writer.catch_up(writers[-1].rev)
            await reader.catch_up(writers[-1].rev)
            assert [writer.text for writer in (*writers, reader)] == [expected] * (len(ops) + 1)
    assert (await read(http, room))["text"] == expected


async def test_what_had_gone_already_is_acked_without_a_revision(lane, room):
    async with Writer(lane.url, room, "ann") as ann, Writer(lane.url, room, "bob") as bob:
        await ann.write("a-1", {"pos": 0, "insert": "abc"})
        await bob.catch_up(1)
        await bob.submit("b-1", {"pos": 1, "delete": 1})
        await bob.hear()
        await ann.send({"type": "op", "id": "a-2", "rev": 1, "pos": 1, "delete": 1})
        assert await ann.next() == {"type": "op", "from": "bob", "id": "b-1", "rev": 2, "pos": 1, "delete": 1}
        assert await ann.next() == {"type": "ack", "id": "a-2", "rev": 2}


BAD = [
    {"rev": 3, "pos": 0, "insert": "x"},
    {"rev": -1, "pos": 0, "insert": "x"},
    {"rev": "2", "pos": 0, "insert": "x"},
    {"pos": 0, "insert": "x"},
    {"rev": 2, "insert": "x"},
    {"rev": 2, "pos": 5, "insert": "x"},
    {"rev": 1, "pos": 4, "insert": "x"},
    {"rev": 2, "pos": 0.5, "insert": "x"},
    {"rev": 2, "pos": 0, "insert": ""},
    {"rev": 2, "pos": 0, "insert": None},
    {"rev": 2, "pos": 0, "insert": "é"},
    {"rev": 2, "pos": 0, "insert": "\t"},
    {"rev": 2, "pos": 0, "insert": "a\n\r"},
    {"rev": 2, "pos": 0, "insert": "x" * 4097},
    {"rev": 2, "pos": 0, "delete": 0},
    {"rev": 2, "pos": 0, "delete": 5},
    {"rev": 2, "pos": 4, "delete": 1},
    {"rev": 2, "pos": 0, "delete": True},
    {"rev": 2, "pos": 0, "insert": "x", "delete": 1},
    {"rev": 2, "pos": 0},
]


async def test_what_is_no_operation_on_this_text_is_rejected_and_changes_nothing(lane, http, room):
    async with Writer(lane.url, room, "ann") as ann:
        await ann.write("a-1", {"pos": 0, "insert": "abc"})
        await ann.write("a-2", {"pos": 3, "insert": "d"})
        for op in BAD:
            await ann.send({"type": "op", "id": "bad"} | op)
            assert await ann.next_text() == '{"type":"reject","id":"bad","rev":2,"code":"invalid"}', op
        for message, code in [({"type": "say"}, "unknown_type"), ({"type": "op", "rev": 2, "pos": 0}, "invalid")]:
            await ann.send(message)
            answer = await ann.next()
            assert (answer["type"], answer["code"]) == ("error", code)
        await ann.send({"type": "op", "id": "good", "rev": 2.0, "pos": 4.0, "insert": "x" * 4096})
        assert await ann.next() == {"type": "ack", "id": "good", "rev": 3}
    assert (await read(http, room))["length"] == 4 + 4096


async def test_the_thousandth_revision_back_is_taken_and_the_one_before_is_stale(lane, room):
    async with Writer(lane.url, room, "ann") as ann:
        for number in range(1001):
            await ann.send({"type": "op", "id": f"a-{number}", "rev": number, "pos": 0, "insert": "x"})
        for number in range(1001):
            assert await ann.next() == {"type": "ack", "id": f"a-{number}", "rev": number + 1}
        await ann.send({"type": "op", "id": "old", "rev": 0, "pos": 0, "insert": "y"})
        assert await ann.next_text() == '{"type":"reject","id":"old","rev":1001,"code":"stale"}'
        await ann.send({"type": "op", "id": "new", "rev": 1, "pos": 1, "insert": "y"})
        assert await ann.next() == {"type": "ack", "id": "new", "rev": 1002}


async def test_a_document_ends_at_256_kib(lane, http, room):
    async with Writer(lane.url, room, "ann") as ann:
        for number in range(64):
            await ann.send({"type": "op", "id": "a", "rev": number, "pos": 0, "insert": "x" * 4096})
            assert (await ann.next())["rev"] == number + 1
        await ann.send({"type": "op", "id": "over", "rev": 64, "pos": 0, "insert": "x"})
        assert (await ann.next())["code"] == "invalid"
    assert (await read(http, room))["length"] == 256 * 1024


async def test_eight_writers_at_once_end_with_one_text(lane, http, room):
    """Each writes from what it has heard so far, with pauses; the model checks every revision."""
    async with AsyncExitStack() as stack:
        writers = [await stack.enter_async_context(Writer(lane.url, room, f"u{i}")) for i in range(8)]
        await asyncio.gather(*(scribble(writer, random.Random(i), 200) for i, writer in enumerate(writers)))
        last = await read(http, room)
        for writer in writers:
            await writer.catch_up(last["rev"])
        assert {writer.text for writer in writers} == {last["text"]}
    assert last["sha256"] == sha256(last["text"])
    assert last["rev"] > 1200


async def scribble(writer, rng, count):
    for number in range(count):
        if rng.random() < 0.1:
            await asyncio.sleep(rng.random() * 0.05)
        await writer.write(f"{writer.user}-{number}", some_operation(rng, len(writer.text)))


def some_operation(rng, length):
    if length and rng.random() < 0.45:
        pos = rng.randrange(length)
        return {"pos": pos, "delete": rng.randint(1, min(8, length - pos))}
    return {"pos": rng.randint(0, length), "insert": "".join(rng.choices("abc \n~", k=rng.randint(1, 8)))}


@pytest.mark.parametrize("path", ["/ws/doc/Doc?user=ann", "/ws/doc/a", "/ws/doc/a?user=A", "/ws/doc/?user=ann"])
def test_a_bad_document_or_user_is_404_before_the_upgrade(lane, path):
    with RawSocket(lane.url, path) as raw:
        assert raw.status == 404


async def test_binary_and_what_is_no_object_close_the_connection(lane, room):
    for data, code in ((b"{}", 1003), ("[]", 1008), ("x", 1008)):
        async with Writer(lane.url, room, "ann") as ann:
            await (ann.socket.send_bytes(data) if isinstance(data, bytes) else ann.send(data))
            assert await ann.close_code() == code


async def test_one_writer_leaves_the_same_text_on_both(pair, room):
    """Every frame is the same, and so is the text."""
    first, second = [await dictation(server.url, room) for server in pair]
    assert first == second


async def dictation(url, room):
    rng = random.Random(7)
    frames = []
    async with Writer(url, room, "ann") as ann, Writer(url, room, "bob") as bob:
        for number in range(300):
            rev = max(0, ann.rev - rng.randrange(20))
            op = some_operation(rng, 12 if rev > 12 else 0)
            await ann.send(encode({"type": "op", "id": f"a-{number}", "rev": rev} | op))
            frames.append(await ann.next_text())
            ann.rev = max(ann.rev, int(frames[-1].split('"rev":')[1].split(",")[0].rstrip("}")))
        while (text := await bob.next_text()) and f'"rev":{ann.rev},' not in text:
            frames.append(text)
    return frames
