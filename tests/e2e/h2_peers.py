"""HTTP/2 servers that misbehave: frames by hand, each connection a script over one `Frames`. The peer's
`spoken` counts connections that spoke HTTP/2, which a look whether the server is ready does not."""

import contextlib
import random
import socket
import struct
import subprocess
import time

from peers import frame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
OK_HEAD = b"\x88"  # :status: 200 of HPACK's static table
CONNECT_ALLOWED = struct.pack("!HI", 8, 1)


def streams_allowed(n):
    return struct.pack("!HI", 3, n)


def h2_frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


class Frames:
    """Frames of one connection: what opens a stream is given to `answer`, the rest is seen to here."""

    def __init__(self, line, settings=b""):
        self.line, self.open, self.most = line, set(), 0
        while len(line.buffer) < len(PREFACE):
            line.more()
        assert line.buffer.startswith(PREFACE)
        line.buffer = line.buffer[len(PREFACE) :]
        self.peer = line.peer
        with self.peer.lock:
            self.peer.spoken = getattr(self.peer, "spoken", 0) + 1
        self.send(SETTINGS, 0, 0, settings)

    def send(self, kind, flags, stream, payload=b""):
        self.line.send(h2_frame(kind, flags, stream, payload))

    def next(self):
        line = self.line
        while len(line.buffer) < 9 or len(line.buffer) < 9 + int.from_bytes(line.buffer[:3], "big"):
            line.more()
        size = int.from_bytes(line.buffer[:3], "big")
        kind, flags, stream = struct.unpack("!BBI", line.buffer[3:9])
        payload, line.buffer = line.buffer[9 : 9 + size], line.buffer[9 + size :]
        if kind == SETTINGS and not flags & ACK:
            self.send(SETTINGS, ACK, 0)
        elif kind == RST:
            self.open.discard(stream)
        return kind, flags, stream, payload

    def request(self):
        """The next stream that is opened."""
        while True:
            kind, _, stream, _ = self.next()
            if kind == HEADERS:
                self.open.add(stream)
                self.most = max(self.most, len(self.open))
                with self.peer.lock:
                    self.peer.requests += 1
                return stream

    def answer(self, stream, body=b"ok"):
        self.open.discard(stream)
        self.line.send(
            h2_frame(HEADERS, END_HEADERS, stream, OK_HEAD) + h2_frame(DATA, END_STREAM, stream, body)
        )


def serving(answer, settings=b""):
    """A script: `answer(frames, stream)` for each request."""

    def script(line):
        frames = Frames(line, settings)
        while True:
            answer(frames, frames.request())

    return script


def websocket_echo(line):
    """Sends back each message, which fits one frame of each kind."""
    frames = Frames(line, CONNECT_ALLOWED)
    while True:
        kind, flags, stream, payload = frames.next()
        if kind == HEADERS:
            frames.send(HEADERS, END_HEADERS, stream, OK_HEAD)
        elif kind == DATA and len(payload) >= 6:
            mask, text = payload[2:6], payload[6:]
            text = bytes(c ^ mask[i % 4] for i, c in enumerate(text))
            opcode = payload[0] & 15
            frames.send(DATA, END_STREAM if opcode == 8 else 0, stream, frame(text, opcode))


def free_port():
    """Below the ports that the kernel gives to whoever asks for any: nobody gets it in the meantime."""
    while True:
        port = random.randrange(15000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextlib.contextmanager
def nghttpd(folder, *options, tls=()):
    """nghttp2's own server; its address and the file that it logs every frame to."""
    (folder / "index.html").write_text("ok")
    port = free_port()
    log = folder / "log"
    command = ["nghttpd", "--address=127.0.0.1", "-v", "-d", folder, *options, port, *tls]
    with open(log, "w") as out:
        server = subprocess.Popen([str(part) for part in command], stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + 60
            while "listen" not in log.read_text(errors="replace"):
                assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
            yield f"127.0.0.1:{port}", log
        finally:
            server.terminate()
            server.wait()


def requests_in(log):
    return log.read_text(errors="replace").count(":method: ")
