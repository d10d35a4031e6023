"""A session as a plain ASGI application: no consumer, no channel layer."""

import asyncio
from contextlib import suppress

from core.outbox import Outbox
from core.session import Session


class DirectSession(Session):
    @classmethod
    def as_asgi(cls):
        async def application(scope, receive, send):
            await cls().run(scope, receive, send)

        return application

    async def run(self, scope, receive, send):
        self.enter(scope)
        self.address = Outbox(send, self.drop_out)
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})
        writer = asyncio.create_task(self._write())
        try:
            await self.arrive()
            await self._listen(receive)
        finally:
            self.gone()
            await self.leave()
            writer.cancel()

    async def _listen(self, receive):
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            await self.hear(event.get("text"))

    async def _write(self):
        with suppress(OSError):  # the connection is lost; the disconnect that follows tells
            await self.address.write()

    async def tell(self, text):
        self.address.send(text, len(text.encode()))

    async def close(self, code):
        self.address.close(code)
