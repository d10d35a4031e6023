"""What a run shows while it goes on, read by the programs that are to read it: Prometheus itself."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from peers import Peer
from running import Loadgen, loadgen, url
from test_hostile import polite

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@contextmanager
def running(*arguments):
    """A run with a live page, and the address of that page."""
    with Peer(polite) as peer:
        with Loadgen("url", f"http://{peer.address}/", "-d", "1h", "-r", "100/s", "--quiet", "--metrics", "0", *arguments) as program:
            program.await_text("/metrics")
            yield program, re.search(r"http://127\.0\.0\.1:\d+/metrics", program.stderr())[0]
            program.signal(2)
            program.finish(codes={130})


def get(address, accept="text/plain"):
    request = urllib.request.Request(address, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def awaited(look, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.1)
    return found


def linted(text):
    told = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    assert told.returncode == 0 and not told.stdout + told.stderr, told.stdout + told.stderr


def test_both_formats_are_good_and_counts_rise():
    with running() as (_, address):
        completed = lambda: int(re.search(r"^loadgen_completed_total{.*} (\d+)$", get(address)[1], re.M)[1])
        before = awaited(lambda: 'loadgen_response_time_seconds{' in get(address)[1] and completed())
        awaited(lambda: completed() > before)
        kind, text = get(address)
        assert kind.startswith("text/plain; version=0.0.4")
        linted(text)
        assert 'loadgen_phase{scenario="url",target="server",phase="measuring"} 1\n' in text
        kind, text = get(address, OPENMETRICS)
        assert kind.startswith(OPENMETRICS)
        assert "# TYPE loadgen_completed counter\n" in text
        assert text.endswith("# EOF\n")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(address.replace("/metrics", "/"))


@contextmanager
def prometheus(address, folder):
    """Debian's, scraping the page; yields a function that asks it."""
    host = re.search(r"//([^/]+)/", address)[1]
    config = Path(folder, "prometheus.yml")
    config.write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        f"scrape_configs: [{{job_name: loadgen, static_configs: [{{targets: ['{host}']}}]}}]\n"
    )
    with open(Path(folder, "log"), "w+") as log:
        server = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "prometheus", f"--config.file={config}",
             f"--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:0"],
            stdout=log, stderr=log, cwd=folder)
        try:
            port = awaited(lambda: re.search(r'address=127\.0\.0\.1:([1-9]\d+)', Path(folder, "log").read_text()))[1]

            def answered(path):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                    return answer.read()

            def ready():
                """It listens before it reads its data; until then it answers 503."""
                try:
                    return answered("/-/ready")
                except urllib.error.HTTPError as error:
                    assert error.code == 503, error
                    return None

            def ask(query):
                found = json.loads(answered(f"/api/v1/query?query={query}"))["data"]["result"]
                return found and float(found[0]["value"][1])

            awaited(ready)
            yield ask
        finally:
            server.kill()
            server.wait()


def test_a_real_prometheus_scrapes_it(tmp_path):
    with running() as (_, address), prometheus(address, tmp_path) as ask:
        awaited(lambda: ask("loadgen_completed_total{target=%22server%22}"))
        assert awaited(lambda: ask("up")) == 1, "a scrape that took too long is made again"
        assert awaited(lambda: ask("loadgen_response_time_seconds{quantile=%220.99%22}")) < 60
        assert awaited(lambda: ask("loadgen_connections")) == 10


def test_a_port_that_is_taken_is_told_before_the_run():
    with running() as (_, address):
        port = re.search(r":(\d+)/", address)[1]
        run = loadgen("url", "http://127.0.0.1:1/", "--quiet", "--metrics", port, codes={2})
        assert f"127.0.0.1:{port}" in run.err
    run = loadgen("url", "http://127.0.0.1:1/", "--quiet", "--metrics", "70000", codes={2})
    assert "--metrics 70000" in run.err


def test_the_metrics_of_a_finished_run_are_good(tmp_path):
    with Peer(polite) as peer:
        run = url(f"http://{peer.address}/", "-n", "50", "--out", tmp_path / "run")
    text = (tmp_path / "run/openmetrics.txt").read_text()
    linted(text)
    assert text.endswith("# EOF\n")
    completed = re.search(r'^loadgen_iterations{.*fate="completed"} (\d+)$', text, re.M)[1]
    assert int(completed) == run.accounting["completed"] == 50
