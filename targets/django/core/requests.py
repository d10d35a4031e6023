"""The HTTP side of the server. It also lets the application drop a connection, and ask if it has gone; ASGI does not."""

from uvicorn.protocols.http import httptools_impl

from core.timed import Timed


class Cycle(httptools_impl.RequestResponseCycle):
    async def send(self, message):
        """uvloop refuses what is written to a client that has gone, before it tells uvicorn, which would call that the
        application's fault."""
        try:
            await super().send(message)
        except RuntimeError:
            if not self.transport.is_closing():
                raise
            self.disconnected = True


httptools_impl.RequestResponseCycle = Cycle


class HttpProtocol(Timed, httptools_impl.HttpToolsProtocol):
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
