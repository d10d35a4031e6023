"""Servers that misbehave: raw sockets in threads, each connection a script."""

import base64
import hashlib
import socket
import ssl
import struct
import subprocess
import threading
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Gone(Exception):
    """The client has closed the connection: the script ends there."""


class Line:
    """One accepted connection, in the hands of a script."""

    def __init__(self, sock, number, peer):
        self.sock, self.number, self.peer, self.buffer = sock, number, peer, b""
        self.bytes_in = self.bytes_out = 0

    def more(self):
        try:
            data = self.sock.recv(65536)
        except (OSError, ValueError):
            data = b""
        if not data:
            raise Gone
        self.buffer += data
        self.bytes_in += len(data)

    def request(self):
        """The next head; the bodies here are empty."""
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        with self.peer.lock:
            self.peer.requests += 1
        return head.decode("latin-1")

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None
        self.bytes_out += len(data)

    def drip(self, data, pause=0.0):
        """Byte by byte, each in a segment of its own."""
        for i in range(len(data)):
            self.send(data[i : i + 1])
            self.wait(pause)

    def wait(self, seconds):
        if seconds and self.peer.over.wait(seconds):
            raise Gone

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def until_gone(self):
        while True:
            self.more()
            self.buffer = b""

    # WebSocket

    def upgrade(self, accept=None, status="101 Yes", extra=""):
        head = self.request()
        key = next(v.strip() for n, _, v in (h.partition(":") for h in head.split("\r\n")) if n.lower() == "sec-websocket-key")
        good = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        accept = accept or base64.b64encode(good).decode()
        self.send(
            f"HTTP/1.1 {status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n{extra}\r\n".encode()
        )

    def frame(self):
        """The next frame from the client: opcode, payload."""
        first, payload = self.raw_frame()
        return first & 15, payload

    def raw_frame(self):
        """As above, with the whole first byte."""
        while len(self.buffer) < 6 or len(self.buffer) < 6 + (self.buffer[1] & 127):
            self.more()
        length = self.buffer[1] & 127
        assert length < 126 and self.buffer[1] & 128, "a short, masked frame"
        mask, payload = self.buffer[2:6], self.buffer[6 : 6 + length]
        first, self.buffer = self.buffer[0], self.buffer[6 + length :]
        return first, bytes(c ^ mask[i % 4] for i, c in enumerate(payload))


def frame(payload, opcode=1, final=True, bits=0, mask=False):
    first = (128 if final else 0) | bits | opcode
    size = len(payload)
    top = 128 if mask else 0
    if size < 126:
        head = struct.pack("!BB", first, top | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, top | 126, size)
    else:
        head = struct.pack("!BBQ", first, top | 127, size)
    return head + (bytes(4) if mask else b"") + payload


class Peer:
    """Listens on 127.0.0.1; `script(line)` in a thread for each connection; `tls` is an SSLContext."""

    def __init__(self, script, tls=None):
        self.script, self.tls = script, tls
        self.over, self.lock = threading.Event(), threading.Lock()
        self.connections = self.requests = 0
        self.faults, self.socks = [], []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        with self.lock:
            for sock in self.socks:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        assert not self.faults, self.faults

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=[sock], daemon=True).start()

    def serve(self, sock):
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            with self.lock:
                self.socks.append(sock)
                number = self.connections
                self.connections += 1
            self.script(Line(sock, number, self))
        except (Gone, OSError):
            pass
        except Exception as fault:
            self.faults.append(repr(fault))
        finally:
            sock.close()


@cache
def certificate():
    """A folder with a key and a certificate for 127.0.0.1 that nobody but us trusts."""
    folder = TemporaryDirectory(prefix="e2e-cert-")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder.name, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def certificate_file():
    return Path(certificate().name, "cert.pem")


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file(), Path(certificate().name, "key.pem"))
    return context
