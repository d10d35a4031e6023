"""Where a kernel runs: on the event loop, or handed over to one of two pools.

`thread` is a pool of threads of this process, which the interpreter's lock lets
run one at a time; `pool` one of processes, as Python does CPU work in parallel.
Each function makes the answer by `then`, and gives it, or under ASGI a coroutine
of it where it has to be waited for.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from multiprocessing import get_context

from core.config import config
from core.kernels import run_kernel

MODES = ("inline", "thread", "pool")

_pools = {}
_native = ThreadPoolExecutor(config.native_threads)


def start_pools():
    """Before the first request, so that none waits for a process to start.

    The processes are forked, and so must be before there are threads or sockets.
    """
    _pools["pool"] = ProcessPoolExecutor(config.cpu_pool, mp_context=get_context("fork"))
    _pools["thread"] = ThreadPoolExecutor(config.cpu_threads)
    wait([pool.submit(run_kernel, "fib", 1) for pool in _pools.values()])


def stop_pools():
    for pool in _pools.values():
        pool.shutdown()


def here(function, *arguments, then):
    return then(function(*arguments))


def native(function, *arguments, then):
    """Work of a library that lets go of the interpreter's lock: off the event loop, as libuv's pool has
    it. Under WSGI a request has a thread already."""
    if config.interface == "wsgi":
        return here(function, *arguments, then=then)
    return _awaited(_native.submit(function, *arguments), then)


def compute(mode, kernel, n, then):
    if mode == "inline":
        return here(run_kernel, kernel, n, then=then)
    future = _pools[mode].submit(run_kernel, kernel, n)
    return then(future.result()) if config.interface == "wsgi" else _awaited(future, then)


async def _awaited(future, then):
    return then(await asyncio.wrap_future(future))
