"""Carries the frames of a room, a document or a match to its members, inside this
process.

Two of a kind: LayerBus goes through Channels' groups, as its documentation
teaches; LocalBus goes to the members' outboxes, as the other stack does. With
several processes this is the only file to change: publish to a broker, and
deliver from the subscription.
"""

from channels.layers import get_channel_layer

from core.config import config


class LayerBus:
    async def subscribe(self, room, channel, *, presence):
        layer = get_channel_layer()
        await layer.group_add(_group(room), channel)
        if presence:
            await layer.group_add(_group(room, "presence"), channel)

    async def unsubscribe(self, room, channel):
        layer = get_channel_layer()
        await layer.group_discard(_group(room), channel)
        await layer.group_discard(_group(room, "presence"), channel)

    async def publish(self, room, text, author=None, own=None):
        """`own` is what the author gets in place of the text; None: nothing."""
        frame = _frame(text)
        if author:
            frame |= {"author": author, "own": own}
        await get_channel_layer().group_send(_group(room), frame)

    async def tell(self, channel, text):
        """To one, behind what was published before."""
        await get_channel_layer().send(channel, _frame(text))

    async def publish_presence(self, room, text):
        await get_channel_layer().group_send(_group(room, "presence"), _frame(text))

    def close_all(self, code, others=()):
        get_channel_layer().close_all(code)  # of others, too


def _group(room, kind="members"):
    return f"{kind}.{room}"


def _frame(text):
    return {"type": "frame", "text": text, "size": len(text.encode())}


class LocalBus:
    def __init__(self):
        self._members = {}  # room -> outboxes, in the order of joining
        self._watchers = {}  # the same, only those who want presence
        self._open = {}

    async def subscribe(self, room, outbox, *, presence):
        _add(self._members, room, outbox)
        if presence:
            _add(self._watchers, room, outbox)
        self._open[outbox] = True

    async def unsubscribe(self, room, outbox):
        _remove(self._members, room, outbox)
        _remove(self._watchers, room, outbox)
        self._open.pop(outbox, None)

    async def publish(self, room, text, author=None, own=None):
        _deliver(self._members.get(room, ()), text, author, own)

    async def tell(self, outbox, text):
        outbox.send(text, len(text.encode()))

    async def publish_presence(self, room, text):
        _deliver(self._watchers.get(room, ()), text)

    def close_all(self, code, others=()):
        """And those who are not in a room yet."""
        for outbox in [*self._open, *others]:
            outbox.close(code)


def _deliver(outboxes, text, author=None, own=None):
    size = len(text.encode())
    for outbox in outboxes:
        if outbox is not author:
            outbox.send(text, size)
        elif own is not None:
            outbox.send(own, len(own.encode()))


def _add(sets, key, value):
    sets.setdefault(key, {})[value] = True  # a dict keeps the order of joining


def _remove(sets, key, value):
    held = sets.get(key, {})
    if held.pop(value, None) and not held:
        del sets[key]


bus = LayerBus() if config.variant == "channels" else LocalBus()
