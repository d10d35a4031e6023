"""Which servers the suite runs against.

By default all of targets/targets.ini, started here and stopped here;
`--target NAME` picks some of them; `--base-url URL [--against URL]` takes
servers that run already, without the tests of starting and stopping.
"""

from contextlib import ExitStack
from itertools import count
from types import SimpleNamespace

import aiohttp
import pytest

from launcher import Target, read_targets


def pytest_addoption(parser):
    group = parser.getgroup("targets")
    group.addoption("--target", action="append", default=[], help="a section of targets.ini; may be repeated")
    group.addoption("--base-url", help="a server that runs already")
    group.addoption("--against", help="a second one, to compare answers with")


# The lanes that take every test; the others take those that are marked `smoke`.
FULL = ("node", "django", "django-direct", "django-wsgi")


def pytest_configure(config):
    config.addinivalue_line("markers", "smoke: for every lane, also those that differ only in how they are started")
    config.addinivalue_line("markers", "sockets: for lanes that serve WebSockets")
    known = read_targets()
    for name in config.option.target:
        if name not in known:
            raise pytest.UsageError(f"no target {name} in targets.ini; it has {', '.join(known)}")


def chosen(config):
    if config.option.base_url:
        return [url for url in (config.option.base_url, config.option.against) if url]
    return config.option.target or list(read_targets())


def suits(name, metafunc):
    """Is the test for this lane? A server that runs already is asked everything."""
    if "://" in name:
        return True
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    if "sockets" in marks and not serves_sockets(read_targets()[name]):
        return False
    return name in FULL or "smoke" in marks


def serves_sockets(keys):
    return "wsgi" not in keys["command"] and (keys.get("env.WORKERS", "1") == "1" or bool(keys["env.REDIS_URL"]))


def pytest_generate_tests(metafunc):
    names = [name for name in chosen(metafunc.config) if suits(name, metafunc)]
    if "lane" in metafunc.fixturenames:
        metafunc.parametrize("lane", names, indirect=True, scope="session")
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", names)
    if "pair" in metafunc.fixturenames:
        pairs = [(names[0], other) for other in names[1:]]  # the first is node
        metafunc.parametrize("pair", pairs, indirect=True, scope="session", ids="-".join)


def pytest_collection_modifyitems(config, items):
    """Left out, not skipped: what cannot be asked of servers that are not ours, or of one alone."""
    running = bool(config.option.base_url)
    alone = len(chosen(config)) == 1
    out = [
        item for item in items if (running and "name" in item.fixturenames) or (alone and "pair" in item.fixturenames)
    ]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


@pytest.fixture(scope="session")
def running():
    """Gives the running server of a name; each is started once and stopped at the end.

    Whatever the tests sent, it was a client's fault: nothing of it may be on stderr.
    """
    with ExitStack() as stack:
        started = {}

        def get(name):
            if name not in started:
                is_url = "://" in name
                started[name] = SimpleNamespace(url=name) if is_url else stack.enter_context(Target(name))
            return started[name]

        yield get
        for server in started.values():
            if isinstance(server, Target):
                assert server.stderr() == "", server.name


@pytest.fixture(scope="session")
def lane(request, running):
    return running(request.param)


@pytest.fixture(scope="session")
def pair(request, running):
    return [running(name) for name in request.param]


@pytest.fixture
async def http(lane):
    async with aiohttp.ClientSession(lane.url) as session:
        yield session


_rooms = count(1)


@pytest.fixture
def room(request):
    """A room that no other test uses."""
    return f"room-{next(_rooms)}"
