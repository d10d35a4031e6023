"""A server that keeps a ledger: of every request when it came, on which connection, what was answered to it,
when, and how many bytes went either way.  What it does stands in the path, whatever follows a `?`:

    /ok/N         an answer with a body of N bytes
    /wait/S       an answer after S seconds
    /first/S      the head at once, the body after S seconds
    /drip/N/S     a body of N bytes, one by one, S seconds apart
    /status/N     status N
    /never        no answer
    /half         half an answer, then a reset
    /cut          half an answer, then the end
    /more         an answer and bytes that nobody asked for
    /last         an answer, the last one of its connection

As a program: see truth.py.  As a module: `Ledger()` is such a process.
"""

import json
import signal
import socket
import struct
import sys
import time

from truth import Loop, Truth

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + b"x" * 100


class Ledger(Truth):
    program = __file__

    def __init__(self):
        super().__init__("ledger")


def answer(size, status=200, extra=""):
    return f"HTTP/1.1 {status} Some\r\n{extra}Content-Length: {size}\r\n\r\n".encode() + b"x" * size


class Book:
    def __init__(self, loop):
        self.loop, self.rows, self.connections = loop, [], 0

    def connection(self, sock):
        self.connections += 1
        return Line(self, sock, self.connections)

    def tally(self):
        return {"requests": self.rows, "connections": self.connections}


class Line:
    """One connection."""

    def __init__(self, book, sock, number):
        self.book, self.sock, self.number = book, sock, number
        self.buffer, self.began = b"", 0

    def take(self, data):
        self.began = self.began or time.monotonic()
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            names = {n.lower(): v for n, _, v in (line.partition(b":") for line in head.split(b"\r\n")[1:])}
            length = int(names.get(b"content-length", 0))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self.request(head.split(b" ", 2)[1].decode(), len(head) + 4 + length)

    def request(self, path, size):
        row = {"path": path, "line": self.number, "at": self.began, "in": size, "out": 0, "first": 0, "done": 0}
        self.began = time.monotonic() if self.buffer else 0
        self.book.rows.append(row)
        what, *words = path.partition("?")[0].strip("/").split("/")
        getattr(self, "do_" + what)(row, *words)

    def send(self, row, data, last=True):
        now = time.monotonic()
        try:
            self.sock.sendall(data)
        except OSError:
            return  # it has gone
        row["out"] += len(data)
        row["first"] = row["first"] or now
        row["done"] = now if last else 0

    def later(self, seconds, action):
        self.book.loop.at(time.monotonic() + float(seconds), action)

    def do_ok(self, row, size):
        self.send(row, answer(int(size)))

    def do_wait(self, row, seconds):
        self.later(seconds, lambda: self.send(row, answer(2)))

    def do_first(self, row, seconds):
        whole = answer(40)
        self.send(row, whole[:-40], last=False)
        self.later(seconds, lambda: self.send(row, whole[-40:]))

    def do_drip(self, row, size, seconds):
        self.send(row, answer(int(size))[: -int(size)], last=False)
        for i in range(int(size)):
            self.later((i + 1) * float(seconds), lambda last=i + 1 == int(size): self.send(row, b"x", last))

    def do_status(self, row, status):
        self.send(row, answer(10, int(status)))

    def do_never(self, row):
        pass

    def do_half(self, row):
        self.send(row, HALF)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.end()

    def do_cut(self, row):
        self.send(row, HALF)
        self.end()

    def do_more(self, row):
        self.send(row, answer(5) + b"HTTP/1.1 200 Unasked\r\nContent-Length: 0\r\n\r\n")

    def do_last(self, row):
        self.send(row, answer(5, extra="Connection: close\r\n"))
        self.end()

    def end(self):
        self.book.loop.selector.unregister(self.sock)
        self.sock.close()

    def lost(self):
        pass


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop = Loop()
    book = Book(loop)
    loop.run(book.connection)
    json.dump(book.tally(), sys.stdout)


if __name__ == "__main__":
    main()
