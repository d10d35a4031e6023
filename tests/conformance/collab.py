"""A model of someone who writes in a shared document, and knows only what it was told.

It has one operation on its way at a time. What that became, it works out in a
way of its own: it marks characters, and lets the others' operations move them.
"""

import hashlib

from chat import Peer


class Writer(Peer):
    def __init__(self, url, document, user):
        super().__init__(f"{url}/ws/doc/{document}?user={user}")
        self.user = user
        self.op = None  # on its way
        self.heard = []  # since it was made

    async def opened(self):
        first = await self.next()
        assert list(first) == ["type", "id", "rev", "text"]
        self.rev, self.text = first["rev"], first["text"]

    async def submit(self, id, op):
        self.op, self.heard, self.length = op, [], len(self.text)
        await self.send({"type": "op", "id": id, "rev": self.rev} | op)

    async def hear(self):
        """Takes the next frame. True: it was the ack of the operation on its way."""
        frame = await self.next()
        if frame["type"] == "ack":
            self.apply(*became(self.op, self.length, self.heard))
            assert frame["rev"] == self.rev, (frame, self.rev)
            return True
        assert (frame["type"], frame["rev"]) == ("op", self.rev + 1), (frame, self.rev)
        op = {key: frame[key] for key in ("pos", "insert", "delete") if key in frame}
        self.heard.append(op)
        self.apply(op)
        return False

    async def write(self, id, op):
        await self.submit(id, op)
        while not await self.hear():
            pass

    async def catch_up(self, rev):
        while self.rev < rev:
            await self.hear()

    def apply(self, *ops):
        for op in ops:
            self.text = applied(self.text, op)
            self.rev += 1


def became(op, length, heard):
    """The operations that `op`, made in a text of `length`, has become after those heard."""
    if "insert" in op:
        cells = [index < op["pos"] for index in range(length)]  # marked: left of it
        for each in heard:
            move(cells, each, marks_new=lambda pos, cells=cells: pos <= sum(cells))
        return [{"pos": sum(cells), "insert": op["insert"]}]
    cells = [op["pos"] <= index < op["pos"] + op["delete"] for index in range(length)]  # marked: to go
    for each in heard:
        move(cells, each, marks_new=lambda pos: False)
    return list(runs(cells))


def move(cells, op, marks_new):
    pos = op["pos"]
    if "insert" in op:
        cells[pos:pos] = [marks_new(pos)] * len(op["insert"])
    else:
        del cells[pos : pos + op["delete"]]


def runs(cells):
    """Each run of marked cells as a delete, where it is once the runs before it have gone."""
    unmarked, length = 0, 0
    for marked in [*cells, False]:
        if marked:
            length += 1
        else:
            if length:
                yield {"pos": unmarked, "delete": length}
            unmarked, length = unmarked + 1, 0


def applied(text, op):
    pos = op["pos"]
    if "insert" in op:
        return text[:pos] + op["insert"] + text[pos:]
    return text[:pos] + text[pos + op["delete"] :]


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()
