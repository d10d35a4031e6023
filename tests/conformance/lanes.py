"""The lanes of targets/targets.ini: what each is, and which tests have no meaning there, and why.

A test says by marks what it asks of a lane; what a lane lacks is in one table here, with its reason.
"""

import os
from collections import namedtuple

from launcher import INI, is_behind, read_targets, shares_data

# Sections of targets.ini that are no lanes.
NO_LANES = {
    "stub": "what the features gateway and crawler ask; test_gateway and test_crawler have it behind the lanes",
    "nginx": "stands in front of the lanes behind it",
    "node-replicas-4": "two more servers of node-replicas",
    "django-wsgi-replicas-4": "two more servers of django-wsgi-replicas",
}

Need = namedtuple("Need", "is_met reason")


def is_several(keys):
    return "replicas" in keys or keys.get("env.WORKERS", "1") != "1"


def is_alone(keys):
    """All that serves: a replica is not, even where the other one is another server altogether."""
    return not is_several(keys)


def is_pure(keys):
    return "env.PURE_PYTHON" in keys


def is_gateway(keys):
    return "services.py" in keys["command"]


def has_loop(keys):
    return "wsgi" not in keys["command"]


def has_compiler(keys):
    return "--jitless" not in keys["command"]


# mark -> what has it, and why the others do without
NEEDS = {
    "sockets": Need(
        lambda keys: has_loop(keys) and not is_behind(keys) and (is_alone(keys) or bool(keys.get("env.REDIS_URL"))),
        "WebSockets: WSGI has none, this nginx hands none on, and several processes have no room in common but by Redis",
    ),
    "loop": Need(has_loop, "features that need an event loop are left out under WSGI"),
    "upstream": Need(
        lambda keys: has_loop(keys) and has_compiler(keys) and not is_pure(keys),
        "asking others takes an event loop and an HTTP client: aiohttp is not for PyPy, and undici needs WebAssembly, "
        "which goes with the compiler",
    ),
    "alone": Need(is_alone, "what lives in the memory of one process, or is counted there"),
    "several": Need(
        lambda keys: is_several(keys) and (shares_data(keys) or "replicas" not in keys),
        "about what several processes have in common",
    ),
    "services": Need(shares_data, "PostgreSQL and Redis, in the run that has them"),
    "database": Need(lambda keys: not is_pure(keys), "the lanes of PyPy have no database"),
    "heavy": Need(lambda keys: not is_pure(keys), "the packages of image, ocr, data and ml are not for PyPy"),
    "watched": Need(
        lambda keys: not is_pure(keys),
        "uvicorn's last version for PyPy watches over no WebSocket: it neither pings a silent peer nor waits for a slow one",
    ),
    "direct": Need(
        lambda keys: not is_behind(keys),
        "the connection itself, which is nginx's where that stands in front; of a refusal that comes while the body is "
        "still sent it may make a 502",
    ),
    "unsupervised": Need(
        lambda keys: is_alone(keys) and "env.FAULTS" not in keys,
        "one process that nobody starts again; tests/e2e/test_lanes.py kills those that are",
    ),
    "stub": Need(lambda keys: not is_gateway(keys), "the stub itself, which a gateway with services of its own does not ask"),
}

# Fixtures that start a server for one test.
OWN = {"name", "server"}


def read_lanes():
    """Those that can be asked: PyPy's where they are installed; with services, those that use them."""
    served = bool(os.environ.get("DATABASE_URL"))
    return {
        name: keys
        for name, keys in read_targets().items()
        if name not in NO_LANES
        and (has_pypy() or not is_pure(keys))
        and (not served or "env.DATABASE_URL" in keys)  # the others are what they are without
    }


def has_pypy():
    return (INI.parents[1] / ".env/pypy").exists()


def suits(keys, marks, fixtures):
    """Has a test with these marks and fixtures a meaning on this lane?"""
    if is_gateway(keys) and not {"upstream_lane", "server"} & fixtures:
        return False  # it has no other features
    if is_behind(keys) and OWN & fixtures:
        return False  # it starts and stops as it does without nginx
    needed = marks | ({"upstream"} if "upstream_lane" in fixtures else set())
    return all(NEEDS[mark].is_met(keys) for mark in needed & set(NEEDS))
