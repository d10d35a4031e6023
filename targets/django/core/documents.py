"""Shared documents: a text, its revision, and the operations that led to it.

One order for all: the process that holds the document gives the numbers.
"""

import hashlib
import re
from collections import deque

from core import messages
from core.bus import bus
from core.config import config
from core.transform import apply, rebase

INSERT = re.compile(r"[\x20-\x7e\n]{1,4096}")  # where JavaScript and Python count alike


class Document:
    def __init__(self, id):
        self.id = id
        self.key = f"doc.{id}"  # on the bus
        self.rev = 0
        self.text = ""
        self._log = deque(maxlen=config.doc_revs)  # oldest first; `before` is the length of the text before one

    def refusal(self, op):
        """The answer to an operation that cannot be taken, or none."""
        if op is None or op["rev"] > self.rev:
            return "invalid"
        if self.rev - op["rev"] > config.doc_revs:
            return "stale"
        end = op["pos"] + op.get("delete", 0)
        size = len(self.text) + len(op.get("insert", ""))
        return "invalid" if end > self._length_at(op["rev"]) or size > config.doc_bytes else None

    async def submit(self, author, address, id, op):
        """Orders the operation, and tells all: the author gets one ack, behind what
        was ordered before it."""
        change = {key: value for key, value in op.items() if key != "rev"}
        pieces = rebase(change, self._since(op["rev"]))
        for piece in pieces:
            self._take(piece)
        first = self.rev - len(pieces) + 1
        ack = messages.ack(id, self.rev)
        if not pieces:
            return await bus.tell(address, ack)  # all of it had gone already
        for rev, piece in enumerate(pieces, first):
            own = ack if rev == first + len(pieces) - 1 else None
            await bus.publish(self.key, messages.op(author, id, rev, piece), author=address, own=own)

    def describe(self):
        sha256 = hashlib.sha256(self.text.encode()).hexdigest()
        return {"id": self.id, "rev": self.rev, "length": len(self.text), "sha256": sha256, "text": self.text}

    def _take(self, op):
        self._log.append({**op, "before": len(self.text)})
        self.text = apply(self.text, op)
        self.rev += 1

    def _since(self, rev):
        return [self._log[i] for i in range(rev - self.rev, 0)]

    def _length_at(self, rev):
        return next((op["before"] for op in self._since(rev)), len(self.text))


def operation(message):
    """The operation that a message stands for, in whole numbers, or None."""
    op = {"rev": messages.count(message.get("rev")), "pos": messages.count(message.get("pos"))}
    if op["rev"] is None or op["pos"] is None or ("insert" in message) == ("delete" in message):
        return None
    if "insert" in message:
        text = message["insert"]
        return op | {"insert": text} if isinstance(text, str) and INSERT.fullmatch(text) else None
    length = messages.count(message["delete"])
    return op | {"delete": length} if length else None


_documents = {}


def document(id):
    found = _documents.get(id)
    if found is None:
        found = _documents[id] = Document(id)
    return found


def peek_document(id):
    """For a reader: a document that nobody has opened is empty, and stays unmade."""
    return _documents.get(id) or Document(id)
