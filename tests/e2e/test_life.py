"""Mistakes of users, faults of targets, and every way out."""

import json
import os
import re
import signal
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from peers import OK, Peer, tls_context
from running import Loadgen, decided, loadgen, scenario, url, wait_for
from test_hostile import FINE, polite
from test_journal import kinds

HERE = Path(__file__).parent

TARGET = f"""
[target victim]
folder = {HERE}
command = python3 victim.py
"""

SCENARIO = """
[scenario]
targets = victim
warmup = {warmup}
duration = {duration}
trials = 1
[users one]
connections = {connections}
connect_rate = {connect_rate}
steps = get
arrivals = poisson
rate = 50/s
[step get]
request = GET /
[objectives]
get.response = p(50) < 1us
"""


def text(mode="good", warmup="0s", duration="1s", connections=4, connect_rate="1k/s", **target):
    keys = "".join(f"{key.replace('__', '.')} = {value}\n" for key, value in target.items())
    plan = SCENARIO.format(warmup=warmup, duration=duration, connections=connections, connect_rate=connect_rate)
    return plan + TARGET + f"env.MODE = {mode}\n" + keys


@contextmanager
def started(ini, *arguments, **options):
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        path = Path(folder, "test.ini")
        path.write_text(ini)
        with Loadgen("scenario", path, "--quiet", "--json", "run.json", "--out", Path(folder, "run"), *arguments, **options) as program:
            program.run_folder = Path(folder, "run")
            yield program


def run(ini, *arguments, **options):
    with started(ini, *arguments, **options) as program:
        return program.finish()


def await_seconds(program, least):
    """Until so many seconds of its load have passed."""
    wait_for(lambda: kinds(program.run_folder).count("second") >= least, "no load")


def await_processes(program, least):
    """Keeper, server, and its children."""
    wait_for(lambda: len(list(program.started())) >= least, "the server does not start")


# ---- a trial that the machine spoils ----


def stood_still():
    """The generator stands still for half a second of its first trial."""
    with started(text(duration="3s")) as program:
        await_seconds(program, 1)
        program.freeze(0.5)
        return program.finish()


@pytest.mark.ahead(job=stood_still)
def test_a_disturbed_trial_is_measured_again_and_a_note_says_so(result):
    (target,) = result.record["targets"]
    assert [trial["number"] for trial in target["trials"]] == [1], result.told
    assert 0 < target["trials"][0]["users"][0]["accounting"]["scheduled"] < 250, "those of one attempt"
    note = "victim: trial 1 is measured again, as this machine disturbed it: get: the generator took up"
    assert any(note in each for each in result.record["notes"]) and note in result.err, result.told


# ---- mistakes in a scenario ----

MISTAKES = """[scenario]
targets = here, nowhere
warmup = 3 parsecs
duraton = 5s
ca_file = missing.pem
[target here]
command = python3 -c "open('started', 'w')"
[users one]
connections = 2
steps = get, got
rate = fast
[step get]
request = GET /${undefined}
body_file = nothing.bin
[stepp x]
"""


def test_all_mistakes_are_told_in_one_go_and_nothing_starts(tmp_path):
    (tmp_path / "bad.ini").write_text(MISTAKES)
    done = loadgen("scenario", "bad.ini", cwd=tmp_path)
    assert done.code == 2 and done.out == ""
    lines = [int(n) for n in re.findall(r"^bad\.ini:(\d+):\d+: ", done.err, re.M)]
    assert lines == [2, 3, 4, 5, 7, 10, 11, 13, 14, 15], done.err
    assert "did you mean duration?" in done.err and "did you mean step?" in done.err
    assert sorted(os.listdir(tmp_path)) == ["bad.ini"], "nothing was started or written"


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["scenario", "nofile.ini"], "nofile.ini"),
        (["scenario"], "which scenario"),
        (["scenario", "chat.ini", "--set", "scenario.duratoin=1s"], "did you mean"),
        (["scenario", "chat.ini", "--target", "nod"], "nod"),
        (["url"], "one URL"),
        (["url", "ftp://127.0.0.1/"], "http://"),
        (["url", "http://127.0.0.1:1/", "-d", "5"], "unit"),
        (["url", "http://127.0.0.1:1/", "-r", "1000"], "period"),
        (["url", "http://127.0.0.1:1/", "--arrivals", "constant"], "rate"),
        (["url", "http://127.0.0.1:1/", "-H", "no colon"], "Name: value"),
        (["url", "http://127.0.0.1:1/", "-H", "a: b\nbody = c"], "one line"),
        (["url", "http://127.0.0.1:1/", "-d", "5s\nseed = 3"], "one line"),
        (["url", "http://127.0.0.1:1/", "--cacert", "no.pem"], "no.pem"),
        (["url", "http://127.0.0.1:1/", "--body-file", "no.bin"], "no.bin"),
        (["url", "http://127.0.0.1:1/", "--body", "x", "--body-file", "no.bin"], "exclude each other"),
        (["url", "http://127.0.0.1:1/", "-c", "0"], "-c: connections: 0 is below 1"),
        (["url", "http://127.0.0.1:1/${x}"], "URL: the variable ${x} is not set"),
        (["url", "http://127.0.0.1:1/", "-n", "0"], "-n 0"),
        (["url", "http://127.0.0.1:1/", "-X", "GE T"], "one word"),
        (["url", "http://127.0.0.1:1/", "-H", ": b"], "Name: value"),
        (["url", "http://127.0.0.1:1/", "-H", "Foo: a", "-H", "foo: b"], "given already"),
        (["scenario", "chat.ini", "--seed", "x"], "--seed: seed: x: a number is expected"),
        (["url", "ws://127.0.0.1:1/", "-X", "POST"], "-X goes with"),
        (["url", "ws://127.0.0.1:1/", "--listen", "--body", "x"], "sends nothing"),
        (["url", "http://127.0.0.1:1/", "--bogus"], "--help"),
        (["explain", "users", "rate"], "one SECTION or KEY"),
        (["bogus"], "bogus"),
    ],
)
def test_a_mistake_on_the_command_line(arguments, word):
    done = loadgen(*arguments)
    assert done.code == 2 and done.out == "" and word in done.err, done.told


def test_a_body_is_sent_as_it_is(tmp_path):
    bodies = []
    (tmp_path / "body.bin").write_bytes(b" \x00\n${not.filled} ")

    def script(line):
        while True:
            head = line.request()
            length = int(re.search(r"content-length: *(\d+)", head, re.I)[1])
            while len(line.buffer) < length:
                line.more()
            bodies.append(line.buffer[:length].decode())
            line.buffer = line.buffer[length:]
            line.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    with Peer(script) as peer:
        for body in ("plain", " two\nlines; # \t\n", ""):
            assert url(f"http://{peer.address}/", "-n", 1, "--body", body).code in FINE
        assert url(f"http://{peer.address}/", "-n", 1, "--body-file", tmp_path / "body.bin").code in FINE
    assert bodies == ["plain", " two\nlines; # \t\n", "", " \x00\n${not.filled} "]


def test_a_host_header_stands_in_for_that_of_the_url():
    heads = []

    def script(line):
        while True:
            heads.append(line.request())
            line.send(OK)

    with Peer(script) as peer:
        assert url(f"http://{peer.address}/", "-n", 1, "-H", "Host: shop.example").code in FINE
    assert [h for h in heads[-1].split("\r\n") if h.lower().startswith("host:")] == ["host: shop.example"]
    done = loadgen("url", "http://127.0.0.1:1/", "--http", "h2c", "-H", "Host: shop.example")
    assert done.code == 2 and "with HTTP/2 the url says it" in done.err, done.told


# ---- stdout and files ----


def test_json_on_stdout_is_alone_there():
    with Peer(polite) as peer:
        done = loadgen("url", f"http://{peer.address}/", "-n", 20, "--json", "-")
    assert json.loads(done.out)["schema"] == "loadgen.run/1" and done.code in FINE


def test_a_closed_stdout_is_told():
    reader, writer = os.pipe()
    os.close(reader)
    with Peer(polite) as peer:
        done = loadgen("url", f"http://{peer.address}/", "-n", 20, stdout=writer, codes={1})
    os.close(writer)
    assert "Broken pipe" in done.err


def test_a_full_stdout_is_told():
    with Peer(polite) as peer, open("/dev/full", "w") as full:
        done = loadgen("url", f"http://{peer.address}/", "-n", 20, stdout=full, codes={1})
    assert "No space left" in done.err


@pytest.mark.parametrize("option, path", [("--out", "file/run"), ("--out", "/proc/run"), ("--json", "nowhere/run.json"), ("--json", "."), ("--json", "")])
def test_a_place_that_cannot_be_written_is_told_before_the_run(tmp_path, option, path):
    (tmp_path / "file").touch()
    with Peer(polite) as peer:
        done = loadgen("url", f"http://{peer.address}/", "-n", 5, option, path, cwd=tmp_path)
        assert done.code == 2 and "cannot write" in done.err, done.told
        assert peer.connections == 0


def test_too_few_files_are_told_before_a_target_starts(tmp_path):
    begun = tmp_path / "begun"
    ini = text(connections=2000).replace("python3 victim.py", f"touch {begun}")
    done = run(ini, files=256)
    assert done.code == 2 and "2064" in done.err and "256" in done.err, done.told
    assert not begun.exists()


# ---- targets ----


def with_target(mode):
    keys = dict(stop_within="1s", duration="1s")
    if mode in ("mute", "unready"):
        keys |= dict(ready_within="2s")
    if mode == "dies midway":
        keys |= dict(duration="1h", env__AFTER="120")
    return run(text(mode, **keys))


FAULTS = {
    "dies at start": ["exit code 3", "cannot find the database"],
    "mute": ["did not get ready within 2s", "listening on PORT"],
    "unready": ["did not get ready within 2s", "503"],
    "dies midway": ["exit code 7", "the database has gone away"],
}


@pytest.mark.ahead(job=with_target)
@pytest.mark.parametrize("mode", FAULTS)
def test_a_target_that(result, mode):
    assert result.code == 5 and all(words in result.err for words in FAULTS[mode]), result.told
    if mode == "dies midway":
        trial = result.trial
        assert trial["accounting"]["completed"] > 10, "what was measured is reported"
        assert "exit code 7" in trial["server"]["ended"]
        assert [o["met"] for o in result.record["objectives"]] == [None]
        assert trial["duration_s"] < 1000


@pytest.mark.ahead(job=lambda: with_target("stubborn"))
def test_a_target_that_ignores_sigterm_is_killed_and_told(result):
    assert "did not end within 1 s of SIGTERM and was killed" in result.err, result.told
    assert result.code in (3, 4), "which is no fault of the measurement"


@pytest.mark.ahead(job=lambda: with_target("good"))
def test_an_objective_that_is_missed(result):
    assert result.code in (3, 4), result.told
    assert [o["met"] for o in result.record["objectives"]] == ([False] if result.code == 3 else [None])


def beside_text(mode):
    ini = text("front", duration="5s" if mode == "dies midway" else "1s")
    ini = ini.replace("targets = victim", "targets = victim\nwith = back-end").replace(
        "request = GET /", 'request = GET /\ncheck = body == behind: ok'
    )
    beside = f"[target back-end]\nfolder = {HERE}\ncommand = python3 victim.py\nenv.MODE = {mode}\n"
    return ini + beside + "env.AFTER = 60\n"


def with_one_beside(mode):
    return run(beside_text(mode))


@pytest.mark.ahead(job=lambda: with_one_beside("good"))
def test_a_server_beside_the_target_is_found_by_it(result):
    assert result.code in (3, 4), result.told
    assert result.errors == {} and result.accounting["completed"] > 10, result.told
    assert [target["name"] for target in result.record["targets"]] == ["victim"]
    assert any("back-end ran beside each target" in note for note in result.record["notes"])


def test_a_dry_run_has_the_server_beside_the_target_too(tmp_path):
    ini = tmp_path / "test.ini"
    ini.write_text(beside_text("good"))
    done = loadgen("check", ini, "--dry-run")
    assert done.code == 0 and "passed  body == behind: ok" in done.out, done.told


@pytest.mark.ahead(job=lambda: with_one_beside("dies at start"))
def test_a_server_beside_the_target_that_does_not_start_is_told(result):
    assert result.code == 5 and "back-end" in result.err and "cannot find the database" in result.err, result.told


@pytest.mark.ahead(job=lambda: with_one_beside("dies midway"))
def test_a_server_beside_the_target_that_dies_makes_the_run_a_failure(result):
    assert result.code == 5 and "beside it, back-end ended with exit code 7" in result.err, result.told
    ended = result.record["targets"][0]["trials"][0]["server"]["ended"]
    assert ended.startswith("beside it, back-end ended") and "gone away" in ended, result.told
    assert "cut short" in result.record["headline"], result.told
    assert [o["met"] for o in result.record["objectives"]] == [None], result.told


UNAVAILABLE = b"HTTP/1.1 503 Not yet\r\nContent-Length: 0\r\n\r\n"

BEHIND_TLS = """
[scenario]
targets = peer
trials = 1
warmup = 0s
duration = 300ms
connect_timeout = 500ms
verify_tls = no
[target peer]
url = https://ADDRESS
ready = GET /ready
ready_within = READY_WITHIN
[users all]
connections = 2
steps = get
rate = 100/s
[step get]
request = GET /
"""


def behind_tls(peer, ready_within="30s"):
    return scenario(BEHIND_TLS.replace("ADDRESS", peer.address).replace("READY_WITHIN", ready_within))


def test_a_server_behind_tls_is_asked_whether_it_is_ready():
    asked = []

    def script(line):
        while True:
            asked.append(line.request().split()[1])
            line.send(OK if asked[-1] == "/" or len(asked) > 3 else UNAVAILABLE)

    def never(line):
        while True:
            line.request()
            line.send(UNAVAILABLE)

    with Peer(script, tls=tls_context()) as peer:
        done = behind_tls(peer)
    assert done.code in (0, 4) and done.step["ok"] > 0, done.told
    assert asked[:4] == ["/ready"] * 4 and set(asked[4:]) == {"/"}, asked
    with Peer(never, tls=tls_context()) as peer:
        done = behind_tls(peer, "500ms")
    assert done.code == 5 and "did not get ready within 500ms: GET /ready answered 503" in done.err, done.told


def test_a_server_that_speaks_http2_alone_is_ready_when_it_says_so_in_tls():
    context = tls_context()
    context.set_alpn_protocols(["h2"])
    with Peer(lambda line: line.until_gone(), tls=context) as peer:
        done = behind_tls(peer)
    assert "did not get ready" not in done.err, done.told


def test_a_port_that_is_taken_is_told():
    with Peer(polite) as peer:
        done = run(text(env__PORT=peer.port))
    assert done.code == 5 and "Address already in use" in done.err, done.told
    done = run(text(url="http://127.0.0.1:8080"))
    assert done.code == 2 and "${PORT}" in done.err, "a started server says its port itself"


def test_a_command_that_does_not_exist():
    done = run(text().replace("python3 victim.py", "no-such-program"))
    assert done.code in (2, 5) and "no-such-program" in done.err, done.told


# ---- signals ----

PHASES = {
    "connecting": dict(connections=200, connect_rate="0.1/s"),
    "warm-up": dict(warmup="1h"),
    "measuring": dict(duration="1h"),
    "starting": dict(mode="mute", ready_within="5m"),
}


def interrupted(phase, number):
    with started(text(**PHASES[phase])) as program:
        if phase in ("warm-up", "measuring"):
            await_seconds(program, 3)
        elif phase == "connecting":
            wait_for(lambda: "begin" in kinds(program.run_folder), "it does not connect")
            time.sleep(1)  # some are there then, and most are not
        else:
            await_processes(program, 2)
        program.signal(number)
        done = program.finish()
        done.report = (program.run_folder / "report.html").exists()
        done.left_folder = program.run_folder.exists()
        return done


@pytest.mark.ahead(job=interrupted)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("phase", PHASES)
def test_a_signal_ends_the_run_and_tells_what_was_measured(result, phase, number):
    assert result.code == 128 + number, result.told
    if phase == "starting":
        assert result.record is None and not result.left_folder
        return
    assert result.report and result.record["interrupted"] is True
    assert [o["met"] for o in result.record["objectives"]] == [None], "and judges nothing"
    if phase == "measuring":
        assert result.accounting["completed"] > 20 and 0.5 < result.trial["duration_s"] < 1000
    else:
        assert result.accounting["scheduled"] == 0 and result.trial["duration_s"] == 0


UNANSWERED = """[users one]
connections = 1
arrivals = closed
steps = get
[step get]
request = GET /
timeout = 1h
[target silent]
url = http://{address}
"""


def dry_run_interrupted():
    def silent(line):
        line.request()
        line.until_gone()

    with Peer(silent) as peer, tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        ini = Path(folder, "test.ini")
        ini.write_text(UNANSWERED.format(address=peer.address))
        with Loadgen("check", ini, "--dry-run") as program:
            wait_for(lambda: peer.requests == 1, "the request is on its way")
            program.signal(signal.SIGINT)
            return program.finish(30)


@pytest.mark.ahead(job=dry_run_interrupted)
def test_a_signal_ends_a_dry_run(result):
    assert result.code == 130, result.told


def second_signal():
    with started(text("stubborn", duration="1h", stop_within="5m")) as program:
        await_seconds(program, 1)
        program.signal(signal.SIGINT)
        time.sleep(1)
        waits = program.process.poll() is None
        program.signal(signal.SIGINT)
        code = program.process.wait(60)
        program.await_nothing_left(60)  # the keeper's own patience is 5 s then
        return waits, code


@pytest.mark.ahead(job=second_signal)
def test_a_second_signal_does_not_wait(result):
    waits, code = result
    assert waits and code == 130


def killed(mode):
    with started(text(mode, duration="1h")) as program:
        await_processes(program, 3 if mode == "stubborn" else 2)
        await_seconds(program, 1)
        program.signal(signal.SIGKILL)
        program.process.wait()
        program.await_nothing_left(60)


@pytest.mark.ahead(job=killed)
@pytest.mark.parametrize("mode", ["good", "stubborn"])
def test_kill_leaves_nothing_behind(result, mode):
    """Neither processes nor temporary folders."""


# ---- what is shipped ----


def shipped(target):
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        done = loadgen(
            "scenario", "chat.ini", "--target", target, "--set", "scenario.duration=4s", "--set",
            "scenario.warmup=1s", "--json", "run.json", "--out", Path(folder, "run"), seconds=180,
        )  # fmt: skip
        done.files = {path.name: path.stat().st_size for path in Path(folder, "run").iterdir()}
        return done


@pytest.mark.slow
@pytest.mark.parametrize("target", ["node", "django"])
def test_the_chat_scenario_runs(alone, target):
    (result,) = decided(lambda: (shipped(target),))
    assert result.code in (0, 3, 4), result.told
    heard = result.trial["deliveries"][0]
    assert heard["received"] == heard["expected"] > 2000 and heard["lost"] == 0
    assert heard["duplicated"] == heard["unexpected"] == 0
    assert result.step["errors"] == {}
    assert result.files["report.html"] > 10000 and result.files["run.json"] > 1000
    assert result.trial["server"]["cpu_s"] > 0
    assert target in result.out
