import json

import pytest
from channels.layers import get_channel_layer

from core.bus import LayerBus, LocalBus
from core.rooms import peek, room

HELLO = {"id": "a", "at": 1, "text": "hello"}


@pytest.fixture(params=[LayerBus, LocalBus])
def bus(request, monkeypatch):
    bus = request.param()
    monkeypatch.setattr("core.rooms.bus", bus)
    return bus


async def listen(bus, name, *, presence=True):
    """Subscribes; gives a function that says what was heard."""
    if isinstance(bus, LocalBus):
        heard = []
        outbox = type("Ear", (), {"send": lambda self, text, size: heard.append(json.loads(text))})()
        await bus.subscribe(name, outbox, presence=presence)
        return lambda: heard
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await bus.subscribe(name, channel, presence=presence)
    queue = layer.inboxes[channel].queue
    return lambda: [json.loads(queue.get_nowait()["text"]) for _ in range(queue.qsize())]


async def test_messages_are_numbered_without_gaps_and_the_last_100_are_kept(bus):
    busy = room(f"busy-{type(bus).__name__}")
    assert [await busy.say("ann", HELLO) for _ in range(150)] == list(range(1, 151))
    assert (busy.history[0]["seq"], len(busy.history)) == (51, 100)
    assert busy.last(20)[0]["seq"] == 131
    assert [message["seq"] for message in busy.after(149, 20)] == [150]


async def test_the_same_user_twice_joins_once_and_leaves_once(bus):
    twice = room(f"twice-{type(bus).__name__}")
    heard = await listen(bus, twice.name)
    await twice.join("bob")
    await twice.join("ann")
    await twice.join("ann")
    assert twice.members == ["ann", "bob"]
    await twice.leave("ann")
    await twice.leave("ann")
    events = [(event["user"], event["event"], event["members"]) for event in heard()]
    assert events == [("bob", "join", 1), ("ann", "join", 2), ("ann", "leave", 1)]


async def test_presence_goes_only_to_those_who_want_it(bus):
    quiet = room(f"quiet-{type(bus).__name__}")
    heard = await listen(bus, quiet.name, presence=False)
    await quiet.join("ann")
    await quiet.say("ann", HELLO)
    assert [message["type"] for message in heard()] == ["message"]


def test_looking_into_a_room_does_not_make_it():
    assert peek("unmade") is not peek("unmade")
    assert room("made") is peek("made")
