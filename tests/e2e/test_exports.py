"""What CI servers and other programs are given."""

import xml.etree.ElementTree as ET

from peers import Peer
from running import decided, loadgen, scenario
from test_hostile import polite

SCENARIO = """[scenario]
targets = peer
trials = 1
duration = 2s
warmup = 0s
[target peer]
url = http://{address}
[users visitor]
connections = 2
arrivals = constant
rate = 40/s
steps = get
[step get]
request = GET /
[objectives]
get.response = p(50) < 1us
"""


def measure():
    with Peer(polite) as peer:
        return (scenario(SCENARIO.format(address=peer.address), env={"GITHUB_ACTIONS": "true"}),)


def test_a_missed_objective_is_annotated_at_its_line():
    (run,) = decided(measure)
    line = SCENARIO.splitlines().index("get.response = p(50) < 1us") + 1
    if run.code == 3:
        assert f"test.ini,line={line},title=objective missed::peer: get.response p(50) < 1us; observed " in run.err
    else:  # this machine was too busy for the measurement to be valid, twice: that is annotated then
        assert run.code == 4
        assert "title=measurement not valid::peer, trial 1" in run.err
    assert run.record["objectives"][0]["line"] == line
    assert "::notice file=" in run.err
    assert "::" not in run.out


def test_junit_holds_every_objective_and_check(tmp_path):
    with Peer(polite) as peer:
        ini = tmp_path / "junit.ini"
        ini.write_text(SCENARIO.format(address=peer.address))
        run = loadgen("scenario", ini, "--quiet", "--json", "run.json", "--out", tmp_path / "run")
    suites = {suite.get("name"): suite for suite in ET.parse(tmp_path / "run/junit.xml").getroot()}
    assert int(suites["objectives"].get("tests")) == len(run.record["objectives"]) == 1
    checks = run.trial["validity"]
    assert int(suites["measurement"].get("tests")) == len(checks)
    failed = {case.get("name") for case in suites["measurement"] if case.find("failure") is not None}
    assert failed == {check["id"] for check in checks if check["measured"] and not check["met"]}
