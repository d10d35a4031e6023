"""Rooms in Redis, which several processes share; ../../data/chat.lua is what
happens there.

Connections of a pool speak and one listens: what it hears goes to this
process's members by the bus, in the order of hearing.
"""

import asyncio
import json
from contextlib import suppress
from itertools import count as counter
from pathlib import Path

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from core.bus import bus
from core.config import config
from core.errors import Refusal
from core.lifecycle import lifecycle
from core.messages import count
from core.wire import encode

FAILED = 1011
LOST = (RedisError, OSError)
SCRIPT = (Path(__file__).parents[2] / "data" / "chat.lua").read_text()


def key(*parts):
    return ":".join((config.namespace, "chat", *map(str, parts)))


def unanswered():
    return Refusal(503, "overloaded", "the broker does not answer")


class Broker:
    def __init__(self):
        wait = config.database_wait_ms / 1000
        pool = BlockingConnectionPool.from_url(
            config.redis_url, max_connections=config.database_pool, timeout=wait, decode_responses=True
        )
        self.speaker = Redis(connection_pool=pool)
        self.script = self.speaker.register_script(SCRIPT)
        self.held, self.mine = key("held", lifecycle.worker), key("to", lifecycle.worker)
        self.joining = {}  # token -> who waits for a welcome
        self.tokens = counter(1)
        self.is_listening = False  # to what is meant for this process
        self.subscribed = {}  # channel -> an event

    async def open(self):
        await self._listen()
        self.task = asyncio.create_task(self._keep_hearing())
        await self._forget_predecessor()

    async def _listen(self):
        self.listener = Redis.from_url(config.redis_url, decode_responses=True).pubsub()
        await self.listener.subscribe(self.mine)
        await self.listener.get_message(timeout=None)  # that it is subscribed
        self.is_listening = True

    async def subscribe(self, channel):
        """Once for each channel; others wait for the first."""
        if not self.is_listening:
            raise unanswered()
        event = self.subscribed.get(channel)
        if event is None:
            event = self.subscribed[channel] = asyncio.Event()
            try:
                await self.listener.subscribe(channel)
            except RedisError:
                await self.listener.aclose()  # who hears sees that, and begins anew
        await event.wait()
        if not self.is_listening:
            raise unanswered()

    async def call(self, name, verb, *values):
        keys = [key(kind, name) for kind in ("seq", "history", "members")]
        try:
            return await self.script(keys=[*keys, self.held], args=[verb, key("room", name), *values])
        except RedisError:
            raise unanswered() from None

    async def _keep_hearing(self):
        while True:
            with suppress(*LOST):
                await self._hear()
            self._lose()
            with suppress(*LOST):
                await self.listener.aclose()
            while not self.is_listening:
                await asyncio.sleep(0.1)
                with suppress(*LOST):
                    await self._listen()

    async def _hear(self):
        async for message in self.listener.listen():
            if message["type"] == "subscribe":
                self.subscribed.setdefault(message["channel"], asyncio.Event()).set()
            elif message["channel"] == self.mine:
                await self._welcome(*message["data"].split(" ", 1))
            else:
                await _deliver(message["channel"].removeprefix(key("room", "")), message["data"])

    def _lose(self):
        """What is published while nobody listens is lost: better no connection than a gap."""
        self.is_listening = False
        for event in self.subscribed.values():
            event.set()
        self.subscribed = {}
        joining, self.joining = self.joining, {}
        bus.close_all(FAILED, [address for _, address, _ in joining.values()])

    async def _welcome(self, token, text):
        name, address, presence = self.joining.pop(token, (None, None, None))
        if name:  # it may have left meanwhile
            await bus.subscribe(name, address, presence=presence)
            await bus.tell(address, text)

    async def _forget_predecessor(self):
        """The process that had this number before may have died with people in its rooms."""
        for member, times in (await self.speaker.hgetall(self.held)).items():
            name, user = member.split(" ")
            for _ in range(int(times)):
                await self.call(name, "leave", name, user)


async def _deliver(name, text):
    if text[0] == "m":
        await bus.publish(name, text[1:])
    else:
        await bus.publish_presence(name, text[1:])


class SharedRoom:
    def __init__(self, name):
        self.name = name
        self.tokens = {}  # address -> token

    async def enter(self, user, address, *, presence):
        await broker.subscribe(key("room", self.name))
        token = self.tokens[address] = str(next(broker.tokens))
        broker.joining[token] = (self.name, address, presence)
        await broker.call(self.name, "join", self.name, user, broker.mine, token, config.history_welcome)

    async def exit(self, user, address):
        token = self.tokens.pop(address, None)
        broker.joining.pop(token, None)
        await bus.unsubscribe(self.name, address)
        if token:  # else it has not come
            await broker.call(self.name, "leave", self.name, user)

    async def say(self, sender, say):
        before = encode({"type": "message", "room": self.name, "from": sender})[:-1] + ',"seq":'
        after = "," + encode({"id": say["id"], "at": count(say["at"]), "text": say["text"]})[1:]
        return await broker.call(self.name, "say", config.history_kept, before, after)

    async def read(self, after, limit):
        seq, newest_first = await broker.call(self.name, "read")
        messages = [message for message in map(json.loads, reversed(newest_first)) if message["seq"] > after]
        return {"room": self.name, "seq": int(seq), "messages": messages[:limit]}


async def _open():
    """With the server, whose event loop and number it needs."""
    global broker
    broker = Broker()
    await broker.open()


lifecycle.starters.append(_open)
_rooms = {}


def room(name):
    found = _rooms.get(name)
    if found is None:
        found = _rooms[name] = SharedRoom(name)
    return found


def peek(name):
    return _rooms.get(name) or SharedRoom(name)
