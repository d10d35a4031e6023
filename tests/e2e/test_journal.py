"""What is left of a run that was killed, or that found no room for its files."""

import json
import resource
import time
import zlib
from contextlib import contextmanager, suppress

from peers import Peer
from running import Loadgen, Run, check_record, loadgen
from test_hostile import polite

SCENARIO = """
[scenario]
targets = peer
trials = 2
seed = 42
duration = {duration}
warmup = 1s
[target peer]
url = http://{address}
[users visitor]
connections = 4
arrivals = poisson
rate = 100/s
steps = get
[step get]
request = GET /
[objectives]
get.response = p(99) < 10s
"""


@contextmanager
def running(tmp_path, duration, *arguments, **options):
    with Peer(polite) as peer:
        ini = tmp_path / "journal.ini"
        ini.write_text(SCENARIO.format(duration=duration, address=peer.address))
        with Loadgen("scenario", ini, "--quiet", "--out", tmp_path / "run", *arguments, **options) as program:
            yield program


def read(path):
    """A run that ends takes its journal away."""
    with suppress(FileNotFoundError):
        return path.read_bytes()


def lines(folder):
    """The whole lines of the journal, each with its sum."""
    path = folder / "journal.log"
    whole, _, _ = (read(path) or b"").rpartition(b"\n")  # behind it: what is being written, or was cut
    for line in whole.splitlines():
        digits, _, text = line.partition(b" ")
        assert int(digits, 16) == zlib.crc32(text)
        yield json.loads(text)


def kinds(folder):
    return [line["kind"] for line in lines(folder)]


def await_lines(program, folder, until):
    deadline = time.monotonic() + 60
    while not until(kinds(folder)):
        assert program.process.poll() is None, program.stderr()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def killed(tmp_path, duration, until):
    with running(tmp_path, duration) as program:
        await_lines(program, tmp_path / "run", until)
        program.process.kill()
        program.process.wait()
    return tmp_path / "run"


def reported(folder):
    run = loadgen("report", folder, codes={0})
    assert "INTERRUPTED" in run.out
    record = json.loads((folder / "run.json").read_text())
    check_record(record)
    assert record["interrupted"]
    assert [o["met"] for o in record["objectives"]] == [None]
    assert "INTERRUPTED" in (folder / "report.html").read_text()
    return record


def test_a_killed_run_is_reported_from_its_journal(tmp_path):
    folder = killed(tmp_path, "30s", lambda kinds: kinds.count("second") >= 5)
    seconds = [line["trial"] for line in lines(folder) if line["kind"] == "second"]
    trial = reported(folder)["targets"][0]["trials"][0]
    measured = [s for s in seconds if s["timeline"][0]["at_s"] >= 0]
    assert trial["interrupted"] and trial["duration_s"] == len(measured) >= 3
    assert trial["steps"][0]["ok"] == sum(s["steps"][0]["ok"] for s in measured) > 0
    assert trial["steps"][0]["response_time_ns"]["count"] == trial["steps"][0]["ok"]
    assert len(trial["timeline"]) == len(seconds)
    assert trial["generator"]["threads"] == 1 and 0 < trial["generator"]["cpu_utilisation"] <= 1


def test_a_run_that_goes_on_is_told_from_one_that_was_cut_off(tmp_path):
    folder = tmp_path / "run"
    with running(tmp_path, "300s") as program:
        await_lines(program, folder, lambda kinds: kinds.count("begin") == 1)
        early = loadgen("report", folder)
        await_lines(program, folder, lambda kinds: kinds.count("second") >= 4)
        run = loadgen("report", folder, codes={0})
        page = loadgen("report", folder, "--format", "html", codes={0})
        assert program.process.poll() is None, program.stderr()
        program.process.kill()
        program.process.wait()
    # A slow machine may have brought a second of the measured time by then.
    assert "still going on, and nothing has been measured yet" in early.err or "STILL RUNNING" in early.out, early.told
    assert "STILL RUNNING: what there is up to now" in run.out and "Still running." in run.out, run.told
    assert "The run is still going on" in run.out and "INTERRUPTED" not in run.out + page.out, run.told
    assert "<strong>STILL RUNNING</strong> what there is up to now" in page.out
    assert [path.name for path in folder.iterdir()] == ["journal.log"], "the files are the run's own business"


def test_trials_that_had_ended_are_whole(tmp_path):
    folder = killed(tmp_path, "5s", lambda kinds: kinds.count("end") == 1 and kinds.count("begin") == 2)
    ended = [line["trial"] for line in lines(folder) if line["kind"] == "end"]
    trials = reported(folder)["targets"][0]["trials"]
    for part in ("steps", "users", "timeline", "generator", "server", "duration_s"):
        assert trials[0][part] == ended[0][part]
    assert not trials[0]["interrupted"] and trials[0]["duration_s"] == 5


def test_a_killed_run_is_not_taken_for_the_one_before_it_in_the_folder(tmp_path):
    with running(tmp_path, "1s", "--trials", "1", "--seed", "7") as program:
        program.finish()
    folder = killed(tmp_path, "30s", lambda kinds: kinds.count("second") >= 3)
    assert json.loads((folder / "run.json").read_text())["seed"] == "7"
    assert reported(folder)["seed"] == "42"
    again = loadgen("report", folder, codes={0})
    assert "INTERRUPTED" in again.out, "the record that was made of the journal counts now"


def test_a_run_that_ends_well_leaves_no_journal(tmp_path):
    with running(tmp_path, "1s", "--trials", "1") as program:
        program.finish()
    assert (tmp_path / "run/run.json").exists()
    assert not (tmp_path / "run/journal.log").exists()


def limited(tmp_path, bytes_):
    """A run in which no file may grow larger: as on a full disk, writing fails."""
    with running(tmp_path, "2s", "--trials", "1") as program:
        resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (bytes_, bytes_))
        code = program.process.wait(120)
        return Run(program, code, {1})


def test_no_room_for_the_page_leaves_the_record(tmp_path):
    run = limited(tmp_path, 100_000)
    assert "report.html: it would be larger than this process may write" in run.err
    assert "get response p99" in run.out
    record = json.loads((tmp_path / "run/run.json").read_text())
    check_record(record)
    assert (tmp_path / "run/summary.md").exists()
    assert not [*(tmp_path / "run").glob("*.part")]


def test_no_room_for_the_record_leaves_a_journal_and_the_summary(tmp_path):
    run = limited(tmp_path, 12_000)
    assert "the journal cannot be written" in run.err
    assert "run.json: it would be larger than this process may write" in run.err
    assert "get response p99" in run.out
    assert (tmp_path / "run/journal.log").exists()
