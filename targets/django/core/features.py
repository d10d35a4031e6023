"""What the server does beside status and echo, as FEATURES names it: the core, and more.

Each is a module of routes/, loaded before the server listens, with all that it
needs; what is not named costs neither time nor memory. A module may have

    urlpatterns     its paths
    socketpatterns  its WebSockets
    fallback        paths that come after all others
    start()         what is to be done before the server listens
    stop()          what is to be undone once nobody is served any more, a coroutine
    LIBRARIES       whose versions /about shows
    NEEDS           EVENT_LOOP: left out under WSGI; ONE_PROCESS: left out where
                    several serve, as it lives in memory
"""

import sys
from importlib import import_module
from types import SimpleNamespace

from core.config import config
from core.needs import EVENT_LOOP, ONE_PROCESS

CORE = ("chat", "collab", "game", "iot", "memory", "shop", "spa", "streaming")
WITH_DATABASE = {"shop", "iot"}  # left out where there is no part in C
MORE = ("cpu", "crawler", "errors", "gateway", "services", "image", "ocr", "data", "ml")


def _load(name):
    if name not in (*CORE, *MORE):
        raise ValueError(f'FEATURES: no feature "{name}"; there are core, {", ".join(MORE)}')
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
        needs=getattr(module, "NEEDS", frozenset()),
    )


_missing = {EVENT_LOOP} if config.interface == "wsgi" else set()
_missing |= set() if config.alone else {ONE_PROCESS}
_names = [each for name in config.features for each in (CORE if name == "core" else (name,))]
_loaded = [_load(name) for name in _names if not (config.pure and name in WITH_DATABASE)]
features = [feature for feature in _loaded if not feature.needs & _missing]
