"""One connection of one person in one place (a room, a document, a match): what
it hears, what it is told, and that it leaves once.

What both variants share; core/session_channels.py and core/session_direct.py
say how frames come and go. Who extends one gives `join()`, `left()`, and
`take(message)` for each JSON object.
"""

import asyncio

from core.config import config
from core.wire import decode

UNSUPPORTED_DATA = 1003
POLICY_VIOLATION = 1008


class Session:
    """A variant gives `tell(text)`, `close(code)` and `address`, what the bus delivers to."""

    here = False
    cutting = None

    def enter(self, scope):
        self.place = scope["place"]
        self.cut = scope["extensions"].get("cut", lambda: None)

    async def arrive(self):
        self.here = True
        await self.join()

    async def leave(self):
        if self.here:
            self.here = False
            await self.left()

    def drop_out(self):
        """Too slow: gone from the place now, and cut off if it does not read to the end in time."""
        loop = asyncio.get_running_loop()
        self.leaving = loop.create_task(self.leave())
        self.cutting = loop.call_later(config.ws_close_seconds, self.cut)

    def gone(self):
        if self.cutting:
            self.cutting.cancel()

    async def end(self, code):
        """Leaves now; the close frame goes out behind what is queued."""
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
        await self.take(message)


def _parse_object(text):
    try:
        value = decode(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
