"""Streams of events, steps at once and captures over HTTP/2, against a server that keeps its books."""

import re
from collections import Counter

import pytest
from h2c_server import H2c
from running import scenario
from test_streams import fits

HEAD = """
[scenario]
targets = here
warmup = 0s
duration = 30s
cooldown = 5s
trials = 1
[target here]
url = {url}
[users u]
http = h2c
connections = {connections}
streams = {streams}
arrivals = closed
iterations = {iterations}
"""


def run_on(text, iterations, connections=1, streams=1):
    with H2c() as server:
        numbers = {"connections": connections, "streams": streams, "iterations": iterations}
        run = scenario(HEAD.format(url=server.url, **numbers) + text)
        return run, server.tally()


def connections_of(tally):
    return {note["connection"] for note in tally}


# ---- server-sent events ----


def listen(query, iterations, *more, **numbers):
    step = "\n".join([f"[step read]\nsse = /ticks?{query}", *more])
    run, tally = run_on(f"steps = read\n{step}\n", iterations, **numbers)
    (stream,) = run.trial["streams"]
    return run, stream, [note for note in tally if note["path"] == "/ticks"]


def styles(style):
    return listen(f"hz=50&n=30&style={style}", 12, "events = 30", connections=2, streams=3)


@pytest.mark.ahead(job=styles)
@pytest.mark.parametrize("style", ["lf", "bytes"])
def test_gaps_and_counts_are_the_servers_own(result, style):
    run, stream, tally = result
    assert run.step["ok"] == len(tally) == stream["opened"] == 12, run.told
    fits(stream, tally)
    assert len(connections_of(tally)) == run.users["connected"] == 2, "three users share each"
    assert all(note["accept"] == "text/event-stream" and note["last"] is None for note in tally)


def holes():
    return listen("hz=100&n=20&skip=7&twice=9", 4, streams=2)


@pytest.mark.ahead(job=holes)
def test_missing_and_doubled_ids_are_counted(result):
    run, stream, tally = result
    assert run.step["ok"] == 4, run.told
    assert (stream["missing"], stream["duplicated"], stream["reordered"]) == (4, 4, 0)
    assert stream["events"] == sum(len(note["sent"]) for note in tally) == 4 * 20


def cuts(how, **_):
    return listen(f"hz=100&n=30&cut=10&retry=120&how={how}", 2, "events = 30", "reconnect = yes")


@pytest.mark.ahead(job=cuts)
@pytest.mark.parametrize("how, connections", [("rst", 1), ("goaway", 5), ("gone", 5)])
def test_a_cut_stream_goes_on_after_its_last_id(result, how, connections):
    run, stream, tally = result
    assert run.step["ok"] == 2, run.told
    fits(stream, tally)
    assert [note["last"] for note in tally] == [None, "10", "20"] * 2
    assert stream["reconnects"] == 4 and stream["opened"] == 6
    assert stream["reconnect_time_ns"]["count"] == 4
    assert stream["reconnect_time_ns"]["min"] >= 119e6, "the server's retry time"
    assert len(connections_of(tally)) == connections


def uncut(how, **_):
    return listen(f"hz=100&n=30&cut=10&how={how}", 3, "events = 30")


@pytest.mark.ahead(job=uncut)
@pytest.mark.parametrize(
    "how, error, sample",
    [
        ("rst", "protocol", "peer_internal_error"),
        ("goaway", "protocol", "peer_enhance_your_calm"),
        ("gone", "closed", None),
    ],
)
def test_without_reconnect_a_cut_is_a_failure(result, how, error, sample):
    run, stream, tally = result
    assert run.errors == {error: 3}, run.told
    assert sample is None or {row["sample"] for row in run.step["error_rows"]} == {sample}
    assert stream["events"] == 30 and stream["failed"] == stream["reconnects"] == 0, "it had its first event"
    assert [note["last"] for note in tally] == [None] * 3


def one_reset_of_many():
    return run_on(
        "steps = both\n[step both]\nparallel = cut, whole\n"
        "[step cut]\nsse = /ticks?hz=100&n=30&cut=10&retry=100&how=rst\nevents = 30\nreconnect = yes\n"
        "[step whole]\nsse = /ticks?hz=100&n=60\nevents = 60\n",
        2,
    )


@pytest.mark.ahead(job=one_reset_of_many)
def test_a_reset_stream_hurts_no_other_of_its_connection(result):
    run, tally = result
    assert run.accounting["completed"] == 2, run.told
    cut, whole = sorted(run.trial["streams"], key=lambda s: s["name"])
    assert (cut["events"], whole["events"]) == (60, 120)
    assert (cut["reconnects"], whole["reconnects"]) == (4, 0)
    assert cut["missing"] == whole["missing"] == cut["duplicated"] == whole["duplicated"] == 0
    assert len(connections_of(tally)) == 1 and len(tally) == 2 * (3 + 1)


def leaves():
    return listen("hz=100&n=20&how=leave", 4, "events = 20", streams=2)


@pytest.mark.ahead(job=leaves)
def test_goaway_without_an_error_lets_a_stream_end(result):
    run, stream, tally = result
    assert run.step["ok"] == 4, run.told
    assert stream["reconnects"] == 0 and stream["events"] == 4 * 20
    fits(stream, tally)
    assert len(connections_of(tally)) >= 2, "what came later has a connection of its own"


# ---- steps at once ----

BRANCHES = """
[step page]
request = POST /use?t=page
[step style]
request = GET /use?t=style
[step late]
request = GET /slow?ms=800
[step bad]
request = GET /fail
[step never]
request = GET /slow?ms=20000
timeout = 700ms
"""


def group(steps):
    used = re.findall(r"(?s)\[step (\w+)\]\n(.*?)(?=\[|\Z)", BRANCHES)
    text = "".join(f"[step {name}]\n{step}" for name, step in used if name in steps)
    run, tally = run_on(f"steps = all\n[step all]\nparallel = {steps}\n{text}", 10, connections=2)
    return run, [note for note in tally if note["path"] != "/"]


def counts(tally):
    return Counter(note.get("token") or note["path"] for note in tally)


@pytest.mark.ahead(job=lambda: group("page, style x 4, late"))
def test_steps_at_once_share_the_users_connection(result):
    run, tally = result
    assert run.accounting["completed"] == run.accounting["scheduled"] == 10, run.told
    assert counts(tally) == {"page": 10, "style": 40, "/slow": 10}
    assert {n: s["ok"] for n, s in run.steps.items()} == {"all": 10, "page": 10, "style": 40, "late": 10}
    assert len(connections_of(tally)) == run.users["connected"] == 2
    times, late = run.steps["all"]["service_time_ns"], run.steps["late"]["service_time_ns"]
    assert times["count"] == 10
    assert 0.799e9 <= late["min"] <= times["min"] and late["max"] <= times["max"]
    assert (run.steps["late"]["slowest"], run.steps["style"]["slowest"]) == (10, 0)


@pytest.mark.ahead(job=lambda: group("page, bad, late"))
def test_a_failing_step_fails_its_group_and_no_other_step(result):
    run, tally = result
    assert run.accounting["failed"] == 10, run.told
    whole = run.steps["all"]
    assert whole["errors"] == {"status": 10} and (whole["partial"], whole["failed_parts"]) == (10, 10)
    assert (run.steps["page"]["ok"], run.steps["late"]["ok"], run.steps["bad"]["ok"]) == (10, 10, 0)
    assert counts(tally) == {"page": 10, "/fail": 10, "/slow": 10}
    assert len(connections_of(tally)) == 2


@pytest.mark.ahead(job=lambda: group("page, never"))
def test_a_step_that_times_out_leaves_the_connection_to_the_others(result):
    run, tally = result
    assert run.accounting["timed_out"] == 10, run.told
    assert run.steps["all"]["errors"] == run.steps["never"]["errors"] == {"timeout": 10}
    assert run.steps["page"]["ok"] == 10 and len(connections_of(tally)) == 2
    assert {note["code"] for note in tally if note["path"] == "/slow"} == {8}, "CANCEL, RFC 9113 7"


# ---- captures ----

CAPTURE = """
steps = ask, both
[step ask]
request = GET /token
capture.token = json /list/0/token
[step both]
parallel = use, use
[step use]
request = POST /use?t=${url token}
check = json /ok == true
"""


@pytest.mark.ahead(job=lambda: run_on(CAPTURE, 20, connections=2, streams=5))
def test_what_one_stream_captured_the_users_next_ones_send(result):
    run, tally = result
    assert run.accounting["completed"] == 20, run.told
    given = Counter(note["token"] for note in tally if note["path"] == "/token")
    used = Counter(note["token"] for note in tally if note["path"] == "/use")
    assert len(given) == 20 and used == {token: 2 for token in given}
    assert len(connections_of(tally)) == 2
