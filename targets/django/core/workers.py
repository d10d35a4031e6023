"""What both gunicorn configurations share: the socket, and who is ready.

gunicorn's master binds before its workers are there. So the line that says
where the server listens is printed by the worker that completes their number.
"""

import math
import os
from multiprocessing import Lock, Value

from core.config import config
from core.prepare import prepare
from core.lifecycle import lifecycle
from core.listener import listen

listener = listen()
_ready = Value("i", 0, lock=False)
_lock = Lock()

prepare()

HEADER_BYTES = config.header_bytes

SETTINGS = {
    "bind": f"fd://{os.dup(listener.fileno())}",
    "workers": config.workers,
    "backlog": config.backlog,
    "keepalive": config.keep_alive_seconds,
    "graceful_timeout": math.ceil(config.stop_ms / 1000),
    "worker_connections": 12_000,  # gthread closes what is kept alive beyond it
    "control_socket_disable": True,
    "loglevel": "error",
    "proc_name": "target",
}


def pre_fork(server, worker):
    """A number for each worker; the successor of one that died takes its number."""
    taken = {each.index for each in server.WORKERS.values()}
    worker.index = next(i for i in range(config.workers + 1) if i not in taken)


def announce(index, port):
    """In the worker, once it serves."""
    print(f"worker {index} ready pid {os.getpid()}", flush=True)
    with _lock:
        _ready.value += 1
        complete = _ready.value == config.workers
    if complete:
        print(f"listening on {port}", flush=True)


def enter(worker):
    lifecycle.worker = config.first_worker + worker.index
