"""Runs the program, and checks what holds of every run whatever the peer does."""

import json
import os
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("LOADGEN") or str(ROOT / "build/release/loadgen")
# Of use with a program that was built with them: LOADGEN=build/asan/loadgen.
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
CODES = {0, 2, 3, 4, 5, 130, 143}
FATES = ("completed", "failed", "timed_out", "shed", "dropped", "in_flight_at_end")

# Sub-codes of the class protocol, as loadgen/base/outcome.h has them.
FAULTS = (
    "none syntax header_limit length extra_bytes unasked upgrade accept_key masked reserved_bits opcode"
    " control_frame fragment utf8 close_code too_big encoding no_extended_connect media_type deflate"
).split()


class Loadgen:
    """The program under way; ended with the block, or with us."""

    def __init__(self, *arguments, cwd=None, env=None, files=None, stdout=None):
        self.folder = tempfile.TemporaryDirectory(prefix="e2e-")
        self.temporary = Path(self.folder.name, "tmp")
        self.temporary.mkdir()
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        limit = ["prlimit", f"--nofile={files}:{files}"] if files else []
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*limit, "setpriv", "--pdeathsig", "KILL", PROGRAM, *map(str, arguments)],
            cwd=cwd or self.folder.name,
            env={**os.environ, **SANITIZERS, "TMPDIR": str(self.temporary), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=stdout or self.out,
            stderr=self.err,
        )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()
        self.out.close()
        self.err.close()
        self.folder.cleanup()

    def stderr(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode(errors="replace")

    def stdout(self):
        return os.pread(self.out.fileno(), 1 << 26, 0).decode(errors="replace")

    def await_text(self, text, seconds=60):
        """Until it stands on stderr, where progress goes."""
        deadline = time.monotonic() + seconds
        while text not in self.stderr():
            assert self.process.poll() is None, f"ended before it said {text!r}:\n{self.stderr()}"
            assert time.monotonic() < deadline, f"did not say {text!r}:\n{self.stderr()}"
            time.sleep(0.02)

    def signal(self, number):
        self.process.send_signal(number)

    def freeze(self, seconds):
        self.signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.signal(signal.SIGCONT)

    def finish(self, seconds=120, codes=CODES):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"hangs after {seconds} s:\n{self.stderr()}") from None
        self.await_nothing_left(20)
        return Run(self, code, codes)

    def started(self):
        """Processes that live on its behalf: keepers and targets have our temporary folder in common."""
        mark = str(self.temporary).encode()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if int(entry.name) != self.process.pid and mark in (entry / "environ").read_bytes():
                    yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, ValueError):
                pass  # it has ended meanwhile, or is a kernel thread's

    def await_nothing_left(self, seconds):
        deadline = time.monotonic() + seconds
        while left := [*self.started(), *self.temporary.iterdir()]:
            assert time.monotonic() < deadline, f"left behind: {left}\n{self.stderr()}"
            time.sleep(0.05)


class Run:
    """A run that has ended: exit code, stdout, stderr, and its record where one was asked for."""

    def __init__(self, program, code, codes):
        self.code, self.out, self.err = code, program.stdout(), program.stderr()
        self.seconds = time.monotonic() - program.began
        self.told = f"exit code {code}\n{self.err}\n{self.out[:3000]}"
        assert "Sanitizer" not in self.err and "runtime error" not in self.err, self.told
        assert code in codes, self.told
        path = Path(program.folder.name, "run.json")
        self.record = json.loads(path.read_text()) if path.exists() else None
        if self.record:
            check_record(self.record)

    @property
    def trial(self):
        return self.record["targets"][0]["trials"][0]

    @property
    def accounting(self):
        return self.trial["accounting"]

    @property
    def step(self):
        return self.steps[next(s["name"] for s in self.trial["steps"] if not s["setup"])]

    @property
    def steps(self):
        return {step["name"]: step for step in self.trial["steps"]}

    @property
    def users(self):
        return self.trial["users"][0]

    @property
    def errors(self):
        return self.step["errors"]

    def breached(self):
        return {v["id"] for v in self.trial["validity"] if v["measured"] and not v["met"]}


@cache
def validator():
    schema = json.loads((ROOT / "reports/schema/run-1.schema.json").read_text())
    return jsonschema.validators.validator_for(schema)(schema)


def check_record(record):
    """Fits the schema; every arrival has one fate, every exchange one outcome, no check of ours failed."""
    faults = [f"{error.json_path}: {error.message}" for error in validator().iter_errors(record)]
    assert not faults, faults[:5]
    for target in record["targets"]:
        for trial in target["trials"]:
            for accounting in [trial["accounting"], *(u["accounting"] for u in trial["users"])]:
                assert accounting["scheduled"] == sum(accounting[fate] for fate in FATES), accounting
            for step in trial["steps"]:
                assert step["count"] == step["ok"] + sum(step["errors"].values()), step
                assert step["ok"] == 0 or step["response_time_ns"]["count"] == step["ok"], step["name"]
            broken = [v for v in trial["validity"] if v["measured"] and not v["met"]]
            ours = [v["text"] for v in broken if v["id"] in ("counts_add_up", "overflow")]
            assert not ours, ours


def loadgen(*arguments, seconds=120, codes=CODES, **options):
    with Loadgen(*arguments, **options) as program:
        return program.finish(seconds, codes)


def url(address, *arguments, **options):
    return loadgen("url", address, "--quiet", "--json", "run.json", *arguments, **options)


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return value


def scenario(text, *arguments, **options):
    """`text` is the INI file."""
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        path = Path(folder, "test.ini")
        path.write_text(text)
        return loadgen(
            "scenario", path, "--quiet", "--json", "run.json", "--out", Path(folder, "run"), *arguments, **options
        )


def decided(measure, *arguments):
    """Measures again, twice at most, when the generator itself says that this machine disturbed it.

    Where the last one was disturbed, too, tests ask for less (`sure`): what holds on any machine."""
    for _ in range(3):
        run, *more = measure(*arguments)
        if run.code != 4:
            break
    return (run, *more)


def sure(run):
    """Whether the run says that its times can be relied on."""
    return run.code != 4
