"""Jobs that may run side by side start before the first test; whatever runs, nothing is left behind.

A test with `@pytest.mark.ahead(job=job)` gets `job(**its parameters)` as the fixture `result`. The job has
run, or runs, in one of a few threads, so that waiting for one server does not delay the others.
"""

import ctypes
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import pytest

TOGETHER = 5  # most of them wait most of the time
PR_SET_CHILD_SUBREAPER = 36


def pytest_configure():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what escapes becomes our child


class Jobs:
    def __init__(self, items):
        self.pool = ThreadPoolExecutor(TOGETHER)
        self.futures = {}
        for item in items:
            mark = item.get_closest_marker("ahead")
            if mark:
                callspec = getattr(item, "callspec", None)
                self.futures[item.nodeid] = self.pool.submit(mark.kwargs["job"], **(callspec.params if callspec else {}))


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "alone" in item.fixturenames)  # stable: these last


def pytest_collection_finish(session):
    if not session.config.option.collectonly:
        session.jobs = Jobs(session.items)


def pytest_sessionfinish(session):
    if hasattr(session, "jobs"):
        session.jobs.pool.shutdown(cancel_futures=True)
    left = names_left()
    if left:
        print(f"\nleft behind by the tests: {', '.join(left)}")
        session.exitstatus = 1


@pytest.fixture
def result(request):
    return request.session.jobs.futures[request.node.nodeid].result()


@pytest.fixture
def alone(request):
    """No job runs any more."""
    wait(request.session.jobs.futures.values())


def children():
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            text = entry.read_text()
            name, rest = text[text.index("(") + 1 :].rsplit(")", 1)
            if int(rest.split()[1]) == os.getpid():
                yield int(text.split()[0]), name, rest.split()[0]


def names_left():
    """Processes that nobody ended; a keeper that is about to end has a moment for it."""
    deadline = time.monotonic() + 20
    while alive := [(pid, name) for pid, name, state in children() if state != "Z"]:
        if time.monotonic() > deadline:
            for pid, _ in alive:
                os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    return [name for _, name in alive]
