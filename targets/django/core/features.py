"""What the server does beyond its core, as FEATURES names it.

A feature is a module of routes/ that is loaded before the server listens, with
all that it needs; what is not named costs neither time nor memory.
"""

import sys
from importlib import import_module
from types import SimpleNamespace

from core.config import config

KNOWN = ("cpu", "image", "ocr", "data", "ml")


def _load(name):
    if name not in KNOWN:
        raise ValueError(f'FEATURES: no feature "{name}"; there are core, {", ".join(KNOWN)}')
    try:
        module = import_module(f"routes.{name}")
    except ModuleNotFoundError:
        sys.exit(f'the feature "{name}" needs packages that are not installed; run scripts/setup-targets --heavy')
    if hasattr(module, "start"):
        module.start()
    return SimpleNamespace(name=name, urlpatterns=module.urlpatterns, libraries=getattr(module, "LIBRARIES", ()))


features = [_load(name) for name in config.features if name != "core"]
