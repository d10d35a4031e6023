"""One connection of one person in one room: what it hears and what it is told.

What both variants share; core/member_channels.py and core/member_direct.py say
how frames come and go.
"""

import asyncio

from core import messages
from core.bus import bus
from core.config import config
from core.rooms import room
from core.wire import decode

UNSUPPORTED_DATA = 1003
POLICY_VIOLATION = 1008


class Member:
    """A variant gives `tell(text)`, `close(code)` and `address`, what the bus delivers to."""

    here = False
    cutting = None

    def enter(self, scope):
        self.room = room(scope["chat"]["room"])
        self.user = scope["chat"]["user"]
        self.presence = scope["chat"]["presence"]
        self.cut = scope["extensions"].get("cut", lambda: None)

    async def join(self):
        """Without a pause before the welcome, so that the next message has the next number."""
        await self.room.join(self.user)  # told to those who were here before
        await bus.subscribe(self.room.name, self.address, presence=self.presence)
        self.here = True
        last = self.room.last(config.history_welcome)
        await self.tell(messages.welcome(self.room.name, self.user, self.room.seq, self.room.members, last))

    async def leave(self):
        if self.here:
            self.here = False
            await bus.unsubscribe(self.room.name, self.address)
            await self.room.leave(self.user)

    def drop_out(self):
        """Too slow: gone from the room now, and cut off if it does not read to the end in time."""
        loop = asyncio.get_running_loop()
        self.leaving = loop.create_task(self.leave())
        self.cutting = loop.call_later(config.ws_close_seconds, self.cut)

    def gone(self):
        if self.cutting:
            self.cutting.cancel()

    async def end(self, code):
        await self.leave()
        await self.close(code)

    async def hear(self, text):
        """One message; None stands for a binary one."""
        if not self.here:
            return
        if text is None:
            return await self.end(UNSUPPORTED_DATA)
        message = _parse_object(text)
        if message is None:
            return await self.end(POLICY_VIOLATION)
        if message.get("type") == "say":
            return await self._say(message)
        if message.get("type") == "ping":
            return await self._ping(message)
        await self.tell(messages.error("unknown_type", "a message is a say or a ping"))

    async def _say(self, message):
        if messages.is_too_long(message.get("text")):
            return await self.end(POLICY_VIOLATION)
        if messages.is_say(message):
            await self.room.say(self.user, message)
        else:
            await self.tell(messages.error("invalid", "id, at or text is not valid"))

    async def _ping(self, message):
        n = messages.count(message.get("n"))
        if n is not None:
            await self.tell(messages.pong(n))
        else:
            await self.tell(messages.error("invalid", "n is not valid"))


def _parse_object(text):
    try:
        value = decode(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
