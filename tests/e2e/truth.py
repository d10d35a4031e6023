"""Servers of known behaviour, each a process of its own that keeps a tally.

As a program: `truth.py fifo|workers|chat JSON` listens on a free port of 127.0.0.1, says so, serves until its
stdin ends, and then writes its tally. As a module: `Truth("fifo", stall=[3, 1])` is such a process.
"""

import base64
import gzip
import hashlib
import heapq
import json
import os
import random
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque


class Truth:
    program = __file__

    def __init__(self, kind, **options):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "-S", self.program, kind, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self):
        self.port = int(self.process.stdout.readline().split()[-1])
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.communicate()

    def signal(self, number):
        self.process.send_signal(number)

    def tally(self):
        """Ends the server; what it counted."""
        out, _ = self.process.communicate(b"", 120)
        return json.loads(out)


class Loop:
    """One thread, raw sockets: what a request waits for here is only what was asked for."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        self.timers = []
        self.number = 0

    def at(self, when, action):
        self.number += 1
        heapq.heappush(self.timers, (when, self.number, action))

    def run(self, make):
        print(f"listening on {self.listener.getsockname()[1]}", flush=True)
        while True:
            wait = self.timers[0][0] - time.monotonic() if self.timers else None
            for key, _ in self.selector.select(None if wait is None else max(wait, 0)):
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is self.listener:
                    self.accept(make)
                else:
                    self.read(key)
            while self.timers and self.timers[0][0] <= time.monotonic():
                heapq.heappop(self.timers)[2]()

    def accept(self, make):
        sock, _ = self.listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(sock, selectors.EVENT_READ, make(sock))

    def read(self, key):
        try:
            data = key.fileobj.recv(65536)
        except OSError:
            data = b""
        if data:
            key.data.take(data)
        else:
            self.selector.unregister(key.fileobj)
            key.data.lost()
            key.fileobj.close()


def send(sock, data):
    try:
        sock.sendall(data)
    except OSError:
        pass  # it has gone; nobody can hear it


class Fifo:
    """Answers in the order in which requests come, /status/N with status N.

    stall = [a, b]: stands still for b s, a s after the first request. exponential = mean: each request
    is served for a time drawn from that distribution, one after the other; service = each takes so long,
    one after the other. keep: the requests' bytes. last = [n, signal]: what comes to it with request n.
    """

    def __init__(self, loop, stall=None, exponential=None, service=0.0, seed=1, keep=False, delay=0.0, last=(0, 0)):
        self.loop, self.stall, self.mean, self.keep, self.delay = loop, stall, exponential, keep, delay
        self.service, self.last = service, last
        self.random = random.Random(seed)
        self.free_at = 0.0
        self.requests = []
        self.connections = 0

    def connection(self, sock):
        self.connections += 1
        return FifoConnection(self, sock)

    def request(self, sock, head, body):
        now = time.monotonic()
        if not self.requests and self.stall:
            after, length = self.stall
            self.loop.at(now + after, lambda: time.sleep(max(0, now + after + length - time.monotonic())))
        path = head.split(b" ", 2)[1].decode()
        status = int(path.rsplit("/", 1)[1]) if path.startswith("/status/") else 200
        row = {"at": now, "path": path, "status": status, "done": 0}
        if self.keep:
            row["bytes"] = (head + body).decode("latin-1")
        self.requests.append(row)
        if len(self.requests) == self.last[0]:
            os.kill(os.getpid(), self.last[1])
        answer = b"HTTP/1.1 %d Some\r\nContent-Length: 2\r\n\r\nok" % status
        if self.mean or self.service:
            takes = self.random.expovariate(1 / self.mean) if self.mean else self.service
            self.free_at = max(self.free_at, now) + takes
            self.loop.at(self.free_at, lambda: self.answer(sock, row, answer))
        elif self.delay:
            self.loop.at(now + self.delay, lambda: self.answer(sock, row, answer))
        else:
            self.answer(sock, row, answer)

    def answer(self, sock, row, answer):
        row["done"] = time.monotonic()  # before the client can have it
        send(sock, answer)

    def tally(self):
        return {"requests": self.requests, "connections": self.connections}


class FifoConnection:
    def __init__(self, server, sock):
        self.server, self.sock, self.buffer = server, sock, b""

    def take(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self.server.request(self.sock, head, rest[:length])

    def lost(self):
        pass


class Workers:
    """So many workers take requests in the order in which they come, each for `service` s.

    usl = [lambda, sigma, kappa]: no queue; a request takes as long as the Universal Scalability Law has it
    for the number in service when it comes, itself included. vary: each time is drawn between (1 - vary) and
    (1 + vary) of that. overload = [number, recovery, slowness]: as soon as more than `number` requests are
    there, and until `recovery` s after it was last so, all takes `slowness` times as long. body: the size
    of every answer, which comes in gzip.
    """

    def __init__(self, loop, workers=1, service=0.01, usl=None, vary=0.0, overload=None, body=None):
        self.loop, self.service, self.usl, self.vary = loop, service, usl, vary
        self.overload, self.slow_until = overload, 0.0
        self.free_at = [0.0] * workers
        self.random = random.Random(1)
        self.there = 0
        data, coding = b"ok", b""
        if body:
            data, coding = gzip.compress(b"." * body), b"Content-Encoding: gzip\r\n"
        self.bytes = b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (coding, len(data), data)

    def connection(self, sock):
        return FifoConnection(self, sock)

    def time_of(self):
        if not self.usl:
            return self.service
        throughput, sigma, kappa = self.usl
        n = self.there
        return (1 + sigma * (n - 1) + kappa * n * (n - 1)) / throughput

    def request(self, sock, head, body):
        now = time.monotonic()
        self.there += 1
        takes = self.time_of() * (1 + self.vary * self.random.uniform(-1, 1))
        if self.overload:
            most, recovery, slowness = self.overload
            self.slow_until = now + recovery if self.there > most else self.slow_until
            takes *= slowness if now < self.slow_until else 1
        done = now + takes
        if not self.usl:
            done = max(self.free_at[0], now) + takes
            heapq.heapreplace(self.free_at, done)
        self.loop.at(done, lambda: self.answer(sock))

    def answer(self, sock):
        self.there -= 1
        send(sock, self.bytes)

    def tally(self):
        return {}


class Chat:
    """Rooms: /ROOM/USER. Every message goes to everyone in the room after `delay` s; of the deliveries
    (counted over all of them) every drop-th is left out, every duplicate-th sent twice, and every swap-th
    held back until the next one to the same member has gone.
    """

    def __init__(self, loop, delay=0.025, drop=0, duplicate=0, swap=0):
        self.loop, self.delay, self.drop, self.duplicate, self.swap = loop, delay, drop, duplicate, swap
        self.rooms, self.said = {}, []
        self.deliveries = self.expected = self.lost = 0

    def connection(self, sock):
        return Member(self, sock)

    def join(self, member):
        self.rooms.setdefault(member.room, []).append(member)
        member.text(json.dumps({"type": "welcome"}))

    def say(self, sender, text):
        message = json.loads(text)
        message["type"] = "message"
        self.said.append({"user": sender.user, "room": sender.room, "id": message["id"], "text": message["text"]})
        out = json.dumps(message)
        for member in self.rooms[sender.room]:
            self.expected += 1
            self.deliveries += 1
            if self.drop and self.deliveries % self.drop == 0:
                self.lost += 1
                continue
            twice = self.duplicate and self.deliveries % self.duplicate == 0
            held = self.swap and self.deliveries % self.swap == 0
            member.queue.append((sender.user, message["id"], out, 2 if twice else 1, held))
            self.loop.at(time.monotonic() + self.delay, member.deliver)

    def tally(self):
        received = duplicated = reordered = 0
        order = {message["id"]: place for place, message in enumerate(self.said)}
        for member in (m for room in self.rooms.values() for m in room):
            heard, newest = set(), {}
            for sender, identity in member.sent:
                if identity in heard:
                    duplicated += 1
                    continue
                heard.add(identity)
                received += 1
                reordered += order[identity] < newest.get(sender, -1)
                newest[sender] = max(newest.get(sender, -1), order[identity])
        return {
            "said": self.said,
            "sizes": sorted(len(room) for room in self.rooms.values()),
            "expected": self.expected,
            "lost": self.lost,
            "received": received,
            "duplicated": duplicated,
            "reordered": reordered,
        }


class Member:
    """A WebSocket: RFC 6455 as far as a well-behaved client needs it."""

    def __init__(self, server, sock):
        self.server, self.sock, self.buffer = server, sock, b""
        self.room = self.user = None
        self.queue, self.held, self.sent = deque(), None, []

    def take(self, data):
        self.buffer += data
        if self.room is None:
            if b"\r\n\r\n" not in self.buffer:
                return
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            self.shake_hands(head.decode())
        while frame := self.frame():
            opcode, payload = frame
            if opcode == 1:
                self.server.say(self, payload.decode())
            elif opcode == 8:
                send(self.sock, b"\x88\x02" + payload[:2])

    def shake_hands(self, head):
        _, self.room, self.user = head.split(" ", 2)[1].split("/")
        key = next(v.strip() for n, _, v in (line.partition(":") for line in head.split("\r\n")) if n.lower() == "sec-websocket-key")
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        answer = f"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        send(self.sock, answer.encode())
        self.server.join(self)

    def frame(self):
        if len(self.buffer) < 6:
            return None
        length, at = self.buffer[1] & 127, 2
        if length == 126:
            length, at = struct.unpack_from("!H", self.buffer, 2)[0], 4
        if len(self.buffer) < at + 4 + length:
            return None
        mask = self.buffer[at : at + 4]
        payload = bytes(c ^ mask[i % 4] for i, c in enumerate(self.buffer[at + 4 : at + 4 + length]))
        opcode, self.buffer = self.buffer[0] & 15, self.buffer[at + 4 + length :]
        return opcode, payload

    def text(self, text):
        data = text.encode()
        head = struct.pack("!BB", 0x81, len(data)) if len(data) < 126 else struct.pack("!BBH", 0x81, 126, len(data))
        send(self.sock, head + data)

    def deliver(self):
        one = self.queue.popleft()
        if one[4] and self.held is None:
            self.held = one
            self.server.loop.at(time.monotonic() + 0.25, lambda: self.release(one))
            return
        self.hand_over(one)
        self.release(self.held)

    def release(self, one):
        """What was held back goes now, if it has not gone before."""
        if one is not None and self.held is one:
            self.held = None
            self.hand_over(one)

    def hand_over(self, one):
        sender, identity, text, times, _ = one
        for _ in range(times):
            self.text(text)
            self.sent.append((sender, identity))

    def lost(self):
        pass


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop = Loop()
    server = {"fifo": Fifo, "workers": Workers, "chat": Chat}[sys.argv[1]](loop, **json.loads(sys.argv[2]))
    loop.run(server.connection)
    json.dump(server.tally(), sys.stdout)


if __name__ == "__main__":
    main()
