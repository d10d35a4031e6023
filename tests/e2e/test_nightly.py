"""loadgen nightly: what a night keeps, finds and ends with, whatever happens in it."""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
import yaml
from running import PROGRAM, ROOT, Loadgen, loadgen
from test_journal import kinds

HERE = Path(__file__).parent
SCHEMA = json.loads((ROOT / "reports/schema/nightly-1.schema.json").read_text())

SCENARIO = """
[scenario]
name = {name}
targets = pace
warmup = 0s
duration = 500ms
trials = 1
[target pace]
folder = {folder}
command = python3 pace.py
env.PACE = {pace}
[users one]
connections = 4
connect_rate = 1k/s
steps = get
arrivals = closed
[step get]
request = GET /
"""


class Place:
    """A folder with scenarios and a history."""

    def __init__(self, path):
        self.path = Path(path)
        self.out = self.path / "out"

    def write(self, name, folder=HERE, pace=0.005, text=SCENARIO, where=None):
        path = (where or self.path) / f"{name}.ini"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(name=name, folder=folder, pace=pace))
        return path.name

    def night(self, *arguments, seconds=300):
        codes = {0, 1, 2, 3, 4, 5}
        return loadgen("nightly", *arguments, "--quiet", "--out", self.out, cwd=self.path, seconds=seconds, codes=codes)

    def page(self):
        page = json.loads((self.out / "trend.json").read_text())
        jsonschema.validate(page, SCHEMA)
        return page

    def series(self, metric="get service p50"):
        return next(s for s in self.page()["series"] if s["metric"] == metric)

    def cases(self):
        return list(ET.parse(self.out / "junit.xml").getroot().iter("testcase"))

    def export(self):
        done = loadgen("nightly", "--export", "-", "--out", self.out, cwd=self.path, codes={0})
        return done.out


@contextmanager
def place():
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        yield Place(folder)


def valid_night(p, *arguments, **options):
    """Again, up to four times, where the machine, and not the server, spoilt the night."""
    for _ in range(5):
        run = p.night(*arguments, **options)
        if run.code != 4:
            break
    return run


# ---- a night ----


def first_night():
    with place() as p:
        p.write("shop", text=SCENARIO + "[objectives]\nget.service = p(50) < 1us\n")
        run = valid_night(p, "shop.ini", "--trials", 2, "--commit", "abc", "--junit", "cases.xml")
        series = p.series()
        files = {path.name for path in p.out.iterdir()}
        report = p.page()["reports"]["shop"][-1]
        assert (p.out / report).exists() and (p.path / "cases.xml").exists()
        return run, p.page(), series, files, p.cases()


@pytest.mark.ahead(job=first_night)
def test_a_first_night_is_kept_and_says_that_it_is_young(result):
    run, page, series, files, cases = result
    assert run.code == 0, run.told
    assert {"trend.html", "trend.json", "summary.md", "junit.xml", "history.sqlite", "runs"} <= files
    assert page["nights"][-1]["commit"] == "abc" and page["measured"]
    assert any("pace misses an objective: get.service p(50) < 1us" in note for note in page["notes"]), page["notes"]
    assert series["tonight"] == "young" and series["trials"][-1] == 2 and series["value"][-1] >= 5e6
    assert series["low"][-1] <= series["value"][-1] <= series["high"][-1]
    assert all(case.find("failure") is None and case.find("error") is None for case in cases)
    assert {"get service p50", "achieved rate", "errors"} <= {case.get("name") for case in cases}


def two_nights():
    with place() as p:
        p.write("shop")
        p.write("bank")
        first = valid_night(p, "shop.ini", "bank.ini", "--trials", 1)
        second = valid_night(p, "shop.ini", "bank.ini", "--trials", 1)
        page = p.page()
        valid_night(p, "shop.ini", "bank.ini", "--trials", 1, "--keep", 1)
        return first, second, page, p.page(), len(list(p.out.glob("runs/*")))


@pytest.mark.ahead(job=two_nights)
def test_nights_are_appended_in_order(result):
    first, second, page, kept, folders = result
    assert first.code == second.code == 0, second.told
    assert len(page["nights"]) >= 2 and {s["scenario"] for s in page["series"]} == {"bank", "shop"}
    at = [night["at"] for night in page["nights"]]
    assert at == sorted(at)
    assert all(len(s["value"]) == len(at) for s in page["series"])
    assert folders == 2, "--keep 1 leaves the last night's runs"
    assert all(reports[-1] and not any(reports[:-1]) for reports in kept["reports"].values()), kept["reports"]


# ---- nights without data ----


def does_not_start():
    with place() as p:
        p.write("shop")
        good = valid_night(p, "shop.ini", "--trials", 1)
        p.write("shop", text=SCENARIO.replace("python3 pace.py", "python3 nothing.py"))
        run = p.night("shop.ini", "--trials", 1)
        return good, run, p.series(), p.cases(), (p.out / "trend.html").read_text()


@pytest.mark.ahead(job=does_not_start)
def test_a_target_that_does_not_start_is_a_night_without_data(result):
    good, run, series, cases, html = result
    assert good.code == 0 and run.code == 5, run.told
    assert series["value"][-1] is None and series["tonight"] == "no_data"
    assert "nothing.py" in run.out or "exit" in series["missing"][-1]["why"], series["missing"]
    assert all(case.find("error") is not None for case in cases)
    assert "no data" in run.out and "nothing changed" not in run.out


def await_seconds(p, least):
    """Until so many seconds of a run under way stand in its journal."""
    deadline = time.monotonic() + 120
    while max((kinds(folder).count("second") for folder in p.out.glob("runs/*")), default=0) < least:
        assert time.monotonic() < deadline, "no second was measured"
        time.sleep(0.05)


def spoilt():
    """The generator is stopped for a second and a half: it cannot have kept its schedule, and the budget
    leaves no time to measure again."""
    with place() as p:
        scheduled = SCENARIO.replace("arrivals = closed", "arrivals = constant\nrate = 100/s")
        p.write("shop", text=scheduled.replace("duration = 500ms", "duration = 5s"))
        with Loadgen("nightly", "shop.ini", "--trials", 1, "--budget", "12s", "--out", p.out, cwd=p.path) as program:
            await_seconds(p, 1)
            program.freeze(1.5)
            run = program.finish(codes={4})
        return run, p.page(), p.cases()


@pytest.mark.ahead(job=spoilt)
def test_a_run_that_is_not_valid_is_never_a_value(result):
    run, page, cases = result
    assert page["series"] and all(s["value"][-1] is None for s in page["series"])
    assert "not valid" in page["series"][0]["missing"][-1]["why"], page["series"][0]
    assert all(case.find("skipped") is not None for case in cases)


def interrupted():
    with place() as p:
        p.write("bank")
        p.write("shop", text=SCENARIO.replace("duration = 500ms", "duration = 1h"))
        with Loadgen("nightly", "bank.ini", "shop.ini", "--trials", 1, "--out", p.out, cwd=p.path) as program:
            program.await_text("shop (2 of 2)")
            await_seconds(p, 2)
            program.signal(signal.SIGTERM)
            run = program.finish(codes={143})
        return run, p.page()


@pytest.mark.ahead(job=interrupted)
def test_an_interrupted_night_keeps_what_had_ended(result):
    run, page = result
    assert page["nights"][-1]["note"] == "interrupted"
    bank = [s for s in page["series"] if s["scenario"] == "bank"]
    assert bank, run.told
    shop = [s for s in page["series"] if s["scenario"] == "shop"]
    assert all(s["value"][-1] is None and "interrupted" in s["missing"][-1]["why"] for s in shop), shop


# ---- the budget ----


def short_of_time():
    """Either fits, both together do not. What this machine spoilt is begun anew."""
    for _ in range(5):
        found = two_nights_short_of_time()
        if all(run.code != 4 for run in found[0]):
            break
    return found


def two_nights_short_of_time():
    with place() as p:
        for name in ("shop", "bank"):
            p.write(name, text=SCENARIO.replace("duration = 500ms", "duration = 1500ms"))
        arguments = ("shop.ini", "bank.ini", "--trials", 1, "--budget", "5s")
        runs, measured = [], []
        for _ in range(2):
            runs.append(p.night(*arguments))
            measured.append({s["scenario"] for s in p.page()["series"] if s["trials"][-1] > 0})
        return runs, measured, p.page()["notes"]


@pytest.mark.ahead(job=short_of_time)
def test_what_does_not_fit_is_left_out_and_comes_first_another_night(result):
    runs, measured, notes = result
    assert all(run.code == 0 for run in runs), runs[1].told
    assert "bank was left out" in runs[0].out and measured[0] == {"shop"}, runs[0].told
    assert "shop was left out" in runs[1].out and measured[1] == {"bank"}, runs[1].told
    assert any("shop was left out" in note for note in notes)


# ---- a slower server ----

# The reference server in Node.js; with SLOW it burns so many milliseconds of CPU for each request.
NODE = """
[scenario]
name = {name}
targets = node
warmup = 300ms
duration = 700ms
trials = 1
[target node]
folder = {folder}
command = {node} --require {slow} server.js
env = ../settings.env
env.SLOW = {pace}
ready = GET /healthz
url = http://127.0.0.1:${{PORT}}
[users one]
connections = 2
steps = get
arrivals = closed
[step get]
request = GET /json
"""
NODE = NODE.replace("{node}", str(ROOT / ".env/node/bin/node")).replace("{slow}", str(HERE / "slow.cjs"))
REFERENCE = {"folder": ROOT / "targets/node", "text": NODE}


def grow(p, night, nights=14, commit="c{:02d}"):
    """A history of so many nights whose figures vary about those of one real night."""
    run = night()
    assert run.code == 0, run.told
    rows = list(csv.DictReader(p.export().splitlines()))
    rows = [row for row in rows if row["night"] == rows[-1]["night"]]
    shutil.rmtree(p.out)
    draw = random.Random(7)
    with (p.path / "old.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for i in range(nights):
            factor = {key: draw.gauss(1, 0.02) for key in sorted({(row["target"], row["metric"]) for row in rows})}
            for row in rows:
                changed = {"night": f"old-{i}", "started_at": f"2025-01-{i + 1:02d}T02:00:00Z", "commit": commit.format(i)}
                if row["value"]:
                    value = float(row["value"]) * factor[row["target"], row["metric"]] * draw.gauss(1, 0.02)
                    changed["value"] = repr(value)
                writer.writerow({**row, **changed})
    return loadgen("nightly", "--import", "old.csv", "--out", p.out, cwd=p.path, codes={0})


CPU = "CPU per completed"


def slowed():
    """Half a month of nights, a flat one, and one with a server that is much slower.

    Judged by its CPU time, which other programs on the machine disturb least."""
    with place() as p:
        p.write("shop", pace=0, **REFERENCE)
        p.write("shop", pace=0, where=p.path / "good", **REFERENCE)

        def night(commit, *options):
            return valid_night(p, "shop.ini", "--commit", commit, "--good", "good", *options, seconds=300)

        imported = grow(p, lambda: night("first"))
        flat = night("flat", "--budget", "45s")
        before = p.series(CPU)
        p.write("shop", pace=8, **REFERENCE)
        slow = night("slow")
        return imported, flat, before, slow, p.series(CPU), p.cases(), (p.out / "summary.md").read_text(), accepted(p)


def accepted(p):
    done = loadgen("nightly", "--accept", "--out", p.out, cwd=p.path, codes={0})
    return done, p.series(CPU)


@pytest.mark.ahead(job=slowed)
def test_a_slowed_reference_server_is_caught_in_the_first_night_and_named(result):
    imported, flat, before, slow, after, cases, summary, (done, last) = result
    assert "14 nights imported" in imported.err, imported.told
    assert flat.code == 0 and not any(change["open"] for change in before["changes"]), flat.told
    assert before["detectable_share"] > 0
    assert slow.code == 3, slow.told
    change = after["changes"][-1]
    assert after["tonight"] == "regressed" and change["open"] and change["state"] == "confirmed_by_rerun", slow.told
    assert change["ratio"] > 3 and change["last_good_commit"] == "flat" and change["rerun_report"], change
    case = next(case for case in cases if case.get("name") == CPU)
    assert "last good commit flat" in case.find("failure").get("message")
    assert "**worse**" in summary and "(commit slow)" in summary
    assert done.code == 0 and "regressions accepted" in done.err, done.told
    assert last["changes"][-1]["state"] == "accepted" and not last["changes"][-1]["open"]


def kept():
    """Export, import, prune: what is there stays there."""
    with place() as p:
        p.write("shop")
        grow(p, lambda: valid_night(p, "shop.ini", "--trials", 2), nights=5)
        first = p.export()
        again = Place(p.path / "again")
        again.path.mkdir()
        (again.path / "all.csv").write_text(first)
        runs = [loadgen("nightly", "--import", "all.csv", "--out", "out", cwd=again.path, codes={0}) for _ in range(2)]
        pruned = [loadgen("nightly", "--keep", keep, "--out", "out", cwd=again.path, codes={0}) for keep in (2, "9d")]
        return first, again.export(), runs, pruned, again.page()


@pytest.mark.ahead(job=kept)
def test_a_history_is_exported_imported_and_pruned(result):
    first, second, runs, pruned, page = result
    assert "5 nights imported, 0 were there" in runs[0].err, runs[0].told
    assert "0 nights imported, 5 were there" in runs[1].err, runs[1].told
    assert "of 3 older nights only the medians" in pruned[0].err, pruned[0].told
    assert "of 1 older night only the medians" in pruned[1].err, "the last night always stays: " + pruned[1].told
    assert len(page["nights"]) == 5
    assert all(value is not None for value in page["series"][0]["value"])
    assert page["series"][0]["trials"][0] == 0 < page["series"][0]["trials"][-1]
    assert len(second.splitlines()) < len(first.splitlines())


def ahead_of_its_time():
    """The history's last night is of the next century: the clock was set back since."""
    with place() as p:
        p.write("shop")
        grow(p, lambda: valid_night(p, "shop.ini", "--trials", 1), nights=2)
        text = p.export().replace("2025-01-02", "2125-01-02")
        shutil.rmtree(p.out)
        (p.path / "old.csv").write_text(text)
        loadgen("nightly", "--import", "old.csv", "--out", p.out, cwd=p.path, codes={0})
        return valid_night(p, "shop.ini", "--trials", 1), p.page()


@pytest.mark.ahead(job=ahead_of_its_time)
def test_a_clock_that_was_set_back_is_flagged_and_the_order_stays(result):
    run, page = result
    assert run.code == 0, run.told
    assert page["nights"][1]["at"].startswith("2125") and "clock was set back" in page["nights"][2]["note"]


# ---- mistakes ----


@pytest.mark.parametrize(
    "arguments, word",
    [
        ([], "which scenarios"),
        (["nofile.ini"], "nofile.ini"),
        (["shop.ini", "shop.ini"], "both named shop"),
        (["shop.ini", "--budget", "2"], "unit"),
        (["shop.ini", "--trials", "0"], "from 1"),
        (["shop.ini", "--keep", "0d"], "from 1"),
        (["shop.ini", "--good", "nowhere"], "nowhere"),
        (["shop.ini", "--annotations", "gitlab"], "github and none"),
        (["--accept", "--good", "."], "go with scenarios"),
        (["--import", "nothing.csv"], "nothing.csv"),
    ],
)
def test_a_mistake_is_told_and_nothing_starts(arguments, word):
    with place() as p:
        p.write("shop")
        run = p.night(*arguments)
        assert run.code == 2 and word in run.err and not (p.out / "runs").exists(), run.told


def two_at_once():
    with place() as p:
        p.write("shop", text=SCENARIO.replace("duration = 500ms", "duration = 1h"))
        with Loadgen("nightly", "shop.ini", "--trials", 1, "--out", p.out, cwd=p.path) as program:
            await_seconds(p, 1)
            second = p.night("shop.ini", "--trials", 1)
            exported = p.export()
            program.signal(signal.SIGTERM)
            first = program.finish(codes={143})
        return first, second, exported, p.page()


@pytest.mark.ahead(job=two_at_once)
def test_a_second_night_at_once_is_refused_and_disturbs_nothing(result):
    first, second, exported, page = result
    assert second.code == 2 and "another night is under way" in second.err, second.told
    assert exported.startswith("night,") and len(page["nights"]) == 1, first.told


# ---- what may become of a history ----


def corrupt():
    with place() as p:
        p.write("shop")
        valid_night(p, "shop.ini", "--trials", 1)
        kept = p.out / "history.sqlite"
        spoilt = b"not a database" + kept.read_bytes()[14:]
        kept.write_bytes(spoilt)
        run = p.night("shop.ini", "--trials", 1)
        return run, kept.read_bytes() == spoilt


@pytest.mark.ahead(job=corrupt)
def test_a_corrupt_history_is_told_and_left_as_it_is(result):
    run, same = result
    assert run.code == 2 and "history.sqlite" in run.err and same, run.told


def full_disk():
    """Files may not grow beyond what the history needs already."""
    with place() as p:
        p.write("shop")
        valid_night(p, "shop.ini", "--trials", 1)
        before = p.export()
        size = (p.out / "history.sqlite").stat().st_size
        limited = ["prlimit", f"--fsize={size}", PROGRAM, "nightly", "shop.ini", "--trials", "1", "--quiet", "--out", p.out]
        codes = []
        for _ in range(40):
            done = subprocess.run(limited, cwd=p.path, capture_output=True, text=True, timeout=300)
            codes.append(done.returncode)
            if done.returncode == 1:
                break
        return codes, done.stderr, before, p.export()


@pytest.mark.ahead(job=full_disk)
def test_a_full_disk_is_told_and_nothing_kept_is_lost(result):
    codes, err, before, after = result
    assert codes[-1] == 1 and "loadgen: " in err, (codes, err)
    assert after.startswith(before.rstrip("\n").splitlines()[0])
    assert set(before.splitlines()) <= set(after.splitlines())


# ---- the examples ----

EXAMPLE = re.compile(r"/opt/loadgen/docs/nightly/night [^\n]*")


def git(folder, *arguments):
    line = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *map(str, arguments)]
    return subprocess.run(line, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", ["loadgen-nightly.service", "crontab", "github.yml", "gitlab-ci.yml"])
def test_the_command_of_an_example_runs(name):
    text = (ROOT / "docs/nightly" / name).read_text()
    command = EXAMPLE.search(text)[0].strip()
    with place() as p:
        for scenario in ("shop", "chat"):
            p.write(scenario, where=p.path / "perf")
        for line in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
            git(p.path, *line)
        command = command.replace("/opt/loadgen", str(ROOT)) + " --trials 1"
        environment = {**os.environ, "LOADGEN": PROGRAM, "LG_OUT": str(p.out)}
        for night in range(2):
            done = subprocess.run(["sh", "-c", command], cwd=p.path, env=environment, capture_output=True, text=True, timeout=300)
            assert done.returncode in (0, 4), done.stderr + done.stdout
        page = p.page()
        head, good = git(p.path, "rev-parse", "HEAD"), p.out / "good-commit"
        assert len(page["nights"]) == 2 and {s["scenario"] for s in page["series"]} == {"chat", "shop"}
        assert done.returncode == 4 or good.read_text().strip() == head


def cloned_anew():
    """What a CI server does: a clone each night, or a fetch that prunes what the remote does not have."""
    with place() as p:
        (p.path / "origin").mkdir()
        p.write("shop", where=p.path / "origin")
        for line in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
            git(p.path / "origin", *line)
        environment = {**os.environ, "LOADGEN": PROGRAM, "LG_OUT": str(p.out)}
        told = []
        for night in range(4):
            if night != 2:
                shutil.rmtree(p.path / "work", ignore_errors=True)
                git(p.path, "clone", "-q", "origin", "work")
            git(p.path / "work", "fetch", "-q", "--prune", "origin", "+refs/tags/*:refs/tags/*")
            done = subprocess.run(
                [ROOT / "docs/nightly/night", "shop.ini", "--trials", "1", "--quiet"],
                cwd=p.path / "work", env=environment, capture_output=True, text=True, timeout=300,
            )
            told.append((done.returncode, "--good" in p.page()["command"], done.stderr))
        return told, (p.out / "good/shop.ini").exists()


@pytest.mark.ahead(job=cloned_anew)
def test_a_checkout_that_is_made_anew_still_knows_the_last_good_version(result):
    told, there = result
    assert all(code in (0, 4) for code, _, _ in told), told
    codes = [code for code, _, _ in told]
    assert 0 in codes[:-1], "this machine spoilt every night"
    good = codes.index(0) + 1
    assert there, told
    assert [used for _, used, _ in told] == [False] * good + [True] * (len(told) - good), told


def test_a_night_that_is_stopped_keeps_what_it_has():
    with place() as p:
        p.write("shop", text=SCENARIO.replace("duration = 500ms", "duration = 1h"))
        subprocess.run(["git", "init", "-q"], cwd=p.path, check=True)
        environment = {**os.environ, "LOADGEN": PROGRAM, "LG_OUT": str(p.out)}
        night = subprocess.Popen([ROOT / "docs/nightly/night", "shop.ini", "--quiet"], cwd=p.path, env=environment)
        try:
            await_seconds(p, 1)
            night.terminate()
            assert night.wait(120) == 143
        finally:
            night.kill()
        assert p.page()["nights"][-1]["note"] == "interrupted"


def test_the_examples_are_well_formed():
    folder = ROOT / "docs/nightly"
    workflow = yaml.safe_load((folder / "github.yml").read_text())
    steps = workflow["jobs"]["nightly"]["steps"]
    assert any(EXAMPLE.fullmatch(step.get("run", "")) for step in steps)
    job = yaml.safe_load((folder / "gitlab-ci.yml").read_text())["nightly performance"]
    assert EXAMPLE.fullmatch(job["script"][0])
    line = (folder / "crontab").read_text().splitlines()[-1]
    assert re.fullmatch(r"(\S+ ){5}cd /srv/shop && \(git pull -q --ff-only \|\| true\) && " + EXAMPLE.pattern, line)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_its_units(tmp_path):
    for name in ("loadgen-nightly.service", "loadgen-nightly.timer"):
        text = (ROOT / "docs/nightly" / name).read_text()
        (tmp_path / name).write_text(text.replace("/opt/loadgen", str(ROOT)))
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(tmp_path.iterdir())], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
