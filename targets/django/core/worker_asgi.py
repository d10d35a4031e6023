"""A process under gunicorn's master that serves ASGI, as serve.py does alone."""

import uvicorn
from uvicorn_worker import UvicornWorker

from core import workers


class Worker(UvicornWorker):
    """Made in the master, which must not load what only its workers need."""

    CONFIG_KWARGS = {"loop": "uvloop", "http": "httptools"}

    async def _serve(self):
        from core.server import SETTINGS, Server

        workers.enter(self)
        alive = {"callback_notify": self.callback_notify, "timeout_notify": self.timeout}
        self.config = uvicorn.Config(self.wsgi, **SETTINGS, **alive)
        self._install_sigquit_handler()
        server = Server(self.config, lambda port: workers.announce(self.index, port))
        await server.serve(sockets=self.sockets)
