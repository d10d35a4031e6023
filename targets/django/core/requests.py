"""The HTTP side of the server. It also lets the application drop a connection, and ask if it has gone; ASGI does not."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.timed import Timed


class HttpProtocol(Timed, HttpToolsProtocol):
    arriving = False

    def on_message_begin(self):
        super().on_message_begin()
        self.arriving = True
        self.scope["extensions"] = self.connection()

    def on_message_complete(self):
        super().on_message_complete()
        self.arriving = False

    def data_received(self, data):
        super().data_received(data)
        self.watch(self.arriving)
