"""The search for capacity, against servers whose capacity is known."""

import json
import tempfile
from pathlib import Path

import jsonschema
import pytest
from running import ROOT, loadgen
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
connections = 50
steps = get
arrivals = constant
rate = {rate}
[step get]
request = GET /
timeout = 5s
[objectives]
get.response = p(90) < 60ms
"""


def capacity(text, *arguments, seconds=150):
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        path = Path(folder, "test.ini")
        path.write_text(text)
        out = Path(folder, "out")
        run = loadgen("capacity", path, "--quiet", "--out", out, *arguments, seconds=seconds, codes={0, 2, 3, 4, 5})
        files = {path.name: path.read_text() for path in out.glob("*")}
        page = json.loads(files["capacity.json"]) if files else None
        if page:
            jsonschema.validate(page, json.loads((ROOT / "reports/schema/capacity-1.schema.json").read_text()))
        return run, page, files


def of_one_worker():
    """10 ms a request, one after the other: 100 a second, and a backlog beyond."""
    with Truth("fifo", service=0.010) as server:
        return capacity(
            SCENARIO.format(url=server.url, rate="45/s"),
            *("--trial", "2s", "--confirm", 1, "--precision", "5%"),
            *("--load", "1k/s", "--price", "0.1"),
        )


@pytest.mark.ahead(job=of_one_worker)
def test_a_known_capacity_is_found(result):
    run, page, files = result
    target = page["targets"][0]
    assert run.code == 0 and target["end"] == "found", run.told
    assert 90 <= target["low_per_s"] <= 103 and 97 <= target["high_per_s"] <= 108, run.told
    assert target["high_per_s"] / target["low_per_s"] <= 1.0501
    assert {"capacity.json", "capacity.md"} == set(files)
    assert "| holds |" in files["capacity.md"] and "## Sizing" in files["capacity.md"]
    assert "holds" in run.out and "Instances for 1.00k/s" in run.out, run.out
    claim, other = page["claims"]
    assert (claim["number"], other["number"]) == (19, 20)
    assert claim["verdict"] == ("not_measurable_here" if page["cores"] < 6 else "not_judged")
    assert "(claim 19)" in run.out and "## Claims" in files["capacity.md"]
    low, *_ = target["sizing"]
    assert low["instances"] == -(-1000 // (0.7 * target["low_per_s"])) + 1


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


@pytest.mark.parametrize("option", [("--precision", "0%"), ("--trial", "10ms"), ("--load", "5"), ("--trials", "0")])
def test_a_bad_option_is_said(option):
    run, _, _ = capacity(SCENARIO.format(url="http://127.0.0.1:9", rate="45/s"), *option)
    assert run.code == 2 and option[1] in run.err, run.told
