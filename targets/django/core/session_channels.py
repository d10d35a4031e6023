"""A session as a Channels consumer: what teams ship, and the default."""

from channels.generic.websocket import AsyncWebsocketConsumer

from core.session import Session


class ChannelsSession(Session, AsyncWebsocketConsumer):
    closed = False

    @property
    def address(self):
        return self.channel_name

    async def __call__(self, scope, receive, send):
        self.enter(scope)
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Not disconnect(): a send to a lost connection ends the consumer without it.
            self.gone()
            await self.leave()
            self.channel_layer.forget(self.channel_name)

    async def connect(self):
        self.channel_layer.when_full(self.channel_name, self.drop_out)
        await self.accept()
        await self.arrive()

    async def receive(self, text_data=None, bytes_data=None):
        await self.hear(text_data)

    async def tell(self, text):
        await self.send(text_data=text)

    async def close(self, code):
        if not self.closed:
            self.closed = True
            await super().close(code)

    # What the layer delivers

    async def frame(self, event):
        text = event["text"] if event.get("author") != self.channel_name else event["own"]
        if text is not None and not self.closed:
            await self.send(text_data=text)

    async def shut(self, event):
        await self.close(event["code"])
