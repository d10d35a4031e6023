"""Where the process is in its life: /healthz and the drain read it."""

from types import SimpleNamespace

from core.config import config

# `starters` are awaited before the server says that it is ready.
lifecycle = SimpleNamespace(ready=False, draining=False, closing=False, worker=config.first_worker, starters=[])


class CloseWhileDraining:
    """While draining, each answer asks its client to leave.

    So no kept-alive connection is cut between a request and its answer.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            send = _closing(send)
        return await self.app(scope, receive, send)


def _closing(send):
    """It is asked with the answer, as the drain may begin while a request is under way."""

    async def send_and_close(message):
        if lifecycle.draining and message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return send_and_close
