"""The process model of one process: one socket, one line when it listens, and an orderly end."""

import os

import uvicorn

from core.prepare import prepare

prepare()  # ahead of Django, whose settings name what it made

from config.asgi import application
from core.listener import listen
from core.server import SETTINGS, Server


def announce(port):
    print(f"worker 0 ready pid {os.getpid()}")
    print(f"listening on {port}", flush=True)


def main():
    sock = listen()
    Server(uvicorn.Config(application, **SETTINGS), announce).run(sockets=[sock])


if __name__ == "__main__":
    main()
