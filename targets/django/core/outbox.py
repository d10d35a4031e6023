"""What waits for one reader.

A task writes, because a send waits while the socket is full; a queue over the
limit ends the reader with 1013. Nothing is dropped before that, and nobody
else waits.
"""

import asyncio
from collections import deque

from core.config import config

TRY_AGAIN_LATER = 1013


class Outbox:
    def __init__(self, send, on_overflow):
        self._queue = deque()  # (text, size)
        self._bytes = 0
        self._closing = None  # the code that follows the last queued frame
        self._send = send
        self._on_overflow = on_overflow
        self._filled = asyncio.Event()

    def send(self, text, size):
        if self._closing:
            return
        if len(self._queue) >= config.reader_messages or self._bytes + size > config.reader_bytes:
            # After the delivery that is under way: leaving publishes to the same members.
            asyncio.get_running_loop().call_soon(self._on_overflow)
            self.close(TRY_AGAIN_LATER)
            return
        self._queue.append((text, size))
        self._bytes += size
        self._filled.set()

    def close(self, code):
        """Closes behind what is queued."""
        if not self._closing:
            self._closing = code
            self._filled.set()

    async def write(self):
        """Runs as a task beside the reader; ends after the close frame."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                text, size = self._queue.popleft()
                self._bytes -= size
                await self._send({"type": "websocket.send", "text": text})
            if self._closing:
                await self._send({"type": "websocket.close", "code": self._closing})
                return
