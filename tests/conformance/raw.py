"""HTTP and WebSocket by hand, for what a well-behaved client library never sends."""

import base64
import os
import socket
import struct
from urllib.parse import urlsplit

from launcher import ANY_CERTIFICATE

PATIENCE = 20
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def connect(url, receive_buffer=None):
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(PATIENCE)
    parts = urlsplit(url)
    sock.connect((parts.hostname, parts.port))
    return ANY_CERTIFICATE.wrap_socket(sock) if parts.scheme == "https" else sock


def exchange(sock, request):
    """Sends the bytes; gives status, headers, body of the one answer."""
    sock.sendall(request)
    with sock.makefile("rb", buffering=0) as stream:
        status, headers = read_head(stream)
        return status, headers, stream.read(int(headers.get("content-length", 0)))


def read_head(stream):
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return status, headers


class RawSocket:
    """A WebSocket that reads only when told, and sends whatever it is told."""

    def __init__(self, url, path, receive_buffer=None, extra=""):
        self.sock = connect(url, receive_buffer)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall(
            f"GET {path} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{extra}\r\n".encode()
        )
        self.stream = self.sock.makefile("rb", buffering=0)
        self.status, self.headers = read_head(self.stream)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stream.close()
        self.sock.close()

    def send(self, opcode, payload, final=True):
        head = bytes([(0x80 if final else 0) | opcode])
        if len(payload) < 126:
            head += bytes([0x80 | len(payload)])
        elif len(payload) < 65536:
            head += struct.pack("!BH", 0x80 | 126, len(payload))
        else:
            head += struct.pack("!BQ", 0x80 | 127, len(payload))
        self.sock.sendall(head + bytes(4) + payload)  # a mask of zeros changes nothing

    def receive(self):
        """The next frame: its opcode and payload."""
        first, length = self._exactly(2)
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        return first & 15, self._exactly(length)

    def texts_and_close(self):
        """Reads to the end: the text messages, and the code of the close frame."""
        texts = []
        while True:
            opcode, payload = self.receive()
            if opcode == TEXT:
                texts.append(payload.decode())
            elif opcode == CLOSE:
                return texts, struct.unpack("!H", payload[:2])[0]

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.stream.read(count - len(data))
            if not piece:
                raise ConnectionError("the connection ended without a close frame")
            data += piece
        return data
