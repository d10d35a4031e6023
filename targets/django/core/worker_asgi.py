"""A process under gunicorn's master that serves ASGI, as serve.py does alone."""

from uvicorn_worker import UvicornWorker

from core import workers


class Worker(UvicornWorker):
    @property
    def CONFIG_KWARGS(self):
        from core.server import SETTINGS  # not in the master, which serves nothing

        return SETTINGS

    async def _serve(self):
        from core.server import Server

        workers.enter(self)
        self.config.app = self.wsgi
        self._install_sigquit_handler()
        server = Server(self.config, lambda port: workers.announce(self.index, port))
        await server.serve(sockets=self.sockets)
