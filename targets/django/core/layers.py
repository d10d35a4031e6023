"""A channel layer inside one process that loses nothing.

Channels' own in-memory layer drops silently what a busy consumer has not taken
(100 messages) and copies each message for each receiver. Here every channel
has an inbox with the contract's limits, and one over them is closed with 1013
behind what is queued.
"""

import asyncio
import uuid

from channels.layers import BaseChannelLayer

TRY_AGAIN_LATER = 1013


class Inbox:
    def __init__(self):
        self.queue = asyncio.Queue()
        self.bytes = 0
        self.closing = False
        self.on_overflow = None

    def put(self, message):
        self.queue.put_nowait(message)
        self.bytes += message.get("size", 0)

    async def get(self):
        message = await self.queue.get()
        self.bytes -= message.get("size", 0)
        return message

    def close(self, code):
        if not self.closing:
            self.closing = True
            self.put({"type": "shut", "code": code})


class LocalLayer(BaseChannelLayer):
    extensions = ["groups", "flush"]

    def __init__(self, messages, size, **kwargs):
        super().__init__(**kwargs)
        self.most_messages = messages
        self.most_bytes = size
        self.inboxes = {}
        self.groups = {}  # group -> {channel: inbox}, in the order of joining

    async def new_channel(self, prefix="local"):
        channel = f"{prefix}.{uuid.uuid4().hex}"
        self.inboxes[channel] = Inbox()
        return channel

    async def receive(self, channel):
        return await self.inboxes[channel].get()

    async def send(self, channel, message):
        if channel in self.inboxes:
            self._put(self.inboxes[channel], message)

    async def group_add(self, group, channel):
        self.groups.setdefault(group, {})[channel] = self.inboxes[channel]

    async def group_discard(self, group, channel):
        held = self.groups.get(group, {})
        if held.pop(channel, None) and not held:
            del self.groups[group]

    async def group_send(self, group, message):
        for inbox in self.groups.get(group, {}).values():
            self._put(inbox, message)

    async def flush(self):
        self.inboxes.clear()
        self.groups.clear()

    def when_full(self, channel, on_overflow):
        self.inboxes[channel].on_overflow = on_overflow

    def close_all(self, code):
        for inbox in self.inboxes.values():
            inbox.close(code)

    def forget(self, channel):
        self.inboxes.pop(channel, None)

    def _put(self, inbox, message):
        if inbox.closing:
            return
        if inbox.queue.qsize() >= self.most_messages or inbox.bytes + message.get("size", 0) > self.most_bytes:
            # After the delivery that is under way: leaving publishes to the same members.
            if inbox.on_overflow:
                asyncio.get_running_loop().call_soon(inbox.on_overflow)
            inbox.close(TRY_AGAIN_LATER)
            return
        inbox.put(message)
