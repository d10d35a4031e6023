"""The HTTP side of the server: how long a request may take to arrive."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.config import config

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n"


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's own, which waits for ever. Only a request that comes in pieces is timed.

    It also gives the application a way to drop a connection; ASGI has none.
    """

    arriving = False
    timer = None

    def on_message_begin(self):
        super().on_message_begin()
        self.arriving = True
        self.scope["extensions"] = {"cut": self.transport.abort}

    def on_message_complete(self):
        super().on_message_complete()
        self.arriving = False
        self._stop_timer()

    def data_received(self, data):
        super().data_received(data)
        if self.arriving and not self.timer:
            self.timer = self.loop.call_later(config.request_seconds, self._give_up)

    def connection_lost(self, exc):
        self._stop_timer()
        super().connection_lost(exc)

    def _stop_timer(self):
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def _give_up(self):
        if not self.transport.is_closing():
            self.transport.write(TOO_SLOW)
            self.transport.close()
