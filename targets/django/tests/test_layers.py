"""The layer and the outbox keep the same limits."""

import asyncio

import pytest

from core.layers import LocalLayer
from core.outbox import Outbox


@pytest.fixture
def layer():
    return LocalLayer(messages=3, size=100)


def message(size=1):
    return {"type": "frame", "text": "x" * size, "size": size}


async def test_a_group_gets_all_messages_in_order(layer):
    channels = [await layer.new_channel() for _ in range(2)]
    for channel in channels:
        await layer.group_add("g", channel)
    sent = [message(size) for size in (1, 2, 3)]
    for each in sent:
        await layer.group_send("g", each)
    for channel in channels:
        assert [await layer.receive(channel) for _ in sent] == sent


@pytest.mark.parametrize("sizes", [[1, 1, 1, 1], [50, 50, 1]])
async def test_over_the_limit_comes_1013_behind_what_is_queued(layer, sizes):
    channel = await layer.new_channel()
    full = asyncio.Event()
    layer.when_full(channel, full.set)
    for size in sizes:
        assert not full.is_set()
        await layer.send(channel, message(size))
    await asyncio.wait_for(full.wait(), 1)
    await layer.send(channel, message())  # too late
    got = [await layer.receive(channel) for _ in sizes]
    assert [each.get("size") for each in got] == [*sizes[:-1], None]
    assert got[-1] == {"type": "shut", "code": 1013}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(layer.receive(channel), 0.01)


async def test_what_is_taken_makes_room(layer):
    channel = await layer.new_channel()
    for _ in range(10):
        await layer.send(channel, message(100))
        assert await layer.receive(channel) == message(100)


async def test_a_forgotten_channel_gets_nothing(layer):
    channel = await layer.new_channel()
    await layer.group_add("g", channel)
    await layer.group_discard("g", channel)
    layer.forget(channel)
    await layer.group_send("g", message())
    await layer.send(channel, message())
    assert layer.groups == layer.inboxes == {}


async def test_an_outbox_over_the_limit_closes_with_1013_behind_what_is_queued(monkeypatch):
    monkeypatch.setattr("core.outbox.config.reader_messages", 3)
    sent, full = [], asyncio.Event()

    async def send(event):
        sent.append(event.get("text", event.get("code")))

    outbox = Outbox(send, full.set)
    for text in "abcde":
        outbox.send(text, 1)
    await asyncio.wait_for(full.wait(), 1)
    await asyncio.wait_for(outbox.write(), 1)
    assert sent == ["a", "b", "c", 1013]
