"""A person at a shared document: opens it, changes it, leaves."""

from core import messages
from core.bus import bus
from core.documents import document, operation
from core.variant import Variant


class Writer(Variant):
    async def join(self):
        """Without a pause, so that the first operation after the text has the next number."""
        self.document = document(self.place["name"])
        self.user = self.place["who"]
        await bus.subscribe(self.document.key, self.address, presence=False)
        await self.tell(messages.doc(self.document.id, self.document.rev, self.document.text))

    async def left(self):
        await bus.unsubscribe(self.document.key, self.address)

    async def take(self, message):
        id = message.get("id")
        if message.get("type") != "op":
            return await self.tell(messages.error("unknown_type", "a message is an op"))
        if not messages.is_id(id):
            return await self.tell(messages.error("invalid", "id is not valid"))
        op = operation(message)
        code = self.document.refusal(op)
        if code:
            await bus.tell(self.address, messages.reject(id, self.document.rev, code))
        else:
            await self.document.submit(self.user, self.address, id, op)
