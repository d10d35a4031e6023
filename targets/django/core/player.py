"""A player in a match: joins if there is a place, moves, leaves."""

from core import messages
from core.bus import bus
from core.matches import match
from core.session import POLICY_VIOLATION
from core.variant import Variant

TRY_AGAIN_LATER = 1013


class Player(Variant):
    match = None  # none: there was no place

    async def join(self):
        self.name = self.place["who"]
        found = match(self.place["name"])
        if found.has(self.name):
            return await self.end(POLICY_VIOLATION)
        if found.is_full:
            return await self.end(TRY_AGAIN_LATER)
        self.match = found
        found.join(self.name)
        await bus.subscribe(found.key, self.address, presence=False)

    async def left(self):
        if self.match:
            await bus.unsubscribe(self.match.key, self.address)
            self.match.leave(self.name)

    async def take(self, message):
        if message.get("type") != "move":
            return await self.tell(messages.error("unknown_type", "a message is a move"))
        move = messages.move(message)
        if move:
            self.match.move(self.name, move)
        else:
            await self.tell(messages.error("invalid", "n, dx or dy is not valid"))
