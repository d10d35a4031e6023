"""Streams of events and downloads against a server that knows what it sent."""

import ssl

import pytest
from events import Events
from peers import Peer, tls_context
from running import scenario, url

BASE = """
[scenario]
targets = here
warmup = 0s
duration = {duration}
cooldown = 1s
trials = 1
[target here]
url = {url}
[users reader]
connections = {connections}
connect_rate = unlimited
{users}
[step read]
{step}
"""
CLOSED = "arrivals = closed\nsteps = read\niterations = {0}"


def read(step, users="", duration="30s", connections=1, objectives=""):
    with Events() as server:
        text = BASE.format(url=server.url, step=step, users=users, duration=duration, connections=connections)
        run = scenario(text + objectives)
        tally = server.tally()
    streams = run.trial["streams"]
    assert [s["name"] for s in streams] == ["read"]
    return run, streams[0], tally


def own_gaps(tally):
    """Between the server's sends, of one connection each, in s."""
    for note in tally:
        times = [at for _, at in note["sent"]]
        yield from (b - a for a, b in zip(times, times[1:]))


def fits(stream, tally, stalls=0):
    """What is counted is what was sent; and all gaps together last as long as the server's own."""
    gaps = list(own_gaps(tally))
    assert stream["events"] == sum(len(note["sent"]) for note in tally)
    assert stream["gap_time_ns"]["count"] == len(gaps)
    seen = stream["gap_time_ns"]["mean"] * len(gaps) / 1e9
    assert seen == pytest.approx(sum(gaps), abs=0.3 * len(tally)), "a read may be late, the sum is not"
    assert (stream["missing"], stream["reordered"], stream["duplicated"]) == (0, 0, 0)


# ---- every way to write a stream ----


def styles(style):
    step = f"sse = /ticks?hz=50&n=40&first=0.4&jitter=0.005&style={style}\nevents = 40\nexpect_gap = 100ms"
    return read(step, CLOSED.format(3))


@pytest.mark.ahead(job=styles)
@pytest.mark.parametrize("style", ["lf", "crlf", "cr", "bytes", "split", "burst"])
def test_gaps_and_counts_are_the_servers_own(result, style):
    run, stream, tally = result
    assert run.step["ok"] == 3 and len(tally) == 3, run.told
    fits(stream, tally)
    first = stream["first_event_time_ns"]
    assert first["count"] == 3 and first["min"] >= 400e6
    assert run.step["first_byte_time_ns"]["p50"] < first["min"], "the head came long before"
    together = 3 * 40 * 4 // 5
    assert stream["coalesced"] >= together if style == "burst" else stream["coalesced"] < together
    assert all(note["headers"]["accept"] == "text/event-stream" for note in tally)


# ---- ids ----


def holes():
    return read("sse = /ticks?hz=100&n=20&skip=7&twice=9", CLOSED.format(2))


@pytest.mark.ahead(job=holes)
def test_missing_and_doubled_ids_are_counted(result):
    run, stream, _ = result
    assert run.step["ok"] == 2, run.told
    assert (stream["missing"], stream["duplicated"], stream["reordered"]) == (2, 2, 0)
    assert stream["events"] == 2 * 20  # 19 and one of them twice


# ---- stalls ----


def stalls():
    step = "sse = /ticks?hz=20&n=30&pause=15\nexpect_gap = 50ms"
    return read(step, CLOSED.format(2), objectives="[objectives]\nread.gap = stalls == 0, max > 800ms\n")


@pytest.mark.ahead(job=stalls)
def test_a_pause_is_one_stall_of_its_length(result):
    run, stream, tally = result
    fits(stream, tally)
    long = [gap for gap in own_gaps(tally) if gap > 0.15]
    assert len(long) >= 2, "this machine may add some"
    assert stream["stalls"] >= 2
    assert stream["gap_time_ns"]["max"] >= 0.8e9
    assert stream["jitter_ns"] > 0
    assert stream["gap_sd_ns"] > 100e6
    met = [o["met"] for o in run.record["objectives"]]
    assert met in ([False, True], [None, None]), run.told


# ---- a loss, and the way back ----


def cuts(reset):
    step = f"sse = /ticks?hz=100&n=30&cut=10&retry=120&reset={reset}".removesuffix("&reset=0")
    return read(step + "\nevents = 30\nreconnect = yes", CLOSED.format(2))


@pytest.mark.ahead(job=cuts)
@pytest.mark.parametrize("reset", [0, 1])
def test_a_cut_stream_goes_on_after_its_last_id(result, reset):
    run, stream, tally = result
    assert run.step["ok"] == 2, run.told
    fits(stream, tally)
    assert [note["last"] for note in tally] == [None, "10", "20"] * 2
    assert stream["reconnects"] == 4 and stream["opened"] == 6
    assert stream["reconnect_time_ns"]["count"] == 4
    assert stream["reconnect_time_ns"]["min"] >= 119e6, "the server's retry time"


def uncut():
    return read("sse = /ticks?hz=100&n=30&cut=10\nevents = 30", CLOSED.format(1))


@pytest.mark.ahead(job=uncut)
def test_without_reconnect_a_cut_is_a_failure(result):
    run, stream, _ = result
    assert run.errors == {"closed": 1}, run.told
    assert stream["events"] == 10 and stream["failed"] == 0, "it had its first event"


def stopped():
    return read("sse = /ticks?hz=100&n=30&cut=10&retry=50&stop=1\nevents = 30\nreconnect = yes", CLOSED.format(1))


@pytest.mark.ahead(job=stopped)
def test_204_ends_the_attempts(result):
    run, stream, tally = result
    assert run.errors == {"closed": 1}, run.told
    assert len(tally) == 2 and stream["reconnects"] == 1


# ---- what is no stream ----


def strange(query, **_):
    return read(f"sse = /ticks?{query}", CLOSED.format(2))


@pytest.mark.ahead(job=strange)
@pytest.mark.parametrize("query, error", [("type=application/json", "protocol"), ("status=404", "status"),
                                          ("status=301", "status")])
def test_what_is_no_event_stream_has_its_class(result, query, error):
    run, stream, _ = result
    assert set(run.errors) == {error} and run.errors[error] == 2, run.told
    assert stream["failed"] == 2 and stream["opened"] == 0
    if error == "protocol":
        assert run.step["error_rows"][0]["sample"] == "media_type"


def quiet():
    return read("sse = /ticks?hz=100&n=30&silent=5\nevents = 30\ntimeout = 3s", CLOSED.format(1))


@pytest.mark.ahead(job=quiet)
def test_silence_is_a_timeout(result):
    run, stream, _ = result
    assert run.errors == {"timeout": 1}, run.told
    assert stream["events"] == 5


# ---- the ends ----


def ends(step, **_):
    return read(f"sse = /ticks?hz=50&n=200&first=0.05&last=1\n{step}", CLOSED.format(1))


@pytest.mark.ahead(job=ends)
@pytest.mark.parametrize("step, low, high", [("until = json /n == 12", 12, 12), ("until = event end", 201, 201),
                                             ("for = 600ms", 5, 150), ("events = 3", 3, 3), ("", 201, 201),
                                             ('until = contains "n":7,', 7, 7)])
def test_a_step_ends_as_it_says(result, step, low, high):
    run, stream, _ = result
    assert run.step["ok"] == 1, run.told
    assert low <= stream["events"] <= high


# ---- listeners for the whole run ----


def listeners():
    step = "sse = /ticks?hz=20&n=100000\nexpect_gap = 50ms"
    return read(step, "arrivals = none\nsetup = read", duration="3s", connections=5)


@pytest.mark.ahead(job=listeners)
def test_listeners_are_counted_in_the_second_in_which_they_hear(result):
    run, stream, tally = result
    assert len(tally) == 5 and run.steps["read"]["ok"] == 5, run.told
    assert run.accounting["scheduled"] == 0
    sent = sum(len(note["sent"]) for note in tally)
    assert 5 * 20 * 1.5 <= stream["events"] <= sent
    rows = [row["streams"][0] for row in run.trial["timeline"] if row["at_s"] >= 0]
    assert sum(row["events"] for row in rows) == stream["events"]
    assert sum(row["gaps"] for row in rows) == stream["gap_time_ns"]["count"]
    assert stream["missing"] == stream["duplicated"] == 0


def struck_dumb():
    step = "sse = /ticks?hz=20&n=100000&silent=30\nexpect_gap = 50ms\ntimeout = 30s"
    return read(step, "arrivals = none\nsetup = read", duration="4s", connections=4)


@pytest.mark.ahead(job=struck_dumb)
def test_a_silence_at_the_end_is_a_stall_and_not_nothing(result):
    run, stream, _ = result
    assert stream["stalls"] >= 4, run.told
    assert stream["gap_time_ns"]["max"] > 1.5e9


def come_back():
    step = "sse = /ticks?hz=50&n=100000&cut=40&retry=100\nreconnect = yes"
    return read(step, "arrivals = none\nsetup = read", duration="4s", connections=3)


@pytest.mark.ahead(job=come_back)
def test_listeners_come_back_and_miss_nothing(result):
    run, stream, tally = result
    assert stream["missing"] == stream["duplicated"] == 0, run.told
    assert stream["reconnects"] >= 3
    assert all(int(note["last"]) % 40 == 0 for note in tally if note["last"] is not None)


# ---- downloads ----


def download():
    step = "request = GET /bytes?n=600000&piece=200000&pause=0.3\nmeasure = throughput"
    objectives = "[objectives]\nread.throughput = p(50) > 100kB/s, max < 10MB/s\nread.pause = max > 150ms\n"
    return read(step, CLOSED.format(3), objectives=objectives)


@pytest.mark.ahead(job=download)
def test_throughput_and_pauses_of_a_download(result):
    run, stream, tally = result
    assert run.step["ok"] == 3 and stream["opened"] == 3, run.told
    assert stream["bytes"] == 3 * 600000
    rates, pauses = stream["throughput_bytes_per_s"], stream["pause_time_ns"]
    assert rates["count"] == 3 and rates["max"] <= 600000 / 0.6
    slowest = max(note["ended"] - note["began"] for note in tally)
    assert rates["min"] >= 600000 / (slowest + 3)
    assert pauses["min"] >= 0.15e9, "half, as a piece may be read late"
    met = [o["met"] for o in run.record["objectives"]]
    assert met in ([True] * 3, [None] * 3), run.told


def slow_reader():
    step = "request = GET /bytes?n=300000\nmeasure = throughput\nread_rate = 150kB/s\ntimeout = 30s"
    return read(step, CLOSED.format(1))


@pytest.mark.ahead(job=slow_reader)
def test_a_slow_reader_reads_no_faster_than_its_rate(result):
    run, stream, _ = result
    assert run.step["ok"] == 1 and stream["bytes"] == 300000, run.told
    assert 50e3 < stream["throughput_bytes_per_s"]["max"] <= 155e3


def slow_listener():
    step = "sse = /ticks?hz=200&n=100&style=bytes\nread_rate = 5kB/s"
    return read(step, CLOSED.format(1))


@pytest.mark.ahead(job=slow_listener)
def test_a_slow_listener_hears_everything_late(result):
    run, stream, tally = result
    assert run.step["ok"] == 1 and stream["events"] == 100, run.told
    assert run.step["service_time_ns"]["max"] > 0.9e9


# ---- without a file ----


def from_the_command_line(rate):
    with Events() as server:
        options = ["-r", "5/s", "-n", "4"] if rate else ["-d", "2s"]
        run = url(f"{server.url}/ticks?hz=50&n={10 if rate else 100000}", "--sse", "-c", 4, *options)
        return run, run.trial["streams"][0], server.tally()


@pytest.mark.ahead(job=from_the_command_line)
@pytest.mark.parametrize("rate", [False, True])
def test_one_url_is_listened_to(result, rate):
    run, stream, tally = result
    assert len(tally) == 4 and stream["kind"] == "events", run.told
    if rate:
        assert run.accounting["completed"] == 4 and stream["events"] == 40
    else:
        assert stream["events"] > 4 * 50


# ---- a stream that says nothing ----


def silent(head):
    def script(line):
        line.request()
        line.send(head)
        line.until_gone()

    text = BASE.format(url="http://ADDRESS", connections=1, duration="60s", users=CLOSED.format(2),
                       step="sse = /x\nfor = 400ms\ntimeout = 30s")
    with Peer(script) as peer:
        return scenario(text.replace("ADDRESS", peer.address))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


@pytest.mark.ahead(job=silent)
@pytest.mark.parametrize("head", [b"", HEAD, HEAD.replace(b"event-stream", b"html")])
def test_who_listens_for_a_while_has_to_be_answered(result, head):
    expected = {b"": {"timeout": 2}, HEAD: {}}.get(head, {"protocol": 2})
    (stream,) = result.trial["streams"]
    assert result.step["errors"] == expected, (result.told, result.step["error_rows"])
    assert result.step["ok"] == stream["opened"] == (2 if head == HEAD else 0)


# ---- TLS: what the socket does not announce ----


class Records:
    """TLS by hand, so that its bytes leave in pieces that no record knows of."""

    def __init__(self, line):
        self.line, self.came, self.goes = line, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls_context().wrap_bio(self.came, self.goes, server_side=True)
        self.wait_for(self.tls.do_handshake)

    def wait_for(self, action):
        while True:
            try:
                result = action()
                self.line.send(self.goes.read())
                return result
            except ssl.SSLWantReadError:
                self.line.send(self.goes.read())
                self.line.more()
                self.came.write(self.line.buffer)
                self.line.buffer = b""

    def records(self, *sizes):
        for size in sizes:
            self.tls.write(b"x" * size)
        return self.goes.read()


def in_hand():
    def script(line):
        records = Records(line)
        while True:
            records.wait_for(lambda: records.tls.read(65536))
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
            records.tls.write(head % (4 * 16384 + 900))
            data = records.records(16384, 16384, 16384, 16384, 900)
            line.send(data[:16000])
            line.wait(0.3)  # half a record has been read: the rest of it fills a read, and more is in hand
            line.send(data[16000:])

    text = BASE.format(url="https://ADDRESS", connections=1, duration="60s", users=CLOSED.format(2),
                       step="request = GET /\nmeasure = throughput\nread_rate = 1GB/s\ntimeout = 5s")
    with Peer(script) as peer:
        return scenario(text.replace("ADDRESS", peer.address), "--set", "scenario.verify_tls=no")


@pytest.mark.ahead(job=in_hand)
def test_a_download_ends_with_what_tls_has_in_hand(result):
    assert result.step["errors"] == {} and result.step["ok"] == 2, result.told
