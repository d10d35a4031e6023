"""A server of event streams and downloads that notes what it sent and when.

As a program: `events.py` listens on a free port of 127.0.0.1, says so, serves until its stdin ends, and
then writes its tally. As a module: `Events()` is such a process. The query says what a stream is like:

  /ticks   n events at hz, the first after `first` s, each off by up to `jitter` s; style = lf, crlf, cr,
           bytes (byte by byte), split (cut within characters), burst (five at once); cut = k ends the
           connection after k events, reset = 1 with a reset; skip = ID, twice = ID; pause = ID waits
           0.9 s before it; silent = k says nothing after k events; type, status, retry (ms), last = 1
           says `event: end`. Last-Event-ID: k begins with k + 1; stop = 1 answers it with 204.
  /bytes   n bytes in pieces of `piece`, `pause` s between two of them
"""

import json
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qsl, urlsplit


class Events:
    def __init__(self):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "-S", __file__],
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

    def tally(self):
        """Ends the server; its streams, in the order of their requests."""
        out, _ = self.process.communicate(b"", 120)
        return json.loads(out)


class Stream:
    """One answer, on a thread of its own; `note` is its part of the tally."""

    def __init__(self, sock, path, headers, note):
        self.sock, self.note = sock, note
        self.query = dict(parse_qsl(urlsplit(path).query))
        self.last = headers.get("last-event-id")
        note.update(path=urlsplit(path).path, last=self.last, sent=[], headers=headers)

    def number(self, name, default=0.0):
        return float(self.query.get(name, default))

    def head(self, status, media_type, more=""):
        self.sock.sendall(f"HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\n{more}\r\n".encode())

    def chunk(self, data):
        self.sock.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def write(self, data):
        style = self.query.get("style", "lf")
        if style == "crlf":
            data = data.replace(b"\n", b"\r\n")
        elif style == "cr":
            data = data.replace(b"\n", b"\r")
        if style == "bytes":
            for i in range(len(data)):
                self.chunk(data[i : i + 1])
        elif style == "split":
            middle = data.index("€".encode()) + 1 if "€".encode() in data else len(data) // 2
            self.chunk(data[:middle])
            time.sleep(0.002)
            self.chunk(data[middle:])
        else:
            self.chunk(data)

    def event(self, number):
        return f'id: {number}\nevent: tick\ndata: {{"n":{number},"text":"€"}}\n\n'.encode()

    def ticks(self):
        status = int(self.number("status", 200))
        if self.last is not None and "stop" in self.query:
            status = 204
        if status == 204:
            self.head(204, "text/plain")
            return True
        more = "Content-Length: 0\r\n" if status != 200 else "Transfer-Encoding: chunked\r\n"
        self.head(status, self.query.get("type", "text/event-stream; charset=utf-8"), more)
        if status != 200:
            return True
        if "retry" in self.query:
            self.chunk(b"retry: %d\n\n" % int(self.query["retry"]))
        begin = int(self.last or 0) + 1
        end = int(self.number("n", 10))
        start = time.monotonic() + self.number("first", 0)
        self.send_events(range(begin, end + 1), start)
        if self.note.get("cut"):
            return False
        if "last" in self.query:
            self.chunk(b"event: end\ndata: {}\n\n")
        self.sock.sendall(b"0\r\n\r\n")
        return True

    def send_events(self, numbers, start):
        hz, jitter, rng = self.number("hz", 50), self.number("jitter"), random.Random(1)
        each = 5 if self.query.get("style") == "burst" else 1
        count, text, times = 0, b"", []
        for number in numbers:
            if number == int(self.number("skip", -1)):
                continue
            due = start + count // each * each / hz + rng.uniform(0, jitter)
            if number == int(self.number("pause", -1)):
                start += 0.9
                due += 0.9
            time.sleep(max(0.0, due - time.monotonic()))
            text += self.event(number) * (2 if number == int(self.number("twice", -1)) else 1)
            count += 1
            times.append(number)
            if len(times) == each or number == numbers[-1]:
                now = time.monotonic()
                self.note["sent"] += [[n, now] for n in times]
                self.write(text)
                text, times = b"", []
            if count == int(self.number("silent", -1)):
                self.sock.recv(1)  # until the client goes
                self.note["cut"] = True
                return
            if count == int(self.number("cut", -1)):
                self.note["cut"] = True
                return

    def bytes(self):
        left, piece = int(self.number("n", 1000)), int(self.number("piece", 1 << 16))
        self.head(200, "application/octet-stream", f"Content-Length: {left}\r\n")
        self.note["began"] = time.monotonic()
        while left > 0:
            n = min(left, piece)
            self.sock.sendall(b"x" * n)
            left -= n
            if left > 0:
                time.sleep(self.number("pause"))
        self.note["ended"] = time.monotonic()
        return True


def serve(sock, tally, lock):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = b""
    try:
        while True:
            while b"\r\n\r\n" not in buffer:
                data = sock.recv(65536)
                if not data:
                    return
                buffer += data
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            line, *rest = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (h.partition(":") for h in rest)}
            buffer = buffer[int(headers.get("content-length", 0)) :]
            note = {}
            with lock:
                tally.append(note)
            stream = Stream(sock, line.split()[1], headers, note)
            if not (stream.bytes() if note["path"] == "/bytes" else stream.ticks()):
                if "reset" in stream.query:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
    except OSError:
        pass  # the client has what it wanted
    finally:
        sock.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    tally, lock = [], threading.Lock()
    print(f"listening on {listener.getsockname()[1]}", flush=True)

    def accept():
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=serve, args=(sock, tally, lock), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    with lock:
        json.dump(tally, sys.stdout)


if __name__ == "__main__":
    main()
