import os

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ.setdefault("MALLOC_ARENA_MAX", "2")

from core.prepare import prepare  # noqa: E402

prepare()  # as in the server

import config.asgi  # noqa: E402, F401 -- sets Django up, as in the server
