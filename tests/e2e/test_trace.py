"""Arrivals of a trace: every request of it, at its time."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from running import PROGRAM, decided, scenario
from truth import Truth

TEXT = """
[scenario]
targets = here
warmup = 0s
duration = {duration}
trials = 1
threads = {threads}
[target here]
url = {url}
[users replayer]
connections = 20
arrivals = trace {trace}
trace_speed = {speed}
steps = replay
[step replay]
request = ${{trace.method}} ${{trace.path}}
"""


def replay(text, speed=1, threads=1, duration="30s"):
    with TemporaryDirectory(prefix="e2e-") as folder, Truth("fifo", keep=True) as server:
        trace = Path(folder, "trace")
        trace.write_text(text)
        ini = TEXT.format(url=server.url, trace=trace, speed=speed, threads=threads, duration=duration)
        run = scenario(ini)
        Path(folder, "test.ini").write_text(ini)
        subprocess.run([PROGRAM, "check", "test.ini", "--plan", "plan"], cwd=folder, check=True, capture_output=True)
        plan = Path(folder, "plan").read_text()
        return run, server.tally()["requests"], plan


def script():
    """Two requests of one time, pauses, methods; lines out of order."""
    lines = [f"{i * 37 % 400 * 5}.{i % 10}\t{'POST ' if i % 7 == 0 else ''}/r/{i}?x=y" for i in range(300)]
    return "\n".join(lines) + "\n1000\thttp://elsewhere:1/r/300\n"


def measure_script(threads):
    return decided(lambda: replay(script(), speed=2, threads=threads, duration="10m"))


@pytest.mark.ahead(job=measure_script)
@pytest.mark.parametrize("threads", [1, 2])
def test_every_request_of_a_script_comes_once_and_at_its_time(result, threads):
    run, requests, plan = result
    assert run.accounting["scheduled"] == run.accounting["completed"] == 301, run.told
    assert run.seconds < 60, "the load ends with the trace"
    times = {}
    for line in script().splitlines():
        ms, uri = line.split("\t")
        times[uri.replace("http://elsewhere:1", "")] = float(ms) / 2000
    got = {}
    for request in requests:
        method, path = request["bytes"].split()[:2]
        got[("POST " if method == "POST" else "") + path] = request["at"]
    assert got.keys() == times.keys()
    off = sorted(got[key] - times[key] for key in times)
    middle = off[len(off) // 2]
    late = [abs(x - middle) for x in off]
    assert sorted(late)[len(late) // 2] < 0.1, "most of them to the moment, on a busy machine, too"
    planned = [line.split("\t") for line in plan.splitlines() if not line.startswith("#")]
    assert {path for _, path, *_ in planned} == {key.removeprefix("POST ") for key in times}
    for ms, path, *_ in planned:
        assert float(ms) / 1000 == pytest.approx(times.get(path, times.get("POST " + path)), abs=1e-6)


def measure_log():
    lines = [
        f'192.0.2.1 - - [10/Oct/2000:13:55:3{i // 40} -0700] "GET /l/{i} HTTP/1.1" 200 1' for i in range(120)
    ]
    lines.insert(5, '192.0.2.1 - - [10/Oct/2000:13:55:30 -0700] "-" 408 0')
    return decided(lambda: replay("\n".join(lines)))


@pytest.mark.ahead(job=measure_log)
def test_a_log_is_replayed_second_by_second(result):
    run, requests, _ = result
    assert run.accounting["completed"] == 120, run.told
    start = min(request["at"] for request in requests)
    for request in requests:
        number = int(request["path"].removeprefix("/l/"))
        # its first request comes somewhere in second 0
        assert number // 40 - 1.1 < request["at"] - start < number // 40 + 2
    assert run.trial["users"][0]["schedule"]["process"] == "trace"


def measure_cut():
    return replay("0\t/a\n500\t/b\n60000\t/never\n", duration="2s")


@pytest.mark.ahead(job=measure_cut)
def test_what_is_due_after_the_end_is_not_sent(result):
    run, requests, _ = result
    assert run.accounting["scheduled"] == run.accounting["completed"] == 2, run.told
    assert len(requests) == 2
