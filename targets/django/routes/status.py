"""Is it up, and what exactly is it: /healthz and /about."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from django.urls import path

from core.config import config
from core.features import features
from core.lifecycle import lifecycle
from core.methods import methods
from core.streams import open_streams
from core.wire import answer

LIBRARIES = (
    *("django", "channels", "asgiref", "uvicorn", "uvloop", "httptools", "websockets"),
    *("gunicorn", "granian", "psycopg", "redis"),
    *(("orjson",) if config.tuned else ()),
)


def stack():
    if config.pure:
        return "django-pypy" if platform.python_implementation() == "PyPy" else "django-pypy-control"
    if config.interface == "wsgi":
        granian = lifecycle.server["name"].startswith("granian")
        return "django-tuned" if config.tuned else "django-granian" if granian else "django-wsgi"
    return "django" if config.variant == "channels" else "django-direct"


def healthz(request):
    ok = lifecycle.ready and not lifecycle.draining
    return answer(
        {
            "status": "ok" if ok else "unavailable",
            "stack": stack(),
            "workers": config.workers,
            "worker": lifecycle.worker,
            "pid": os.getpid(),
        },
        200 if ok else 503,
    )


def about(request):
    return answer(
        {
            "stack": stack(),
            "runtime": f"{platform.python_implementation()} {platform.python_version()}",
            "server": lifecycle.server["name"],
            "libraries": libraries(),
            "features": [feature.name for feature in features],
            "settings": settings_in_force(lifecycle.server),
            "open": {"streams": open_streams()},
        }
    )


def libraries():
    """The versions of those that this server's environment has."""
    found = {}
    for name in (*LIBRARIES, *(name for feature in features for name in feature.libraries)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            pass  # the lanes of PyPy do without some
    return found


def settings_in_force(server):
    """Read from the server that obeys them wherever it can be asked."""
    return {
        "workers": config.workers,
        "backlog": server["backlog"],
        "keep_alive_seconds": server["keep_alive_seconds"],
        "body_bytes": config.body_bytes,
        "header_bytes": config.header_bytes,
        "tcp_nodelay": server["tcp_nodelay"],
        "access_log": server["access_log"],
        "ws_message_bytes": server["ws_message_bytes"],
        "ws_deflate": server["ws_deflate"],
        "ws_ping_seconds": server["ws_ping_seconds"],
        "ws_pong_seconds": server["ws_pong_seconds"],
        "ws_close_seconds": config.ws_close_seconds,
        "reader_messages": config.reader_messages,
        "reader_bytes": config.reader_bytes,
        "history_kept": config.history_kept,
        "history_welcome": config.history_welcome,
        "read_bytes": config.read_bytes,
        "gzip_level": config.gzip_level,
        "gzip_bytes": config.gzip_bytes,
        "database": "postgresql" if config.database_url else "sqlite",
        "database_pool": config.database_pool,
        "database_wait_ms": config.database_wait_ms,
        "broker": "redis" if config.redis_url else "none",
        "request_seconds": config.request_seconds,
        "upstream_pool": config.upstream_pool,
        "upstream_keep_seconds": config.upstream_keep_seconds,
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
