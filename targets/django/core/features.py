"""What the server does beside status and echo, as FEATURES names it: the core, and more.

Each is a module of routes/, loaded before the server listens, with all that it
needs; what is not named costs neither time nor memory. A module may have

    urlpatterns     its paths
    socketpatterns  its WebSockets
    fallback        paths that come after all others
    start()         what is to be done before the server listens
    stop()          what is to be undone once nobody is served any more, a coroutine
    LIBRARIES       whose versions /about shows
"""

import sys
from importlib import import_module
from types import SimpleNamespace

from core.config import config

EVENT_LOOP, ONE_PROCESS = "event loop", "one process"

CORE = ("chat", "collab", "game", "iot", "memory", "shop", "spa", "streaming")
WITH_DATABASE = {"shop", "iot"}  # left out where there is no part in C
MORE = ("cpu", "crawler", "errors", "gateway", "services", "image", "ocr", "data", "ml")

# Left out, and not even loaded: under WSGI what needs an event loop, and where several
# serve what lives in the memory of one process.
NEEDS = {
    "chat": {EVENT_LOOP} if config.redis_url else {EVENT_LOOP, ONE_PROCESS},
    "collab": {EVENT_LOOP, ONE_PROCESS},
    "game": {EVENT_LOOP, ONE_PROCESS},
    "memory": {ONE_PROCESS},
    "streaming": {EVENT_LOOP},
    "crawler": {EVENT_LOOP},
    "errors": {EVENT_LOOP},
    "gateway": {EVENT_LOOP},
    "services": {EVENT_LOOP},
}
_missing = {EVENT_LOOP} if config.interface == "wsgi" else set()
_missing |= set() if config.alone else {ONE_PROCESS}


def _is_served(name):
    return not NEEDS.get(name, set()) & _missing and not (config.pure and name in WITH_DATABASE)


def _load(name):
    try:
        module = import_module(f"routes.{name}")
    except ModuleNotFoundError:
        sys.exit(f'the feature "{name}" needs packages that are not installed; run scripts/setup-targets --heavy')
    if hasattr(module, "start"):
        module.start()
    return SimpleNamespace(
        name=name,
        urlpatterns=getattr(module, "urlpatterns", ()),
        socketpatterns=getattr(module, "socketpatterns", ()),
        fallback=getattr(module, "fallback", ()),
        stop=getattr(module, "stop", None),
        libraries=getattr(module, "LIBRARIES", ()),
    )


def _names():
    for name in config.features:
        if name not in ("core", *CORE, *MORE):
            raise ValueError(f'FEATURES: no feature "{name}"; there are core, {", ".join(MORE)}')
        yield from CORE if name == "core" else (name,)


features = [_load(name) for name in list(_names()) if _is_served(name)]
