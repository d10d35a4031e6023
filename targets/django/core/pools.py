"""Where a kernel runs: on the event loop, or handed over to one of two pools.

`thread` is a pool of threads of this process, which the interpreter's lock lets
run one at a time; `pool` one of processes, as Python does CPU work in parallel.
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


async def native(function, *arguments):
    """Work of a library that lets go of the interpreter's lock: off the event loop, as libuv's pool has it."""
    return await asyncio.get_running_loop().run_in_executor(_native, function, *arguments)


async def compute(mode, kernel, n):
    if mode == "inline":
        return run_kernel(kernel, n)
    return await asyncio.get_running_loop().run_in_executor(_pools[mode], run_kernel, kernel, n)
