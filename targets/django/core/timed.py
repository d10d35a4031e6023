"""How long a request may take to arrive, and what else either of uvicorn's HTTP protocols is asked for."""

import asyncio

from core.config import config

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n"


class Timed:
    """Beside uvicorn's own, which waits for ever. Only a request that comes in pieces is timed."""

    timer = None
    is_lost = False
    lost = None  # an event, made for who waits for it: it holds 600 bytes

    def connection(self):
        """For the application, as extensions of its scope."""
        return {"cut": self.cut, "gone": self.transport.is_closing, "lost": self.until_lost}

    async def cut(self):
        self.transport.abort()
        await self.until_lost()

    async def until_lost(self):
        """Until uvicorn has been told that the connection has gone, which the loop does when it likes, it calls an answer
        that ends early the application's fault."""
        if not self.is_lost:
            self.lost = self.lost or asyncio.Event()
            await self.lost.wait()

    def watch(self, arriving):
        """After each piece: is there a request of which more must come?"""
        if not arriving:
            self._stop_timer()
        elif not self.timer:
            self.timer = self.loop.call_later(config.request_seconds, self._give_up)

    def connection_lost(self, exc):
        self._stop_timer()
        super().connection_lost(exc)
        self.is_lost = True
        if self.lost:
            self.lost.set()

    def _stop_timer(self):
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def _give_up(self):
        if not self.transport.is_closing():
            self.transport.write(TOO_SLOW)
            self.transport.close()
