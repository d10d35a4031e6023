"""A run as it is put into the repository."""

import json
import os
import subprocess

from peers import Peer
from running import PROGRAM, ROOT, check_record, loadgen, url
from test_hostile import polite


def publish(folder, to, *options):
    return subprocess.run(
        [ROOT / "scripts/publish-run", folder, "--to", to, "--name", "kept", *options],
        env={**os.environ, "LOADGEN": PROGRAM}, text=True, capture_output=True)


def finished(tmp_path, **changes):
    """A real run; whether this machine was quiet enough for it to be valid is not the question here."""
    folder = tmp_path / "run"
    with Peer(polite) as peer:
        url(f"http://{peer.address}/", "-d", "2s", "-r", "50/s", "--out", folder)
    run = json.loads((folder / "run.json").read_text()) | {"valid": True, "invalid_reasons": []} | changes
    run["scenario"]["file"] = f"{ROOT}/scenarios/x.ini"
    (folder / "run.json").write_text(json.dumps(run))
    return folder, run


def test_a_published_run_is_small_and_can_be_compared(tmp_path):
    folder, run = finished(tmp_path)
    done = publish(folder, tmp_path / "to")
    assert done.returncode == 0, done.stderr
    kept = tmp_path / "to/kept"
    assert sorted(path.name for path in kept.iterdir()) == ["report.html", "run.json.gz", "summary.md"]
    back = json.loads(loadgen("report", kept, "--format", "json").out)
    check_record(back)
    assert back["scenario"]["file"] == "scenarios/x.ini"
    step, before = (r["targets"][0]["trials"][0]["steps"][0] for r in (back, run))
    assert step["response_time_ns"] == before["response_time_ns"]
    assert all(not row["steps"][0]["response_time_ns"]["histogram"] for row in back["targets"][0]["trials"][0]["timeline"])
    compared = loadgen("compare", kept, folder, codes={0, 2, 4})
    assert "run A" not in compared.err


def test_a_run_that_shows_nothing_is_not_published(tmp_path):
    folder, _ = finished(tmp_path, quick=True, interrupted=True)
    done = publish(folder, tmp_path / "to")
    assert done.returncode == 1
    assert "interrupted and quick" in done.stderr
    assert not (tmp_path / "to").exists()


def test_a_record_may_be_kept_without_its_page(tmp_path):
    folder, _ = finished(tmp_path)
    assert publish(folder, tmp_path / "to").returncode == 0
    assert publish(folder, tmp_path / "to", "--no-page").returncode == 0
    assert sorted(path.name for path in (tmp_path / "to/kept").iterdir()) == ["run.json.gz", "summary.md"]


def test_the_page_of_verdicts_says_what_the_published_records_say():
    done = subprocess.run([ROOT / "scripts/verdicts", "--check"], env={**os.environ, "LOADGEN": PROGRAM},
                          text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
