"""The search for capacity, against servers whose capacity is known.

They serve by sleeping, so that other programs on the machine do not change what they can carry."""

import json
import math
import os
import signal
import tempfile
from pathlib import Path

import jsonschema
import pytest
from running import ROOT, Loadgen, loadgen
from truth import Truth

SCENARIO = """
[scenario]
name = scale
claim = scale
targets = here
warmup = 0s
duration = 10s
trials = 1
[target here]
url = {url}
[users all]
connections = 64
steps = get
arrivals = constant
rate = {rate}
[step get]
request = GET /
timeout = 5s
[objectives]
get.response = p(90) < 60ms
"""


def capacity(text, *arguments, seconds=400):
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        path = Path(folder, "test.ini")
        path.write_text(text)
        out = Path(folder, "out")
        run = loadgen("capacity", path, "--out", out, *arguments, seconds=seconds, codes={0, 2, 3, 4, 5})
        files = {path.name: path.read_text() for path in out.glob("*")}
        page = json.loads(files["capacity.json"]) if files else None
        if page:
            jsonschema.validate(page, json.loads((ROOT / "reports/schema/capacity-1.schema.json").read_text()))
            again = loadgen("report", out, codes={0})
            assert {path.name: path.read_text() for path in out.glob("*")} == files, "a report made again differs"
            assert again.out.split() == run.out.split("\nreport: ")[0].split()
        return run, page, files


def searched(server, *arguments, objective="p(90) < 100ms", rate="30/s", step="", warmup="0s", again=("generator_first", "disturbed")):
    """A search that says that the machine or the generator was in the way is made again.

    Where it says so to the end, and the kernel's account agrees, there is nothing to test here."""
    for _ in range(3):
        with Truth("workers", **server) as truth:
            text = SCENARIO.format(url=truth.url, rate=rate).replace("p(90) < 60ms", objective)
            text = text.replace("warmup = 0s", f"warmup = {warmup}")
            found = capacity(text.replace("timeout = 5s", "timeout = 5s\n" + step), *arguments)
        end = found[1]["targets"][0]["end"]
        if end not in again:
            break
    if end == "disturbed" and os.getloadavg()[0] > 2 * os.cpu_count():
        pytest.skip(f"more than two programs want each core: load {os.getloadavg()[0]:.1f}")
    return found


SHORT = ("--trial", "3s", "--confirm", 1)


def of_workers(workers):
    """100 a second by sleeping: the cores of the machine do not bound it."""
    return searched({"workers": workers, "service": 0.010 * workers}, *SHORT, "--load", "1k/s", "--price", "0.1")


@pytest.mark.ahead(job=of_workers)
@pytest.mark.parametrize("workers", [1, 4])
def test_a_known_capacity_is_found_within_3_percent(result, workers):
    run, page, files = result
    target = page["targets"][0]
    assert run.code == 0 and target["end"] == "found", run.told
    assert target["high_per_s"] / target["low_per_s"] <= 1.0301
    # Above it by a little, a backlog needs longer than a trial to be seen.
    assert 97 <= target["low_per_s"] <= 101 and 99.5 <= target["high_per_s"] <= 104, run.told
    assert {"capacity.json", "capacity.html", "capacity.md"} == set(files)
    assert "| holds |" in files["capacity.md"] and "## Sizing" in files["capacity.md"]
    assert "holds" in run.out and "Instances for 1.00k/s" in run.out, run.out
    claim, other = page["claims"]
    assert (claim["number"], other["number"]) == (19, 20)
    assert claim["verdict"] == ("not_measurable_here" if page["cores"] < 6 else "not_judged")
    assert "(claim 19)" in " ".join(run.out.split()) and "## Claims" in files["capacity.md"]
    low, middle, high = target["sizing"]
    assert low["instances"] == -(-1000 // (0.7 * target["low_per_s"])) + 1
    assert low["instances"] >= middle["instances"] >= high["instances"]


LAW = {"lambda": 25, "sigma": 0.05, "kappa": 0.002}


def truth_of(law):
    """The law as a client sees it: the way there and back adds the same time to each request, so that lambda,
    sigma and kappa are less by one factor, which lambda shows."""
    factor = law["lambda_per_s"] / LAW["lambda"]
    sigma, kappa = LAW["sigma"] * factor, LAW["kappa"] * factor
    return {"sigma": sigma, "kappa": kappa, "peak_users": ((1 - sigma) / kappa) ** 0.5}


def held(law):
    """Which of the intervals hold the truth; an end that is not bounded is null.

    One of 95 % misses it once in twenty times by right (test_usl counts that): here each is twice as wide,
    and misses it, where the estimate is normal, once in eleven thousand times."""
    peak = ((1 - law["sigma"]) / law["kappa"]) ** 0.5 if law["kappa"] > 0 else math.inf
    best = {"sigma": law["sigma"], "kappa": law["kappa"], "peak_users": peak}
    ends = {name: law[f"{name}_ci95"] or (1, 0) for name in best}
    return {name: within(truth, best[name], *ends[name]) for name, truth in truth_of(law).items()}


def within(truth, best, low, high):
    if best < math.inf:
        low -= abs(best - low)
        high = None if high is None else high + abs(high - best)
    return low <= truth <= (math.inf if high is None else high)


def of_a_law():
    """Where an interval misses all the same, the search is made once more."""
    for _ in range(2):
        found = searched(
            {"usl": [*LAW.values()], "vary": 0.3}, *SHORT, "--precision", "20%", "--curve",
            objective="p(90) < 150ms", warmup="1s",
        )
        law = found[1]["targets"][0]["usl"]
        if law and all(held(law).values()):
            break
    return found


@pytest.mark.ahead(job=of_a_law)
def test_a_known_scalability_law_is_found(result):
    run, page, _ = result
    law = page["targets"][0]["usl"]
    assert law is not None, run.told
    assert all(held(law).values()), (held(law), run.told)
    assert 0.5 < law["lambda_per_s"] / LAW["lambda"] < 1.05, "more than 40 ms there and back: " + run.told
    for name in ("sigma", "kappa"):
        low, high = law[f"{name}_ci95"]
        assert high - low < LAW[name], "an interval so wide says nothing: " + run.told
    assert law["peak_is_measured"], run.told
    assert all(p["low_per_s"] <= p["best_per_s"] <= p["high_per_s"] for p in law["band"]) and law["band"]


RECOVERY = 20  # seconds


def of_one_that_stays_down():
    """Five times as slow for a while after an overload: what came at once would find it overloaded again."""
    return searched({"overload": [30, RECOVERY, 5]}, *SHORT)


@pytest.mark.ahead(job=of_one_that_stays_down)
def test_a_server_that_recovers_slowly_does_not_end_the_search_low(result):
    run, page, files = result
    target = page["targets"][0]
    assert target["end"] == "found" and 97 <= target["low_per_s"] <= 101, run.told
    assert max(trial["recovery_s"] for trial in target["trials"]) >= RECOVERY / 2, run.told
    assert "metastable: an overload holds it down" in run.out
    assert "metastable" in files["capacity.html"]


def overloaded(**server):
    """A search whose trials of twice the capacity the machine spoilt is made again, too."""
    for _ in range(3):
        found = searched(server, *SHORT, "--overload", 2)
        if (found[1]["targets"][0]["overload"] or {}).get("goodput_per_s"):
            break
    return found


@pytest.mark.ahead(job=overloaded)
def test_a_server_that_queues_keeps_its_goodput_at_twice_its_capacity(result):
    run, page, files = result
    target = page["targets"][0]
    overload = target["overload"]
    assert page["overload_for"]["factor"] == 2 and "shed" in page["overload_for"]["how"]
    assert len([trial for trial in overload["trials"] if trial["verdict"] is None]) == 3, run.told
    for trial in overload["trials"]:
        assert trial["rate_per_s"] == pytest.approx(2 * target["low_per_s"])
    assert 95 <= overload["goodput_per_s"] <= 101, run.told
    assert 0.95 <= overload["of_capacity"] <= 1.03 and overload["recovered"], run.told
    assert 0.4 < overload["trials"][0]["refused_share"] < 0.6, run.told
    assert "at 2 times that: carries" in run.out and "collapses" not in run.out
    assert "| overload |" in files["capacity.md"] and "In an overload" in files["capacity.html"]
    assert "1 target, usually" in run.err and "at most" in run.err, run.err


def one_that_collapses():
    """As soon as 30 are there, a fifth of it, which is less than the load before and after."""
    return overloaded(overload=[30, 8, 5])


@pytest.mark.ahead(job=one_that_collapses)
def test_a_server_that_an_overload_holds_down_is_seen(result):
    run, page, files = result
    target = page["targets"][0]
    overload = target["overload"]
    assert target["end"] == "found" and 97 <= target["low_per_s"] <= 101, run.told
    assert overload["goodput_high_per_s"] < 35 and overload["of_capacity"] < 0.35, run.told
    assert overload["recovered"] is False and overload["recovery_s"] is None, run.told
    assert "its goodput collapses; does not recover within" in " ".join(run.out.split()), run.out
    assert "its goodput collapses" in files["capacity.html"]


def one_that_recovers_slowly():
    """A fifth slower for some seconds: it works the queue off, at ten a second."""
    return overloaded(overload=[30, 3, 1.25])


@pytest.mark.ahead(job=one_that_recovers_slowly)
def test_a_server_that_needs_seconds_to_recover_is_given_them(result):
    run, page, _ = result
    overload = page["targets"][0]["overload"]
    assert 70 <= overload["goodput_per_s"] <= 90, run.told
    assert overload["recovered"] and 3 <= overload["recovery_s"] <= 9, run.told
    assert f"recovers in {overload['recovery_s']:.0f} s" in " ".join(run.out.split()), run.out


def interrupted_while_waiting():
    """A server that an overload holds down for long: the wait for it ends when somebody asks."""
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder, Truth("workers", overload=[10, 600, 50]) as truth:
        path = Path(folder, "test.ini")
        path.write_text(SCENARIO.format(url=truth.url, rate="120/s"))
        with Loadgen("capacity", path, "--trial", "1s", cwd=folder) as program:
            program.await_text("waiting until it answers", seconds=60)
            program.signal(signal.SIGINT)
            run = program.finish(codes={130})
        out = next(Path(folder, "reports/runs").glob("*-scale-capacity"))
        return run, json.loads((out / "capacity.json").read_text()), (out / "capacity.html").read_text()


@pytest.mark.ahead(job=interrupted_while_waiting)
def test_a_wait_for_recovery_is_interrupted_and_what_was_found_is_kept(result):
    run, page, html = result
    target = page["targets"][0]
    assert target["interrupted"] and target["trials"][-1]["verdict"] == "fails", run.told
    assert target["high_per_s"] == target["trials"][-1]["rate_per_s"], run.told
    assert "interrupted before there was an answer" in run.out and "interrupted" in html
    assert "report: reports/runs/" in run.out


def of_a_slow_generator():
    """8 MB to look through in each answer: dozens a second are all that one thread of loadgen can do."""
    step = "accept_encoding = gzip\ncheck = regex /[^.]$|^[.]+$/"
    server = {"workers": 64, "body": 8_000_000}
    return searched(server, *SHORT, "--precision", "50%", objective="p(90) < 4s", rate="5/s", step=step, again=("disturbed", "out_of_trials"))


@pytest.mark.ahead(job=of_a_slow_generator)
def test_a_generator_that_is_too_slow_says_at_least(result):
    run, page, files = result
    target = page["targets"][0]
    assert run.code == 4 and target["end"] == "generator_first" and target["high_per_s"] is None, run.told
    assert "at least" in target["answer"] and "the generator's limit came first" in target["answer"]
    assert 5 <= target["low_per_s"] < target["generator_limit_per_s"], run.told
    assert "AT LEAST" in files["capacity.html"] and "FOUND" not in files["capacity.html"]


@pytest.mark.parametrize(
    "change, said",
    [
        (("[objectives]\nget.response = p(90) < 60ms", ""), "no [objectives]"),
        (("arrivals = constant\nrate = 45/s", "arrivals = closed"), "no kind of user has open arrivals"),
        (("rate = 45/s", "stages = 0s 1/s, 10s 9/s"), "rate that changes"),
    ],
)
def test_what_cannot_be_searched_is_said(change, said):
    text = SCENARIO.format(url="http://127.0.0.1:9", rate="45/s")
    assert change[0] in text
    run, page, _ = capacity(text.replace(*change))
    assert run.code == 2 and said in run.err and page is None, run.told


@pytest.mark.parametrize("option", [("--precision", "0%"), ("--trial", "10ms"), ("--load", "5"), ("--trials", "0"), ("--overload", "1")])
def test_a_bad_option_is_said(option):
    run, _, _ = capacity(SCENARIO.format(url="http://127.0.0.1:9", rate="45/s"), *option)
    assert run.code == 2 and f"{option[0]}: {option[1]}: " in run.err, run.told
