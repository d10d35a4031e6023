"""What a room knows: its numbers, its last messages, who is in it.

Nothing here touches a socket; core/bus.py carries what is published.
"""

from collections import Counter, deque
from itertools import islice

from core.bus import bus
from core.config import config
from core.messages import count, presence, welcome
from core.wire import encode


class Room:
    def __init__(self, name):
        self.name = name
        self.seq = 0
        self.history = deque(maxlen=config.history_kept)  # oldest first
        self._connections = Counter()  # user -> open connections: the same user may come twice

    @property
    def members(self):
        return sorted(self._connections)

    async def join(self, user):
        """A user joins with the first connection and leaves with the last one."""
        self._connections[user] += 1
        if self._connections[user] == 1:
            await self._announce(user, "join")

    async def leave(self, user):
        self._connections[user] -= 1
        if self._connections[user] == 0:
            del self._connections[user]
            await self._announce(user, "leave")

    async def say(self, sender, say):
        """Gives the message its number and serialises it, once for all receivers."""
        self.seq += 1
        seq = self.seq
        message = {
            "type": "message",
            "room": self.name,
            "from": sender,
            "seq": seq,
            "id": say["id"],
            "at": count(say["at"]),
            "text": say["text"],
        }
        self.history.append(message)
        await bus.publish(self.name, encode(message))
        return seq

    async def enter(self, user, address, *, presence):
        """Without a pause before the welcome, so that the next message has the next number."""
        await self.join(user)  # told to those who were here before
        await bus.subscribe(self.name, address, presence=presence)
        last = self.last(config.history_welcome)
        await bus.tell(address, welcome(self.name, user, self.seq, self.members, last))

    async def exit(self, user, address):
        await bus.unsubscribe(self.name, address)
        await self.leave(user)

    async def read(self, seq, limit):
        return {"room": self.name, "seq": self.seq, "messages": self.after(seq, limit)}

    def last(self, number):
        return list(self.history)[-number:]

    def after(self, seq, limit):
        return list(islice((message for message in self.history if message["seq"] > seq), limit))

    async def _announce(self, user, event):
        await bus.publish_presence(self.name, presence(self.name, user, event, len(self._connections)))


_rooms = {}


def room(name):
    found = _rooms.get(name)
    if found is None:
        found = _rooms[name] = Room(name)
    return found


def peek(name):
    """For a reader: a room that nobody has used is empty, and stays unmade."""
    return _rooms.get(name) or Room(name)
