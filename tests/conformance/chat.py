"""People at WebSockets, for tests: what they say, and the wait for what must come."""

import asyncio
import json

import aiohttp

PATIENCE = 20  # a wait that ends here has failed; nothing is judged by its speed


class Peer:
    """One WebSocket, open within `async with`."""

    def __init__(self, address):
        self.address = address

    async def __aenter__(self):
        self.session = aiohttp.ClientSession()
        try:
            self.socket = await self.session.ws_connect(self.address)
            await self.opened()
        except BaseException:
            await self.session.close()
            raise
        return self

    async def opened(self):
        """For those who are told something first."""

    async def __aexit__(self, *exception):
        await self.socket.close()
        await self.session.close()

    async def send(self, message):
        await self.socket.send_str(message if isinstance(message, str) else encode(message))

    async def next_text(self):
        frame = await self.socket.receive(PATIENCE)
        assert frame.type == aiohttp.WSMsgType.TEXT, f"{frame.type} {self.socket.close_code} {frame.data!r}"
        return frame.data

    async def next(self):
        return json.loads(await self.next_text())

    async def until(self, **wanted):
        """The next message that has all of these, whatever comes before it."""
        while True:
            message = await self.next()
            if wanted.items() <= message.items():
                return message

    async def close_code(self):
        """Reads on to the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            async for _ in self.socket:
                pass
        return self.socket.close_code


class Person(Peer):
    """Someone in a chat room."""

    def __init__(self, url, room, user, query=""):
        super().__init__(f"{url}/ws/chat/{room}?user={user}{query}")
        self.user = user

    async def opened(self):
        self.welcome_text = await self.next_text()
        self.welcome = json.loads(self.welcome_text)

    async def say(self, id, text="hello", at=1):
        await self.send({"type": "say", "id": id, "at": at, "text": text})

    async def messages(self, number):
        return [await self.until(type="message") for _ in range(number)]


def encode(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


async def read_room(http, room, query=""):
    async with http.get(f"/api/chat/{room}{query}") as answer:
        return answer.status, await answer.json()
