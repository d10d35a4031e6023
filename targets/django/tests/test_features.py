"""What is loaded at the start: it is paid for in time and memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SHOW = "; import sys; from core.features import features; print(*(each.name for each in features)); print(*sys.modules)"


def start(what, **env):
    """The features that are served, and all modules."""
    environment = os.environ | {"FEATURES": "core"} | env
    command = [sys.executable, "-c", what + SHOW]
    run = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    served, modules = run.stdout.splitlines()
    return served.split(), set(modules.split())


def test_under_wsgi_nothing_is_loaded_that_needs_an_event_loop():
    served, modules = start("import config.wsgi", FEATURES="core,gateway,crawler,errors,services")
    assert served == ["iot", "memory", "shop", "spa"]
    assert not modules & {"channels", "uvicorn", "websockets", "aiohttp", "lxml", "routes.chat", "routes.streaming"}


def test_where_several_serve_nothing_is_loaded_that_lives_in_one_process():
    served, modules = start("import config.asgi", WORKERS="2", REDIS_URL="")
    assert served == ["iot", "shop", "spa", "streaming"]
    assert not modules & {"routes.chat", "routes.collab", "routes.game", "routes.memory"}
    assert "chat" in start("import config.asgi", WORKERS="2", REDIS_URL="redis://127.0.0.1:1")[0]


def test_a_feature_that_nobody_knows_is_named_even_where_others_are_left_out():
    with pytest.raises(subprocess.CalledProcessError) as failed:
        start("import config.wsgi", FEATURES="chat,chess")
    assert 'no feature "chess"' in failed.value.stderr
