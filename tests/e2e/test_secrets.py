"""What must not be shown is shown nowhere: canaries in every place for secrets, and a server that repeats them."""

import shutil
import time
import urllib.request
from contextlib import suppress

import pytest
from peers import Peer
from running import Loadgen, loadgen

CANARY = "canary-4711-"

SCENARIO = """
[scenario]
targets = parrot
trials = 1
duration = 4s
warmup = 0s
[target parrot]
url = http://{address}
[users visitor]
connections = 2
arrivals = constant
rate = 40/s
steps = get
[step get]
request = GET /
header.Authorization = Bearer canary-4711-bearer
header.Cookie = session=canary-4711-cookie; theme=dark
header.X-Api-Key = ${{PARROT_KEY}}
header.X-Token = later
check = contains fine
[objectives]
get.response = p(99) < 1us
"""


def parrot(line):
    """Fails, and tells the request back: headers come in bodies, reasons and logs of real servers."""
    while True:
        head = line.request().encode("latin-1")
        line.send(b"HTTP/1.1 500 " + head.split(b"canary", 1)[-1][:40].split(b"\r")[0] + b"\r\nContent-Length: %d\r\n\r\n" % len(head) + head)


def shown(*folders):
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def expect_silence(texts):
    assert texts
    for where, text in texts.items():
        text = text if isinstance(text, bytes) else text.encode()
        at = text.find(b"cana")  # not even the beginning of one, at the end of a text that was cut
        assert at < 0, f"{where}: {text[max(0, at - 60) : at + 60]}"


def test_a_scenario_shows_no_secret_anywhere(tmp_path):
    ini, folder, journals = tmp_path / "parrot.ini", tmp_path / "run", tmp_path / "journals"
    journals.mkdir()
    with Peer(parrot) as peer:
        ini.write_text(SCENARIO.format(address=peer.address))
        arguments = ["--set", "step get.header.X-Token=canary-4711-set", "--metrics", "0", "--out", folder, "--json", "run.json"]
        with Loadgen("scenario", ini, *arguments, env={"PARROT_KEY": CANARY + "env"}) as program:
            program.await_text("/metrics")
            address = program.stderr().split("metrics at ")[1].split()[0]
            page = urllib.request.urlopen(address, timeout=60).read()
            while program.process.poll() is None and not (folder / "run.json").exists():
                with suppress(FileNotFoundError):  # not yet, or no more
                    shutil.copy(folder / "journal.log", journals / "journal.log")
                time.sleep(0.05)
            run = program.finish()
    assert b"second" in (journals / "journal.log").read_bytes()
    report = loadgen("report", folder, "--format", "github")
    texts = {"stdout": run.out, "stderr": run.err, "metrics": page, "annotations": report.out + report.err}
    expect_silence({**texts, **shown(folder, journals)})
    assert run.record["targets"][0]["trials"][0]["steps"][0]["error_rows"]
    assert "***" in (folder / "run.json").read_text()


@pytest.mark.parametrize("header", ["Authorization: Bearer canary-4711-bearer", "Cookie: a=canary-4711-cookie"])
def test_a_header_on_the_command_line_is_not_in_the_record(tmp_path, header):
    with Peer(parrot) as peer:
        run = loadgen("url", f"http://{peer.address}/", "-n", "20", "-H", header, "--json", "run.json", "--out", tmp_path / "run")
    expect_silence({"stdout": run.out, "stderr": run.err, **shown(tmp_path / "run")})
    assert header.split(":")[0] in run.record["command"]


def test_credentials_in_a_url_are_refused_and_not_repeated(tmp_path):
    run = loadgen("url", "http://user:canary-4711-url@127.0.0.1:1/", "--json", "run.json", codes={2})
    expect_silence({"stdout": run.out, "stderr": run.err})
