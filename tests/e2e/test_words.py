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


def test_one_url_is_called_by_its_name_and_its_failures_are_told():
    with Peer(broken) as peer:
        run = loadgen("url", f"http://{peer.address}/", "-n", 5, "--quiet")
    assert run.out.startswith(f"{peer.address} carried 0 requests/s"), run.told
    assert "request: status, 5 times: HTTP 500" in run.out, run.told


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
