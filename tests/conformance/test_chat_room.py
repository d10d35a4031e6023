"""Many in a room: order, presence, history, and the reader who stalls."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from chat import Person, encode, read_room
from raw import RawSocket

pytestmark = [pytest.mark.sockets, pytest.mark.data]


async def test_http_and_sockets_share_the_room(lane, http, room):
    async with Person(lane.url, room, "ann") as ann:
        body = {"user": "bob", "id": "b-1", "at": 3, "text": "from http"}
        async with http.post(
            f"/api/chat/{room}", data=encode(body), headers={"Content-Type": "application/json"}
        ) as answer:
            assert (answer.status, await answer.json()) == (201, {"room": room, "seq": 1})
        message = await ann.next()
        assert (message["from"], message["seq"], message["text"]) == ("bob", 1, "from http")
        assert await read_room(http, room) == (200, {"room": room, "seq": 1, "messages": [message]})


async def test_presence_tells_the_others(lane, room):
    async with Person(lane.url, room, "ann") as ann:
        async with Person(lane.url, room, "bob") as bob:
            assert bob.welcome["members"] == ["ann", "bob"]
            joined = {"type": "presence", "room": room, "user": "bob", "event": "join", "members": 2}
            assert await ann.next() == joined
        assert await ann.next() == joined | {"event": "leave", "members": 1}


async def test_presence_0_is_seen_but_not_told(lane, room):
    async with Person(lane.url, room, "quiet", "&presence=0") as quiet, Person(lane.url, room, "ann") as ann:
        assert ann.welcome["members"] == ["ann", "quiet"]
        async with Person(lane.url, room, "bob", "&presence=0"):
            assert (await ann.next())["user"] == "bob"
        assert (await ann.next())["event"] == "leave"
        await ann.say("a")
        assert (await quiet.next())["type"] == "message"


async def test_the_same_user_twice_is_one_member(lane, room):
    async with Person(lane.url, room, "ann") as ann:
        async with Person(lane.url, room, "bob") as bob:
            async with Person(lane.url, room, "bob") as again:
                assert again.welcome["members"] == ["ann", "bob"]
                await ann.say("a")
                assert (await bob.next())["id"] == (await again.next())["id"] == "a"
            await ann.say("b")
            assert (await bob.next())["id"] == "b"
        kinds = [(await ann.next()).get("event", "message") for _ in range(4)]
        assert kinds == ["join", "message", "message", "leave"]


async def test_history_keeps_100_and_the_welcome_tells_20(lane, http, room):
    async with Person(lane.url, room, "ann") as ann:
        for number in range(130):
            await ann.say(f"m-{number}")
        await ann.messages(130)
        async with Person(lane.url, room, "bob") as bob:
            assert bob.welcome["seq"] == 130
            assert [message["seq"] for message in bob.welcome["history"]] == list(range(111, 131))
    _, found = await read_room(http, room, "?limit=100")
    assert [message["seq"] for message in found["messages"]] == list(range(31, 131))
    _, found = await read_room(http, room)
    assert [message["seq"] for message in found["messages"]] == list(range(31, 51))


async def test_all_members_see_the_same_order(lane, room):
    """20 members, 5 of them say 50 each, at once."""
    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(Person(lane.url, room, f"u{i}")) for i in range(20)]

        async def talk(person):
            for number in range(50):
                await person.say(f"{person.user}-{number}")

        heard, *_ = await asyncio.gather(
            asyncio.gather(*(person.messages(250) for person in members)),
            *(talk(person) for person in members[:5]),
        )
    assert [message["seq"] for message in heard[0]] == list(range(1, 251))
    assert all(messages == heard[0] for messages in heard)
    for person in members[:5]:
        own = [message["id"] for message in heard[0] if message["from"] == person.user]
        assert own == [f"{person.user}-{number}" for number in range(50)]


async def test_a_storm_of_joins_and_leaves_ends_right(lane, room):
    async with Person(lane.url, room, "watcher") as watcher:

        async def come_and_go(user):
            for visit in range(5):  # a name for each: who returns at once may not have left yet
                async with Person(lane.url, room, f"{user}-{visit}"):
                    pass

        await asyncio.gather(*(come_and_go(f"u{i}") for i in range(20)))
        present = {"watcher"}
        for _ in range(200):
            event = await watcher.until(type="presence")
            assert (event["user"] in present) == (event["event"] == "leave")
            present ^= {event["user"]}
            assert event["members"] == len(present)
        async with Person(lane.url, room, "late") as late:
            assert late.welcome["members"] == ["late", "watcher"]


@pytest.mark.watched
async def test_a_stalled_reader_is_closed_with_1013_and_nobody_else_waits(lane, room):
    path = f"/ws/chat/{room}?user=stalled&presence=0"
    async with Person(lane.url, room, "ann") as ann:
        with RawSocket(lane.url, path, receive_buffer=4096) as stalled:
            said = await say_until_gone(ann)
            texts, code = await asyncio.to_thread(stalled.texts_and_close)
        assert code == 1013
        received = [text for text in texts if '"type":"message"' in text]
        assert 0 < len(received) < said
        for number, text in enumerate(received, 1):  # nothing is missing before the end
            assert f'"seq":{number},' in text
        async with Person(lane.url, room, "bob") as bob:
            assert bob.welcome["members"] == ["ann", "bob"]


async def say_until_gone(ann):
    """Says until the stalled one has left; each say comes back before the next batch."""
    said = 0
    await ann.until(type="presence", event="join")
    while said < 5000:
        for _ in range(10):
            said += 1
            await ann.say(f"s-{said}", "x" * 4000)
        while (message := await ann.next()).get("id") != f"s-{said}":
            if message.get("event") == "leave":
                await ann.until(id=f"s-{said}")
                return said
    raise AssertionError("the stalled reader was never closed")
