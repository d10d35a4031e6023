"""`loadgen selftest` from outside.  Whether this machine is quiet enough to pass is not tested: what must
hold on any machine is."""

import http.server
import json
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from running import wait_for

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("LOADGEN") or str(ROOT / "build/release/loadgen")
ALWAYS = {  # exact, however busy the machine is
    "requests", "status_200", "status_404", "status_503", "counts_intact", "one_lost", "many_lost", "little_intact",
}
TIMED = {
    "clock_read", "lateness_p50", "lateness_p99", "deviation_p50", "deviation_p99", "constant_gap_cv",
    "poisson_gap_cv", "poisson_rate", "poisson_shape", "poisson_lag1", "delay_min", "delay_p50", "delay_p99",
    "mm1_mean", "mm1_p99", "mm1_mean_account", "mm1_p99_account", "closed_law",
    *(f"stall_{n}_{figure}" for n in (1, 50) for figure in ("p95", "p99", "max", "service", "service_max")),
}


def environment(state):
    return {**os.environ, "XDG_STATE_HOME": str(state)}


def children_of(pid):
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            text = entry.read_text()
            if int(text.rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(entry.parent.name))
    return found


def is_alive(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    return False


@pytest.fixture
def start(tmp_path):
    started = []

    def run(*arguments):
        process = subprocess.Popen([PROGRAM, "selftest", *arguments], env=environment(tmp_path),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    done = subprocess.run([PROGRAM, "selftest", "--quick", "--quiet", "--json", "-"], env=environment(state),
                          capture_output=True, timeout=300, check=False)
    return done, json.loads(done.stdout), state


def test_every_check_is_made_and_told(outcome):
    done, told, _ = outcome
    assert told["schema"] == "loadgen.selftest/1"
    assert {row["id"] for row in told["checks"]} == ALWAYS | TIMED
    assert done.stderr == b""
    assert told["trouble"] is None and told["interrupted"] is False


def test_what_does_not_depend_on_time_is_exact(outcome):
    _, told, _ = outcome
    rows = {row["id"]: row for row in told["checks"]}
    assert not [name for name in ALWAYS if not rows[name]["passed"]]
    assert rows["requests"]["measured"] > 1000
    assert rows["requests"]["measured"] == sum(rows[f"status_{code}"]["measured"] for code in (200, 404, 503))
    assert rows["delay_min"]["measured"] >= rows["delay_min"]["expected"]


def test_the_verdicts_follow_from_the_figures(outcome):
    done, told, _ = outcome
    for row in told["checks"]:
        inside = row["measured"] is not None and row["measured"] >= (row["low"] or 0) and (
            row["high"] is None or row["measured"] <= row["high"])
        assert inside == row["passed"], row
        assert row["what"] and row["how"]
    assert told["passed"] == all(row["passed"] for row in told["checks"])
    assert done.returncode == (0 if told["passed"] else 4)


def test_only_a_good_calibration_is_kept(outcome):
    _, told, state = outcome
    kept = state / "loadgen/calibration.json"
    assert kept.exists() == told["passed"]
    if told["passed"]:
        assert json.loads(kept.read_text())["machines"] == [told["calibration"]]
        assert [entry.name for entry in kept.parent.iterdir()] == [kept.name]


def test_a_machine_that_stands_still_again_and_again_does_not_pass(start):
    process = start("--quick", "--quiet")
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.15)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.15)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 4
    assert b"sends late, by the engine, p99" in out
    assert b"checks failed" in out and b"other programs used" in out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_and_its_server(start, number, code):
    process = start("--quick")
    servers = wait_for(lambda: children_of(process.pid), "the server did not start")
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert b"interrupted" in out
    wait_for(lambda: not [pid for pid in servers if is_alive(pid)], "the server lives on")


def test_the_server_does_not_outlive_a_kill(start):
    process = start("--quick")
    servers = wait_for(lambda: children_of(process.pid), "the server did not start")
    process.kill()
    process.communicate()
    wait_for(lambda: not [pid for pid in servers if is_alive(pid)], "the server lives on")


@pytest.mark.parametrize("arguments", [["--fast"], ["extra"], ["--seed", "x"], ["--seed", "-1"], ["--json"]])
def test_a_usage_mistake_is_2_and_starts_nothing(start, arguments):
    process = start(*arguments)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == b"" and err != b""


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.mark.parametrize(("figures", "words"), [
    ({"rate_per_s": 1e9, "floor_p50_ns": 1.0}, []),
    ({"rate_per_s": 30.0, "floor_p50_ns": 1.0}, ["more than half"]),
    ({"rate_per_s": 1e9, "floor_p50_ns": 1e12}, ["median response"]),
])
def test_a_run_outside_the_calibrated_region_has_a_note(outcome, tmp_path, figures, words):
    _, told, _ = outcome
    kept = tmp_path / "loadgen/calibration.json"
    kept.parent.mkdir()
    kept.write_text(json.dumps({"schema": "loadgen.calibration/1", "machines": [{**told["calibration"], **figures}]}))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run(
            [PROGRAM, "url", f"http://127.0.0.1:{server.server_port}/", "-c", "2", "-r", "20/s", "-d", "1s",
             "--quiet", "--json", "-"],
            env=environment(tmp_path), capture_output=True, timeout=60, check=False)
        server.shutdown()
    notes = [note for note in json.loads(done.stdout)["notes"] if "self-test" in note]
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes))
