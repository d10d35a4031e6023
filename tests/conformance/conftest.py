"""Which servers the suite runs against.

By default every lane of targets/targets.ini, started here and stopped here;
`--target NAME` picks some of them; `--base-url URL [--against URL]` takes
servers that run already, without the tests of starting and stopping, and
without those of features (`--full`: all features are loaded there, too).

Each test runs on each lane that has what its marks ask for (lanes.py). With
`-n 3` three lanes are asked at a time, each by one process.
"""

import re
from itertools import count
from types import SimpleNamespace

import pytest

from exchanges import visit
from lanes import NEEDS, is_pure, is_behind, read_lanes, suits
from launcher import Target, read_targets, serving

FULL = "core,cpu,image,ocr,data,ml"  # features of the servers that are asked for more than the core
PURE_FULL = "core,cpu"  # of those, what the lanes of PyPy have
SHARED = ("lane", "full_lane", "upstream_lane", "patient_lane")
LANES = (*SHARED, "name", "server")
PAIRS = ("pair", "full_pair")


def pytest_addoption(parser):
    group = parser.getgroup("targets")
    group.addoption("--target", action="append", default=[], help="a section of targets.ini; may be repeated")
    group.addoption("--base-url", help="a server that runs already")
    group.addoption("--against", help="a second one, to compare answers with")
    group.addoption("--full", action="store_true", help=f"servers that run already have FEATURES={FULL}")


def pytest_configure(config):
    config.addinivalue_line("markers", "data: what is to be asked with PostgreSQL and Redis, too")
    for mark, need in NEEDS.items():
        config.addinivalue_line("markers", f"{mark}: {need.reason}")
    known = read_targets()
    for name in config.option.target:
        if name not in known:
            raise pytest.UsageError(f"no target {name} in targets.ini; it has {', '.join(known)}")


def chosen(config):
    """The lanes that are asked. The first is the one that the others are held against."""
    if config.option.base_url:
        return [url for url in (config.option.base_url, config.option.against) if url]
    return config.option.target or list(read_lanes())


def pytest_generate_tests(metafunc):
    fixtures = set(metafunc.fixturenames)
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    targets = read_targets()
    names = [name for name in chosen(metafunc.config) if "://" in name or suits(targets[name], marks, fixtures)]
    for lane in set(SHARED) & fixtures:
        metafunc.parametrize(lane, names, indirect=True, scope="session")
    for plain in {"name", "server"} & fixtures:
        metafunc.parametrize(plain, names)
    if "behind" in fixtures:
        metafunc.parametrize("behind", [name for name in chosen(metafunc.config) if "://" not in name and is_behind(targets[name])])
    for pair in set(PAIRS) & fixtures:
        pairs = [(names[0], other) for other in names[1:]]
        metafunc.parametrize(pair, pairs, indirect=True, scope="session", ids="-".join)


def lane_of(item):
    """The lane that this test is about; None where there is none for it."""
    values = item.callspec.params if hasattr(item, "callspec") else {}
    for fixture in (*LANES, "behind", "services", *PAIRS):
        value = values.get(fixture)
        if isinstance(value, str):
            return value
        if isinstance(value, tuple):
            return value[1]
    return None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With -n: a lane is asked by one process, which starts its servers once."""
    from xdist.scheduler import LoadScopeScheduling

    first, *others = chosen(config)
    starts = {f"[{name}": name for name in (first, *others)} | {f"[{first}-{name}": name for name in others}

    class ByLane(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            found = [start for start in starts if re.search(re.escape(start) + r"[-\]]", nodeid)]
            return starts[max(found, key=len)] if found else nodeid

    return ByLane(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Lane by lane. Left out, not skipped: what has no lane, or cannot be asked of servers that are not ours."""
    not_ours = {"name", "server", "behind", "services", "upstream_lane"}
    not_ours |= set() if config.option.full else {"full_lane", "full_pair"}
    no = not_ours if config.option.base_url else set()
    out = [item for item in items if no.intersection(item.fixturenames) or lane_of(item) is None]
    kept = [item for item in items if item not in set(out)]
    order = {name: place for place, name in enumerate(dict.fromkeys(map(lane_of, kept)))}
    kept.sort(key=lambda item: order[lane_of(item)])
    items[:] = kept
    config.hook.pytest_deselected(items=out)


class Running:
    """The servers that tests have in common: those of the lane that is asked, and the first lane's for comparison."""

    def __init__(self, kept):
        self.kept = kept
        self.started = {}
        self.heard = {}
        self.news = {}

    def __call__(self, name, **env):
        """The running server of a name."""
        if "://" in name:
            return SimpleNamespace(url=name)
        if name not in self.kept:
            self.stop(lambda other: other not in (name, *self.kept))
        key = (name, *env.items())
        if key not in self.started:
            manager = serving(name, **env)
            self.started[key] = (manager, manager.__enter__())
        return self.started[key][1]

    def stop(self, which):
        for key in [key for key in self.started if which(key[0])]:
            self.listen(key)
            self.heard.pop(key, None)
            self.started.pop(key)[0].__exit__(None, None, None)

    def listen(self, key):
        said = self.started[key][1].stderr()
        if said != self.heard.get(key, ""):
            self.news[key] = self.heard[key] = said

    def told(self):
        """What is on the servers' stderr since this was last asked, also of those that were stopped meanwhile."""
        for key in self.started:
            self.listen(key)
        news, self.news = self.news, {}
        return news


@pytest.fixture(scope="session")
def running(request):
    servers = Running(chosen(request.config)[:1])
    yield servers
    servers.stop(lambda name: True)
    assert not (said := servers.told()), said


@pytest.fixture(autouse=True)
def silence(running):
    """Whatever a test sends, it is a client's fault: nothing of it may be on stderr. What a server says late is told
    by the test that runs then."""
    yield
    assert not (said := running.told()), said


@pytest.fixture(scope="session")
def lane(request, running):
    return running(request.param)


@pytest.fixture(scope="session")
def pair(request, running):
    return [running(name) for name in request.param]


@pytest.fixture(scope="session")
def full_lane(request, running):
    """A server with all features; of its own, so that the others stay as they are shipped."""
    return running(request.param, FEATURES=full(request.param))


@pytest.fixture(scope="session")
def full_pair(request, running):
    return [running(name, FEATURES=full(request.param[1])) for name in request.param]


def full(name):
    return PURE_FULL if "://" not in name and is_pure(read_targets()[name]) else FULL


@pytest.fixture(scope="session")
def stub():
    with Target("stub") as server:
        yield server


@pytest.fixture(scope="session")
def upstream_lane(request, running, stub):
    """A server with the features that ask others."""
    return running(request.param, FEATURES="core,crawler,gateway", STUB_URL=stub.url)


@pytest.fixture(scope="session")
def patient_lane(request, running):
    """A server that waits for its database however busy the machine is."""
    return running(request.param, DATABASE_WAIT_MS="20000")


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
