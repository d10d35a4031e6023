"""A person in a chat room: joins, says, leaves."""

from core import messages
from core.chat_rooms import room
from core.errors import Refusal
from core.session import POLICY_VIOLATION
from core.variant import Variant


FAILED = 1011


class Member(Variant):
    async def join(self):
        self.room = room(self.place["name"])
        self.user = self.place["who"]
        presence = self.place["query"].get("presence", [""])[0] != "0"
        await self._mind(self.room.enter(self.user, self.address, presence=presence))

    async def left(self):
        await self._mind(self.room.exit(self.user, self.address))

    async def _mind(self, doing):
        """What a shared room could not do ends the connection."""
        try:
            await doing
        except Refusal:
            await self.end(FAILED)

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
            await self._mind(self.room.say(self.user, message))
        else:
            await self.tell(messages.error("invalid", "id, at or text is not valid"))

    async def _ping(self, message):
        n = messages.count(message.get("n"))
        if n is not None:
            await self.tell(messages.pong(n))
        else:
            await self.tell(messages.error("invalid", "n is not valid"))
