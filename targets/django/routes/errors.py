"""Failures on purpose: /fail/throw, reject, timeout, half, exit."""

import asyncio
import os

from django.http import StreamingHttpResponse
from django.urls import path

from core.config import config
from core.errors import Refusal, not_found
from core.methods import methods
from core.wire import answer

_tasks = set()  # the loop itself holds no task


async def throw(request):
    raise RuntimeError("thrown on purpose")


async def reject(request):
    """The failure of a task that nobody waits for: the loop logs it and carries on."""
    task = asyncio.create_task(throw(request))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return answer({"accepted": True}, 202)


async def time_out(request):
    await asyncio.sleep(1)
    raise Refusal(504, "timeout", "too late")


async def half(request):
    return StreamingHttpResponse(_half(request.scope["extensions"]["cut"]), headers={"Content-Length": "1000"})


async def _half(cut):
    yield b"x" * 500
    await asyncio.sleep(0.05)  # for what was written to leave
    await cut()


async def leave(request):
    if not config.faults:
        raise not_found()
    os._exit(1)


urlpatterns = [
    path("fail/throw", methods(GET=throw)),
    path("fail/reject", methods(GET=reject)),
    path("fail/timeout", methods(GET=time_out)),
    path("fail/half", methods(GET=half)),
    path("fail/exit", methods(GET=leave)),
]
