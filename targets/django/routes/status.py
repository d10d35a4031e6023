"""Is it up, and what exactly is it: /healthz and /about."""

import os
import platform
from importlib.metadata import version

from django.urls import path

from core.config import STACK, config
from core.features import features
from core.lifecycle import lifecycle
from core.methods import methods
from core.wire import answer

LIBRARIES = ("django", "channels", "asgiref", "uvicorn", "uvloop", "httptools", "websockets")


async def healthz(request):
    ok = lifecycle.ready and not lifecycle.draining
    return answer(
        {
            "status": "ok" if ok else "unavailable",
            "stack": STACK,
            "workers": config.workers,
            "worker": 0,
            "pid": os.getpid(),
        },
        200 if ok else 503,
    )


async def about(request):
    return answer(
        {
            "stack": STACK,
            "runtime": f"{platform.python_implementation()} {platform.python_version()}",
            "server": "uvicorn, uvloop, httptools, websockets-sansio",
            "libraries": {name: version(name) for name in libraries()},
            "settings": settings_in_force(lifecycle.server),
        }
    )


def libraries():
    return [*LIBRARIES, *(name for feature in features for name in feature.libraries)]


def settings_in_force(server):
    """Read from the server that obeys them wherever it can be asked."""
    return {
        "workers": server.workers,
        "backlog": server.backlog,
        "keep_alive_seconds": server.timeout_keep_alive,
        "body_bytes": config.body_bytes,
        "header_bytes": config.header_bytes,
        "tcp_nodelay": lifecycle.nodelay,
        "access_log": int(server.access_log),
        "ws_message_bytes": server.ws_max_size,
        "ws_deflate": int(server.ws_per_message_deflate),
        "ws_ping_seconds": server.ws_ping_interval,
        "ws_pong_seconds": server.ws_ping_timeout,
        "ws_close_seconds": config.ws_close_seconds,
        "reader_messages": config.reader_messages,
        "reader_bytes": config.reader_bytes,
        "history_kept": config.history_kept,
        "history_welcome": config.history_welcome,
        "doc_bytes": config.doc_bytes,
        "doc_revs": config.doc_revs,
        "match_players": config.match_players,
        "features": ",".join(config.features),
        "cpu_threads": config.cpu_threads,
        "cpu_pool": config.cpu_pool,
        "native_threads": config.native_threads,
        "image_bytes": config.image_bytes,
        "data_bytes": config.data_bytes,
        "drain_ms": config.drain_ms,
        "stop_ms": config.stop_ms,
        "malloc_arena_max": int(os.environ["MALLOC_ARENA_MAX"]),
    }


urlpatterns = [
    path("healthz", methods(GET=healthz)),
    path("about", methods(GET=about)),
]
