"""What the program says to a slip of the pen, and of a run that shows less than it seems to."""

from peers import Peer
from running import loadgen, scenario, url
from test_hostile import polite

BROKEN = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


def broken(line):
    while True:
        line.request()
        line.send(BROKEN)


def test_a_slip_for_a_scenario_or_a_command_is_met_with_the_nearest():
    run = loadgen("scenario", "chta.ini")
    assert run.code == 2 and "did you mean chat.ini?" in run.err, run.told
    run = loadgen("check", "caht")
    assert run.code == 2 and "did you mean chat?" in run.err, run.told
    run = loadgen("check", "nothing-like-it")
    assert run.code == 2 and "did you mean" not in run.err, run.told
    run = loadgen("scnario")
    assert run.code == 2 and "did you mean scenario?" in run.err, run.told


def test_help_is_a_command_too():
    assert loadgen("help").out == loadgen("--help").out
    assert loadgen("help", "url").out == loadgen("url", "--help").out != loadgen("--help").out
    run = loadgen("help", "ulr")
    assert run.code == 2 and "did you mean url?" in run.err, run.told


def test_a_run_in_which_nothing_succeeded_does_not_look_fine():
    with Peer(broken) as peer:
        run = url(f"http://{peer.address}/", "-n", 50)
    assert run.code == 3 and "nothing succeeded, every exchange failed" in " ".join(run.record["notes"]), run.told
    with Peer(polite) as peer:
        run = url(f"http://{peer.address}/", "-n", 50)
    assert run.code in (0, 4) and "nothing succeeded" not in " ".join(run.record["notes"]), run.told


def elsewhere(line):
    while True:
        line.request()
        line.send(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")


EXPECTED = """
[scenario]
targets = peer
trials = 1
warmup = 0s
duration = 300ms
[target peer]
url = http://ADDRESS
[users all]
connections = 2
steps = get
rate = 100/s
[step get]
request = GET /
check = status 302
"""


def test_redirects_pass_but_are_told():
    with Peer(elsewhere) as peer:
        run = url(f"http://{peer.address}/", "-n", 50)
        shown = loadgen("url", f"http://{peer.address}/", "-n", 50, "--quiet")
        wanted = scenario(EXPECTED.replace("ADDRESS", peer.address))
    assert run.code in (0, 4) and run.step["redirects"] == run.step["ok"] == 50, run.told
    assert "50 answers were redirects (3xx), which are not followed" in " ".join(shown.out.split()), shown.told
    assert wanted.step["redirects"] == 0 and "redirect" not in " ".join(wanted.record["notes"]), wanted.told


def test_one_url_is_called_by_its_name_and_its_failures_are_told():
    with Peer(broken) as peer:
        run = loadgen("url", f"http://{peer.address}/", "-n", 5, "--quiet")
    assert peer.address in run.out.partition(";")[0], run.told
    assert "request: status, 5 times: HTTP 500" in run.out, run.told


def test_one_url_has_objectives():
    wanted = ["--objective", "response = p(50) < 1h, p(99) < 1us", "--objective", "errors = rate < 1%"]
    with Peer(polite) as peer:
        run = url(f"http://{peer.address}/", "-n", 200, *wanted, "--objective", "client = rate > 0.1/s")
    said = {o["text"]: o["met"] for o in run.record["objectives"]}
    assert [*said] == [
        "request.response p(50) < 1h", "request.response p(99) < 1us", "errors rate < 1%", "client rate > 0.1/s"
    ]  # fmt: skip
    assert run.code in (3, 4) and (run.code == 4 or [*said.values()] == [True, False, True, True]), run.told
    run = loadgen("url", "http://127.0.0.1:1/", "--objective", "p(99) < 1s")
    assert run.code == 2 and "write 'response = p(99) < 200ms'" in run.err, run.told
    run = loadgen("url", "http://127.0.0.1:1/", "--objective", "response = p99 < 1s")
    assert run.code == 2 and "--objective: request.response: p99 is no statistic of it" in run.err, run.told


def test_iterations_that_end_in_the_warm_up_are_said():
    text = """
[scenario]
targets = peer
trials = 1
warmup = 2s
duration = 1s
[target peer]
url = http://ADDRESS
[users all]
connections = 4
steps = get
arrivals = constant
rate = 100/s
iterations = 20
[step get]
request = GET /
"""
    with Peer(polite) as peer:
        run = scenario(text.replace("ADDRESS", peer.address))
    assert run.code == 4 and run.record["valid"] is False, run.told
    assert "the 20 iterations of all were used up in the warm-up" in " ".join(run.record["notes"]), run.told
