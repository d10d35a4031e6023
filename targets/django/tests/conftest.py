import os

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ.setdefault("MALLOC_ARENA_MAX", "2")

import config.asgi  # noqa: E402, F401 -- sets Django up, as in the server
