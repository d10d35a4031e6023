"""A person in a chat room: joins, says, leaves."""

from core import messages
from core.bus import bus
from core.config import config
from core.rooms import room
from core.session import POLICY_VIOLATION
from core.variant import Variant


class Member(Variant):
    async def join(self):
        """Without a pause before the welcome, so that the next message has the next number."""
        self.room = room(self.place["name"])
        self.user = self.place["who"]
        presence = self.place["query"].get("presence", [""])[0] != "0"
        await self.room.join(self.user)  # told to those who were here before
        await bus.subscribe(self.room.name, self.address, presence=presence)
        last = self.room.last(config.history_welcome)
        await self.tell(messages.welcome(self.room.name, self.user, self.room.seq, self.room.members, last))

    async def left(self):
        await bus.unsubscribe(self.room.name, self.address)
        await self.room.leave(self.user)

    async def take(self, message):
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
