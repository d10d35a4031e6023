"""The reference servers that are more than one process or another protocol, under a short load."""

import pytest
from running import ROOT, loadgen

LIGHT = ("scenario.warmup=0s", "scenario.duration=1s", "users visitor.rate=50/s", "users visitor.connections=4")


def short(name, targets, *more):
    """A shipped scenario with a light load; what is promised of times is not asked here."""
    settings = [f"scenario.targets={','.join(targets)}", *LIGHT, *more]
    options = [word for setting in settings for word in ("--set", setting)]
    run = loadgen(
        "scenario", ROOT / f"scenarios/{name}.ini", "--quiet", "--json", "run.json", "--out", "out", *options,
        codes={0, 3, 4},
    )
    for target in run.record["targets"]:
        (trial,) = target["trials"]
        assert trial["accounting"]["completed"] > 10, run.told
        assert trial["accounting"]["failed"] == 0, run.told
        assert trial["server"]["ended"] == "", run.told
    return run


def processes(run):
    return [target["trials"][0]["server"]["processes"] for target in run.record["targets"]]


def behind_nginx():
    return short("http2", ["node-nginx", "django-nginx", "django-wsgi-nginx"])


@pytest.mark.ahead(job=behind_nginx)
def test_nginx_speaks_http2_for_servers_behind_it(result):
    """Each connection has a TLS handshake, and twenty users."""
    for target in result.record["targets"]:
        (users,) = target["trials"][0]["users"]
        assert (users["connections"], users["streams"], users["tls_handshakes"]) == (4, 20, 4)
    assert any("nginx ran beside each target" in note for note in result.record["notes"])


def by_themselves():
    return short("http2", ["node-h2c", "django-granian"], "visitor.http=h2c")


@pytest.mark.ahead(job=by_themselves)
def test_servers_that_speak_http2_themselves(result):
    for target in result.record["targets"]:
        assert target["trials"][0]["users"][0]["connected"] == 4


def replicas():
    return short("http", ["node-replicas", "django-replicas", "django-wsgi-replicas"])


@pytest.mark.ahead(job=replicas)
def test_replicas_are_servers_of_their_own(result):
    """Under WSGI each is a master and a worker."""
    assert processes(result) == [2, 2, 4]


def killed():
    """The killer comes once; good requests go on for seconds after it."""
    settings = ("scenario.warmup=0s", "scenario.duration=20s", "users good.rate=50/s", "users killer.rate=1/s",
                "users killer.iterations=1")
    options = [word for setting in settings for word in ("--set", setting)]
    return loadgen(
        "scenario", ROOT / "scenarios/recovery.ini", "--quiet", "--json", "run.json", "--out", "out", *options,
        codes={0, 3, 4},
    )


@pytest.mark.ahead(job=killed)
def test_a_process_that_was_killed_is_replaced_where_it_was(result):
    for target in result.record["targets"]:
        (trial,) = target["trials"]
        steps = {step["name"]: step for step in trial["steps"]}
        assert steps["exit"]["errors"], "nobody was killed"
        assert trial["server"]["ended"] == "", "the supervisor, too"
        completed = [second["completed"] for second in trial["timeline"]]
        assert sum(completed[-2:]) > 20, completed
