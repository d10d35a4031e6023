"""Every figure that has a truth of its own, held against the server's ledger, the plan, or arithmetic.

A busy machine makes clients late, so no time has a bound that depends on it: what a client saw of an exchange
lies between what the server did and the client's own next request.
"""

import csv
import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import hdr
import pytest
from ledger import Ledger
from peers import OK, Peer, frame
from running import PROGRAM, ROOT, loadgen, scenario
from test_truth import CHAT
from truth import Truth

HEAD = """
[scenario]
targets = here
warmup = {warmup}
duration = {duration}
cooldown = 10s
trials = 1
seed = 9
threads = {threads}
[target here]
url = {url}
"""


def head(url, warmup="0s", duration="60s", threads=1):
    return HEAD.format(url=url, warmup=warmup, duration=duration, threads=threads)


def users(name, steps, arrivals, connections=3):
    return f"[users {name}]\nconnections = {connections}\nsteps = {steps}\narrivals = {arrivals}\n"


def step(name, request, *lines):
    return "\n".join([f"[step {name}]", f"request = {request}", *lines, ""])


def rows_of(tally, name):
    return [row for row in tally["requests"] if row["path"].split("/")[1].partition("?")[0] == name]


# ---- fates: what became of each request, and how many bytes it took ----

FATES = {  # what the server does, and what that is called
    "ok": "ok", "drip": "ok", "more": "ok", "last": "ok",
    "status": "status", "never": "timeout", "half": "reset", "cut": "closed",
}  # fmt: skip
PATHS = {"ok": "/ok/1000", "status": "/status/503", "drip": "/drip/20/0.002"}
MANY = 40


def fates(threads):
    text = ""
    for name in FATES:
        text += users(f"u-{name}", name, f"constant\nrate = 60/s\niterations = {MANY}", 20 if name == "never" else 3)
        timeout = "500ms" if name == "never" else "30s"
        text += step(name, f"POST {PATHS.get(name, '/' + name)}?${{iteration}}", f"timeout = {timeout}",
                     "body = ${random.text 100}")
    with Ledger() as server:
        return scenario(head(server.url, threads=threads) + text), server.tally()


@pytest.mark.ahead(job=fates)
@pytest.mark.parametrize("threads", [1, 2])
def test_every_fate_and_byte_is_what_the_server_saw(result, threads):
    run, tally = result
    for name, fate in FATES.items():
        rows, told = rows_of(tally, name), run.steps[name]
        assert len(rows) == len({row["path"] for row in rows}) == told["count"] == MANY, (name, run.told)
        assert told["ok"] == (MANY if fate == "ok" else 0), (name, told["errors"])
        assert told["errors"] == ({} if fate == "ok" else {fate: MANY}), name
        assert told["bytes_out"] == sum(row["in"] for row in rows), name
        sent = sum(row["out"] for row in rows)
        # A reset may overtake what was sent before it.
        assert told["bytes_in"] == sent or (name == "half" and told["bytes_in"] < sent), name
    late = run.steps["never"]
    assert late["failed_time_ns"]["min"] >= 0.5e9
    assert run.accounting["timed_out"] == MANY
    assert run.accounting["failed"] == 3 * MANY and run.accounting["completed"] == 4 * MANY
    assert sum(second["failed"] for second in run.trial["timeline"]) == 4 * MANY


# ---- the window holds what the plan has in it, second by second ----

WARMUP, DURATION = 2, 3
ARRIVALS = {
    "even": "constant\nrate = 37/s", "climb": "poisson\nstages = 0s 10/s, 2s 10/s, 4s 90/s",
    "jump": "constant\nstages = 0s 5/s, 3s 5/s, 3s 60/s", "heavy": "poisson\nweight = 3", "light": "poisson",
}  # fmt: skip


def planned(threads):
    with Ledger() as server, TemporaryDirectory(prefix="e2e-") as folder:
        text = head(server.url, f"{WARMUP}s", f"{DURATION}s", threads).replace("trials", "rate = 40/s\ntrials")
        for name, arrivals in ARRIVALS.items():
            text += users(name, name, arrivals, 10) + step(name, f"GET /ok/2?{name}.${{iteration}}")
        run, tally = scenario(text), server.tally()
        Path(folder, "test.ini").write_text(text)
        subprocess.run([PROGRAM, "check", "test.ini", "--plan", "plan"], cwd=folder, check=True, capture_output=True)
        lines = [line.split("\t") for line in Path(folder, "plan").read_text().splitlines() if line[0] != "#"]
    return run, tally, [(float(ms) / 1000, path, name) for ms, path, name, *_ in lines]


@pytest.mark.ahead(job=planned)
@pytest.mark.parametrize("threads", [1, 3])
def test_a_window_holds_exactly_what_was_planned_for_it(result, threads):
    run, tally, plan = result
    inside = [(at, path, name) for at, path, name in plan if at >= WARMUP]
    for kind in run.trial["users"]:
        mine = sum(name == kind["name"] for _, _, name in inside)
        assert kind["accounting"]["scheduled"] == mine > 0, run.told
        assert kind["intended_per_s"] == pytest.approx(mine / DURATION)
        assert run.steps[kind["name"]]["count"] == mine
    seconds = Counter(int(at // 1) - WARMUP for at, _, _ in plan)
    assert {row["at_s"]: row["scheduled"] for row in run.trial["timeline"]} == dict(seconds)
    received = Counter(row["path"] for row in tally["requests"])
    assert all(received[path] == 1 for _, path, _ in plan), "each once"
    last = {name: max(int(p.rpartition(".")[2]) for _, p, n in plan if n == name) for name in ARRIVALS}
    beyond = [path for path in received if int(path.rpartition(".")[2]) > last[path.partition("?")[2].partition(".")[0]]]
    assert len(received) == len(plan) + len(beyond), "besides, only what was due after the window"


@pytest.mark.ahead(job=planned)
@pytest.mark.parametrize("threads", [1])
def test_a_plan_follows_its_rates(result, threads):
    """A Poisson count is away from its mean by five times the root of it less than once in a million times."""
    _, _, plan = result
    times = {name: [at for at, _, of in plan if of == name] for name in ARRIVALS}
    assert times["even"] == pytest.approx([k / 37 for k in range(37 * 5)], abs=2e-6)
    assert times["jump"] == pytest.approx([k / 5 for k in range(15)] + [3 + k / 60 for k in range(120)], abs=2e-6)
    for name, low, high, mean in (("climb", 0, 2, 20), ("climb", 2, 4, 100), ("climb", 4, 5, 90),
                                  ("heavy", 0, 5, 150), ("light", 0, 5, 50)):  # fmt: skip
        count = sum(low <= at < high for at in times[name])
        assert abs(count - mean) < 5 * mean**0.5, (name, low, count)


# ---- times: between what the server did and the client's own next request ----


def chain():
    text = users("one", "short, long, split", "closed\niterations = 25", 1)
    text += step("short", "GET /wait/0.003") + step("long", "GET /wait/0.04") + step("split", "GET /first/0.06")
    with Ledger() as server:
        return scenario(head(server.url) + text), server.tally()["requests"]


def span(row):
    return row["done"] - row["at"]


def at_least(times, own):
    """Each of the client's times is longer than the server's of the same exchange, so each quantile is."""
    assert times["count"] == len(own)
    own = sorted(own)
    for name, rank in (("min", 1), ("p50", -(-len(own) // 2)), ("p90", -(-len(own) * 9 // 10)), ("max", len(own))):
        assert times[name] * 1e-9 >= own[rank - 1] * 0.999, (name, times[name], own)


@pytest.mark.ahead(job=chain)
def test_the_times_of_a_closed_user_fill_its_time(result):
    run, rows = result
    own = {"short": rows[0::3], "long": rows[1::3], "split": rows[2::3]}
    whole = 0
    for name, mine in own.items():
        told = run.steps[name]
        at_least(told["service_time_ns"], [span(row) for row in mine])
        assert told["response_time_ns"]["count"] == 25
        assert told["response_time_ns"]["mean"] >= told["service_time_ns"]["mean"]
        whole += told["service_time_ns"]["mean"] * 25e-9
    first, split = run.steps["split"]["first_byte_time_ns"], run.steps["split"]["service_time_ns"]
    at_least(first, [row["first"] - row["at"] for row in own["split"]])
    assert first["p50"] < split["min"] >= 60e6
    # They follow each other, so together they are no longer than from the first request to the last answer.
    longest = max(run.steps[name]["service_time_ns"]["max"] for name in own) * 1e-9
    assert whole <= rows[-1]["at"] - rows[0]["at"] + longest + 0.05, run.told
    assert run.users["iteration_time_ns"]["count"] == 25
    assert run.users["iteration_time_ns"]["mean"] * 25e-9 >= whole


def thinking():
    text = users("one", "look, buy", "closed\niterations = 10", 1)
    text += step("look", "GET /wait/0.01", "think = 150ms") + step("buy", "GET /ok/2", "think = 50ms")
    with Ledger() as server:
        return scenario(head(server.url) + text), server.tally()["requests"]


@pytest.mark.ahead(job=thinking)
def test_a_pause_is_waited_for_and_in_no_time_of_a_step(result):
    run, rows = result
    pauses = [0.15, 0.05] * 10
    assert len(rows) == 20, run.told
    assert all(b["at"] - a["done"] >= pause for a, b, pause in zip(rows, rows[1:], pauses))
    times = [run.steps[name]["response_time_ns"] for name in ("look", "buy")]
    whole, longest = sum(t["mean"] * 10e-9 for t in times), max(t["max"] for t in times) * 1e-9
    # Late ends of pauses count, as the next request was due then; the pauses themselves do not.
    assert whole <= rows[-1]["at"] - rows[0]["at"] - sum(pauses[:19]) + longest + 0.05, run.told
    mean = run.users["iteration_time_ns"]["mean"] * 1e-9
    assert mean >= 0.15 + 0.01 and mean * 10 <= rows[-1]["at"] - rows[0]["at"] - 9 * 0.05 + longest + 0.05


def thinking_before():
    text = users("one", "get", "closed\niterations = 2", 1) + "setup = hello\n"
    text += step("hello", "GET /ok/2?hello", "think = 400ms") + step("get", "GET /ok/2")
    with Ledger() as server:
        return scenario(head(server.url) + text), server.tally()["requests"]


@pytest.mark.ahead(job=thinking_before)
def test_a_pause_after_the_last_step_of_the_setup_is_waited_for(result):
    run, rows = result
    assert len(rows) == 3 and run.step["ok"] == 2, run.told
    assert rows[1]["at"] - rows[0]["done"] >= 0.4


def queue():
    text = users("one", "get", "constant\nrate = 100/s\niterations = 40", 1) + step("get", "GET /wait/0.02", "timeout = 30s")
    with Ledger() as server:
        return scenario(head(server.url) + text), server.tally()["requests"]


@pytest.mark.ahead(job=queue)
def test_response_times_count_from_the_schedule(result):
    """40 requests at 100/s, one at a time, of 20 ms: the k-th one waits for all before it.  It was answered after
    the server answered and before the next one was sent."""
    run, rows = result
    told = run.steps["get"]
    response, service = told["response_time_ns"], told["service_time_ns"]
    due = [k / 100 for k in range(40)]
    least = [row["done"] - rows[0]["at"] - t for row, t in zip(rows, due)]
    most = [row["at"] - rows[0]["at"] - t for row, t in zip(rows[1:], due)]
    at_least(response, least)
    at_least(service, [span(row) for row in rows])
    late = told["schedule_lag_ns"]["max"] * 1e-9 + 0.05  # of the first one, and on its way
    below = response["mean"] * 40e-9 - response["max"] * 1e-9
    assert below <= sum(sorted(most)[:39]) + 39 * late + 1e-6, run.told
    parts = told["schedule_lag_ns"]["mean"] + told["slot_wait_ns"]["mean"] + service["mean"]
    assert parts <= response["mean"] * 1.000001 and response["mean"] - parts < 0.02e9
    assert run.users["schedule"]["blame"]["no_connection"] >= 30


# ---- a connection for each request ----


def one_shot():
    text = users("all", "get", "constant\nrate = 100/s\niterations = 80", 4) + step("get", "GET /last")
    with Ledger() as server:
        return scenario(head(server.url) + text), server.tally()


@pytest.mark.ahead(job=one_shot)
def test_connections_without_keep_alive_are_all_counted(result):
    run, tally = result
    opened = run.users["connected"] + run.users["reconnects"]
    assert run.accounting["completed"] == len(tally["requests"]) == 80, run.told
    assert run.users["connected"] == 4 and run.users["connect_time_ns"]["count"] == opened
    assert len({row["line"] for row in tally["requests"]}) == 80 <= opened
    assert 0 <= tally["connections"] - opened <= 2, "besides, the looks whether it is there"


# ---- requests that are sent twice, and WebSockets ----


def dropped_twice():
    """Every third request of a connection is met with its end, as by a server that was just closing it."""
    seen = []

    def script(line):
        try:
            for number in range(3):
                line.request()
                if number < 2:
                    line.send(OK)
        finally:
            seen.append((line.bytes_in, line.bytes_out))

    text = users("all", "get", "constant\nrate = 50/s\niterations = 60", 2) + step("get", "GET /")
    with Peer(script) as peer:
        run = scenario(head(f"http://{peer.address}") + text)
    return run, peer.requests, seen


@pytest.mark.ahead(job=dropped_twice)
def test_a_request_that_is_repeated_is_one_exchange(result):
    run, requests, seen = result
    told = run.steps["get"]
    assert run.accounting["completed"] == told["ok"] == 60 < requests, run.told
    assert run.users["schedule"]["lateness_ns"]["count"] == 60, "each is late or not once"
    assert sum(run.users["schedule"]["blame"].values()) <= 60
    assert told["bytes_out"] == sum(bytes_in for bytes_in, _ in seen)
    assert told["bytes_in"] == sum(bytes_out for _, bytes_out in seen)


TALK = """[users all]
connections = 3
setup = join
steps = say
arrivals = closed
iterations = 30
[step join]
websocket = /here
header.X-More = ${random.text 30}
[step say]
send = ${message.id} ${random.text 70}
await = contains ${message.id} within 30s
"""


def talk():
    joined, said = {}, {}

    def script(line):
        line.upgrade()
        joined[line.number] = before = (line.bytes_in, line.bytes_out)
        while True:
            opcode, payload = line.frame()
            if opcode != 1:
                return
            line.send(frame(payload))
            said[line.number] = (line.bytes_in - before[0], line.bytes_out - before[1])

    with Peer(script) as peer:
        run = scenario(head(f"http://{peer.address}") + TALK)
    return run, joined, said


@pytest.mark.ahead(job=talk)
def test_bytes_of_a_websocket_are_those_of_its_peer(result):
    run, joined, said = result
    join, say = run.steps["join"], run.steps["say"]
    assert (join["ok"], say["ok"]) == (3, 30), run.told
    for told, own in ((join, joined), (say, said)):
        assert told["bytes_out"] == sum(bytes_in for bytes_in, _ in own.values()) > 0, told["name"]
        assert told["bytes_in"] == sum(bytes_out for _, bytes_out in own.values()) > 0, told["name"]


# ---- deliveries that come too late ----


def late():
    with Truth("chat", delay=0.4) as server:
        text = CHAT.format(url=server.url, seed=3, threads=1).replace("iterations = 400", "")
        text = re.sub("(?m)^duration = .*", "duration = 3s", text)
        return scenario(re.sub("(?m)^drain = .*", "drain = 300ms", text))


@pytest.mark.ahead(job=late)
def test_a_delivery_after_the_drain_is_lost_whenever_it_is_looked_for(result):
    heard = result.trial["deliveries"][0]
    assert heard["expected"] == heard["lost"] > 500, result.told
    assert (heard["received"], heard["duplicated"], heard["unexpected"]) == (0, 0, 0)


# ---- all that a run leaves behind says the same ----


def everything():
    text = head("URL", duration="3s") + users("good", "get, post", "poisson\nrate = 60/s", 20)
    text += users("bad", "fail", "poisson\nrate = 20/s", 5)
    text += step("get", "GET /wait/0.01") + step("post", "POST /ok/100", "body = x") + step("fail", "GET /status/500")
    text += step("rare", "GET /status/404") + users("late", "rare, get2", "constant\nrate = 5/s") + step("get2", "GET /ok/1")
    with Ledger() as server, TemporaryDirectory(prefix="e2e-") as name:
        folder = Path(name)
        (folder / "test.ini").write_text(text.replace("URL", server.url))
        loadgen("scenario", folder / "test.ini", "--quiet", "--out", folder / "run", codes={0, 4})
        files = {file.name: file.read_text() for file in (folder / "run").iterdir() if file.suffix in FORMATS}
        for form in ("md", "csv", "timeline", "hlog", "json"):
            again = loadgen("report", folder / "run", "--format", form, codes={0, 3, 4})
            files["again " + form] = again.out
        return files


FORMATS = {".json", ".csv", ".hlog", ".md", ".txt"}
TIMES = ("response_time", "service_time", "first_byte_time", "schedule_lag", "slot_wait", "failed_time")
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}


def cell(value):
    return int(value) if value.isdigit() else None


@pytest.mark.ahead(job=everything)
def test_all_files_of_a_run_tell_the_same_figures(result):
    trial = json.loads(result["run.json"])["targets"][0]["trials"][0]
    sums, lines = hdr.hlog(result["intervals.hlog"])
    table = list(csv.DictReader(result["steps.csv"].splitlines()))
    for step_told in trial["steps"]:
        name = step_told["name"]
        for time in TIMES:
            told = step_told[time + "_ns"]
            (row,) = [r for r in table if (r["kind"], r["name"], r["time"]) == ("step", name, time)]
            if told is None:
                assert row["count"] == "0", row
                continue
            counts = hdr.decode(told["histogram"])
            assert counts.total() == told["count"] == int(row["count"]), (name, time)
            assert told["above"] == int(row["above"])
            for label, q in QUANTILES.items():
                value = hdr.quantile(counts, q, told["above"])
                value = None if value is None else min(value, told["max"])
                assert told[label] == value, (name, time, label)
                assert cell(row[label + "_ns"]) == value and (value is not None or row[label + "_ns"] == "inf")
            assert (told["min"], told["max"]) == (int(row["min_ns"]), int(row["max_ns"]))
            mean = sum(value * n for value, n in counts.items()) / counts.total()
            assert told["mean"] == pytest.approx(mean, rel=0.002, abs=2)
        told = step_told["response_time_ns"]
        if told:
            assert sums[f"here.{name}.response"] == hdr.decode(told["histogram"]), "the seconds are the whole"
            assert lines[f"here.{name}.response"] <= 3
    assert {r["name"] for r in table if r["kind"] == "users"} == {"good", "bad", "late"}


@pytest.mark.ahead(job=everything)
def test_the_seconds_of_a_run_add_up_to_it(result):
    trial = json.loads(result["run.json"])["targets"][0]["trials"][0]
    table = list(csv.DictReader(result["timeline.csv"].splitlines()))
    assert [float(r["at_s"]) for r in table] == [r["at_s"] for r in trial["timeline"]] == [0, 1, 2]
    assert sum(int(r["scheduled"]) for r in table) == trial["accounting"]["scheduled"]
    assert sum(int(r["failed"]) for r in table) == trial["accounting"]["failed"] + trial["accounting"]["timed_out"]
    done = sum(kind["achieved_per_s"] for kind in trial["users"]) * trial["duration_s"]
    assert sum(int(r["completed"]) for r in table) == pytest.approx(done)
    for step_told in trial["steps"]:
        assert sum(int(r[step_told["name"] + " completed"]) for r in table) == step_told["ok"]
        assert sum(int(r[step_told["name"] + " failed"]) for r in table) == step_told["count"] - step_told["ok"]
    assert trial["steps"][0]["count"] > 100


@pytest.mark.ahead(job=everything)
def test_a_stored_run_is_told_as_it_was(result):
    for form, name in (("csv", "steps.csv"), ("timeline", "timeline.csv"), ("hlog", "intervals.hlog")):
        assert result["again " + form].splitlines() == result[name].splitlines(), form
    assert json.loads(result["again json"]) == json.loads(result["run.json"])
    assert result["again md"].strip() == result["summary.md"].strip()


# ---- what a server costs, held against a server that knows ----

TARGET = """
[scenario]
targets = busy
warmup = 1s
duration = 3s
trials = 1
[target busy]
folder = {root}/tests/e2e
command = python3 pace.py
env.PACE = 0
env.BURN = 0.004
env.HOLD = 64
ready = GET /
replicas = {replicas}
[users all]
connections = 4
steps = get
arrivals = constant
rate = 40/s
[step get]
request = GET /
"""


def costs(replicas):
    return scenario(TARGET.format(root=ROOT, replicas=replicas))


@pytest.mark.ahead(job=costs)
@pytest.mark.parametrize("replicas", [1, 2])
def test_a_server_costs_what_it_burns(result, replicas):
    """4 ms of CPU a request, and 64 MiB; besides, a little for the server itself."""
    server = result.trial["server"]
    assert server["sampled"] and server["processes"] == replicas, result.told
    assert 3600 <= server["cpu_us_per_completed"] <= 6000, result.told
    seconds = [row for row in result.trial["timeline"] if row["at_s"] >= 0]
    by_second = sum(row["server_cpu_cores"] * row["length_s"] for row in seconds)
    assert by_second == pytest.approx(server["cpu_s"], rel=0.1)
    held = replicas * 64 * 2**20
    assert held <= server["idle_rss_bytes"] <= server["max_rss_bytes"] <= held + replicas * 60 * 2**20
