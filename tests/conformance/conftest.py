"""Which servers the suite runs against.

By default all of targets/targets.ini, started here and stopped here;
`--target NAME` picks some of them; `--base-url URL [--against URL]` takes
servers that run already, without the tests of starting and stopping, and
without those of features (`--full`: all features are loaded there, too).
"""

from contextlib import ExitStack
from itertools import count
from types import SimpleNamespace

import pytest

from exchanges import visit
from launcher import INI, Target, read_lanes, read_servers, read_targets_behind, serving

FULL = "core,cpu,image,ocr,data,ml"  # features of the servers that are asked for more than the core


def pytest_addoption(parser):
    group = parser.getgroup("targets")
    group.addoption("--target", action="append", default=[], help="a section of targets.ini; may be repeated")
    group.addoption("--base-url", help="a server that runs already")
    group.addoption("--against", help="a second one, to compare answers with")
    group.addoption("--full", action="store_true", help=f"servers that run already have FEATURES={FULL}")


# The lanes that take every test; the others take those that are marked `smoke`.
EVERYTHING = ("node", "django", "django-direct", "django-wsgi", "django-granian")

# Lanes that differ in how JSON is written have their answers looked at, and not how they start and stop.
ANSWERS = ("test_exchanges", "test_pair")


def pytest_configure(config):
    config.addinivalue_line("markers", "smoke: for every lane, also those that differ only in how they are started")
    config.addinivalue_line("markers", "sockets: for lanes that serve WebSockets")
    config.addinivalue_line("markers", "loop: for HTTP on an event loop; lanes that differ in their sockets are one here")
    config.addinivalue_line("markers", "data: what is to be asked with PostgreSQL and Redis, too")
    config.addinivalue_line("markers", "several: for lanes of several processes, and only for those")
    known = read_servers() | read_targets_behind()
    for name in config.option.target:
        if name not in known:
            raise pytest.UsageError(f"no target {name} in targets.ini; it has {', '.join(known)}")


def chosen(config):
    if config.option.base_url:
        return [url for url in (config.option.base_url, config.option.against) if url]
    return config.option.target or list(read_lanes())


def suits(name, metafunc):
    """Is the test for this lane? A server that runs already is asked everything."""
    if "://" in name:
        return True
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    keys = read_lanes().get(name)
    if keys is None or (marks & {"sockets", "loop"} and not serves_sockets(keys)):
        return False
    if "loop" in marks and "env.CHAT_VARIANT" in keys:
        return False
    if "replicas" in keys and not shares_data(keys):
        return False
    if "several" in marks:
        return is_several(keys)
    if "env.TUNED" in keys and metafunc.module.__name__ not in ANSWERS:
        return False
    return name in EVERYTHING or "smoke" in marks or (is_several(keys) and "data" in marks)


def is_several(keys):
    return "replicas" in keys or keys.get("env.WORKERS", "1") != "1"


def shares_data(keys):
    """Replicas, each with a database of its own, are the servers that another lane is, one by one."""
    return bool(keys["env.DATABASE_URL"] and keys["env.REDIS_URL"])


def serves_sockets(keys):
    """Under ASGI; several processes do if they have a broker between them."""
    return "wsgi" not in keys["command"] and (not is_several(keys) or bool(keys["env.REDIS_URL"]))


def servers_of(config, behind=False):
    """All that answer on ports of their own, or those behind nginx; PyPy's where they are installed."""
    found = read_targets_behind() if behind else read_servers()
    there = [name for name, keys in found.items() if "env.PURE_PYTHON" not in keys or has_pypy()]
    return [name for name in there if name in (config.option.target or there)]


def has_pypy():
    return (INI.parents[1] / ".env/pypy").exists()


def pytest_generate_tests(metafunc):
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", servers_of(metafunc.config))
    if "behind" in metafunc.fixturenames:
        metafunc.parametrize("behind", servers_of(metafunc.config, behind=True))
    names = [name for name in chosen(metafunc.config) if suits(name, metafunc)]
    for lane in {"lane", "full_lane", "upstream_lane"}.intersection(metafunc.fixturenames):
        metafunc.parametrize(lane, names, indirect=True, scope="session")
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", names)
    for pair in {"pair", "full_pair"}.intersection(metafunc.fixturenames):
        pairs = [(names[0], other) for other in names[1:]]
        metafunc.parametrize(pair, pairs, indirect=True, scope="session", ids="-".join)


def pytest_collection_modifyitems(config, items):
    """Left out, not skipped: what cannot be asked of servers that are not ours, of one alone, or that are not there."""
    running = bool(config.option.base_url)
    pypy = set() if has_pypy() and not (running or config.option.target) else {"pypy"}
    alone = len(chosen(config)) == 1
    not_ours = {"name", "server", "behind", "upstream_lane"} | (set() if config.option.full else {"full_lane", "full_pair"})
    no = pypy | (not_ours if running else set()) | ({"pair", "full_pair"} if alone else set())
    out = [item for item in items if no.intersection(item.fixturenames)]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


@pytest.fixture(scope="session")
def running():
    """Gives the running server of a name; each is started once and stopped at the end.

    Whatever the tests sent, it was a client's fault: nothing of it may be on stderr.
    """
    with ExitStack() as stack:
        started = {}

        def get(name, **env):
            key = (name, *env.items())
            if key not in started:
                is_url = "://" in name
                started[key] = SimpleNamespace(url=name) if is_url else stack.enter_context(serving(name, **env))
            return started[key]

        yield get
        for server in started.values():
            if not isinstance(server, SimpleNamespace):
                assert server.stderr() == "", server.name


@pytest.fixture(scope="session")
def lane(request, running):
    return running(request.param)


@pytest.fixture(scope="session")
def pair(request, running):
    return [running(name) for name in request.param]


@pytest.fixture(scope="session")
def full_lane(request, running):
    """A server with all features; of its own, so that the others stay as they are shipped."""
    return running(request.param, FEATURES=FULL)


@pytest.fixture(scope="session")
def full_pair(request, running):
    return [running(name, FEATURES=FULL) for name in request.param]


@pytest.fixture(scope="session")
def stub():
    with Target("stub") as server:
        yield server


@pytest.fixture(scope="session")
def upstream_lane(request, running, stub):
    """A server with the features that ask others."""
    return running(request.param, FEATURES="core,crawler,gateway", STUB_URL=stub.url)


@pytest.fixture
async def upstream_http(upstream_lane):
    async with visit(upstream_lane) as session:
        yield session


@pytest.fixture
async def http(lane):
    async with visit(lane) as session:
        yield session


@pytest.fixture
async def full_http(full_lane):
    async with visit(full_lane) as session:
        yield session


_rooms = count(1)


@pytest.fixture
def room(request):
    """A room that no other test uses."""
    return f"room-{next(_rooms)}"
