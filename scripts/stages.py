"""The stages of scripts/test: runs each, prints a line with its time, and counts what passed.

Counts come from the test programs' own results (Criterion's synthesis line, JUnit XML, a closing line
`N passed, N failed`), never from exit codes alone: a stage that ran nothing has failed. Everything
that a stage started ends with it, however it ends.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / ".env" / "test-logs"
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "120"))  # for all fuzzers together
JOBS = str(os.cpu_count() or 2)
SANITIZER_REPORT = re.compile(
    r"ERROR: (Address|Leak|Thread|Memory)Sanitizer|WARNING: ThreadSanitizer|runtime error: "
    r"|SUMMARY: \w+Sanitizer")
SYNTHESIS = re.compile(r"Tested: *(\d+) *\| *Passing: *(\d+) *\| *Failing: *(\d+) *\| *Crashing: *(\d+)")
CLOSING = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
ANSI = re.compile(r"\x1b\[[0-9;]*m")

# Sanitizers stop a test at the first fault; leaks count.
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


class Result:
    """What a stage has to say; `complain` makes it fail."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.complaints = []

    def complain(self, text, count=1):
        self.failed += count
        self.complaints.append(text)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.complaints += other.complaints


class Broken(Exception):
    """A stage could not run (a build failed, a tool is missing)."""


Run = collections.namedtuple("Run", "code output")


class Processes:
    """Every process that was started, so that it can be ended: each leads a group of its own, and what
    escapes from its group becomes our child (PR_SET_CHILD_SUBREAPER) and is found in /proc."""

    PR_SET_CHILD_SUBREAPER = 36
    PR_SET_PDEATHSIG = 1

    def __init__(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.prctl(self.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.lock = threading.Lock()
        self.alive = set()
        self.stopping = False

    def start(self, command, **options):
        with self.lock:
            if self.stopping:
                raise SystemExit(1)
            process = subprocess.Popen([str(part) for part in command], start_new_session=True, **options)
            self.alive.add(process)
        return process

    def stop(self, number, _frame):
        """For signals: ends all, so that no thread waits for a process, and leaves."""
        self.stopping = True
        for process in list(self.alive):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        raise SystemExit(128 + number)

    def end(self, process):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with self.lock:
            self.alive.discard(process)

    def end_all(self):
        """Ends everything below us. Returns the names of processes that nobody should have left."""
        with self.lock:
            known = {process.pid for process in self.alive}
            for process in self.alive:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        left, deadline = [], time.monotonic() + 2
        while orphans := [(pid, name) for pid, name in self.children() if pid not in known]:
            if time.monotonic() > deadline:
                left += [name for _, name in orphans]
                for pid, _ in orphans:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            for pid, _ in orphans:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)
        return left

    @staticmethod
    def children():
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError):
                text = entry.read_text()
                name, rest = text[text.index("(") + 1:].rsplit(")", 1)
                if int(rest.split()[1]) == os.getpid():
                    yield int(text.split()[0]), name


class Context:
    def __init__(self, processes, scratch):
        self.processes, self.scratch = processes, scratch
        self.stage = ""
        self.log_lock = threading.Lock()

    @property
    def log_path(self):
        return LOGS / f"{self.stage}.log"

    def run(self, command, timeout, cwd=ROOT, env=None):
        """Runs to the end or the time limit (code -1 then); output is stdout and stderr, logged."""
        process = self.processes.start(
            command, cwd=cwd, env={**os.environ, "TMPDIR": str(self.scratch), **(env or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        timer = threading.Timer(timeout, self.processes.end, [process])
        timer.start()
        try:
            output = process.stdout.read().decode(errors="replace")
            process.wait()
        finally:
            timed_out = not timer.is_alive() and process.returncode == -signal.SIGKILL
            timer.cancel()
            self.processes.end(process)
        output = ANSI.sub("", output)
        if timed_out:
            output += f"\n(ended after {timeout} s)\n"
        with self.log_lock, self.log_path.open("a") as log:
            log.write(f"$ {' '.join(str(part) for part in command)}\n{output}\n")
        return Run(-1 if timed_out else process.returncode, output)

    def build(self, preset, *options):
        """Configures and builds a preset; raises Broken with the compiler's words."""
        folder = ROOT / "build" / preset
        cache = folder / "CMakeCache.txt"
        if cache.exists() and f"CMAKE_HOME_DIRECTORY:INTERNAL={ROOT}\n" not in cache.read_text():
            shutil.rmtree(folder)
        for command in (["cmake", "--preset", preset, *options], ["cmake", "--build", "--preset", preset]):
            done = self.run(command, timeout=900)
            if done.code != 0:
                words = re.sub(r"^\[\d+/\d+\] .*\n", "", done.output, flags=re.M)
                raise Broken(f"building with preset {preset} failed\n{tail(words)}")
        return folder

    def parallel(self, function, items):
        with concurrent.futures.ThreadPoolExecutor(int(JOBS)) as pool:
            return list(pool.map(function, items))


def tail(text, lines=30):
    return "\n".join(text.rstrip().splitlines()[-lines:])


def names_of_failures(text, limit=20):
    """The lines of pytest's and of Node's test runner that name what failed, and the first account of one."""
    names = re.findall(r"^(?:FAILED|ERROR) .*|^\s*✖ .*", text, re.M)
    account = re.search(r"^=+ (?:FAILURES|ERRORS) =+\n(?:.*\n){1,40}", text, re.M)
    return "\n".join([*names[:limit], *[f"and {len(names) - limit} more"][: len(names) > limit],
                      *([account[0]] if account else [])])


def from_closing_line(run, what):
    """Counts by the last `N passed, N failed`, which must agree with the exit code."""
    found = CLOSING.findall(run.output)
    if not found:
        result = Result()
        result.complain(f"{what} printed no count (exit code {run.code})\n{tail(run.output)}")
        return result
    passed, failed, skipped = (int(number or 0) for number in found[-1])
    result = Result(passed, 0, skipped)
    if failed or run.code:
        result.complain(f"{what}: {failed} failed (exit code {run.code})\n{tail(run.output)}",
                        max(failed, 1))
    return result


def from_junit(path, run, what):
    """Counts by a JUnit file, which pytest, ctest and Node's test runner all write."""
    result = Result()
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (OSError, ET.ParseError) as error:
        result.complain(f"{what} left no result ({error}; exit code {run.code})\n{tail(run.output)}")
        return result
    for case in cases:
        name = case.get("name")
        fault = case.find("failure")
        fault = case.find("error") if fault is None else fault
        if fault is not None:
            result.complain(f"{what}: {name}\n{tail((fault.text or '') + (fault.get('message') or ''))}")
        elif case.find("skipped") is not None:
            result.skipped += 1
        else:
            result.passed += 1
    if not cases:
        result.complain(f"{what} ran no test\n{tail(run.output)}")
    elif run.code and not result.failed:
        result.complain(f"{what}: exit code {run.code}\n{tail(run.output)}")
    return result


def from_ctest(path, run, what):
    """A Criterion program counts as the tests it ran, any other program as one."""
    result = Result()
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (OSError, ET.ParseError) as error:
        result.complain(f"{what}: no result ({error})\n{tail(run.output)}")
        return result
    for case in cases:
        output = ANSI.sub("", case.findtext("system-out") or "")
        counts = SYNTHESIS.search(output)
        tested, passing, failing, crashing = map(int, counts.groups()) if counts else (1, 1, 0, 0)
        ended_well = case.get("status") == "run" and case.find("failure") is None
        failed = failing + crashing
        if not ended_well or SANITIZER_REPORT.search(output):
            failed = max(failed, 1)
        result.passed += max(tested - failed, 0) if counts or not failed else 0
        if counts and tested == 0:
            failed = 1
        if failed:
            result.complain(f"{case.get('name')}\n{tail(output, 60)}", failed)
    if not cases:
        result.complain(f"{what} ran no test\n{tail(run.output)}")
    return result


def unit_tests(context, preset, timeout):
    folder = context.build(preset)
    report = context.scratch / f"{preset}.xml"
    run = context.run(
        ["ctest", "--test-dir", folder, "-j", JOBS, "--output-junit", report, "--no-tests=error",
         "--test-output-size-passed", "1000000", "--test-output-size-failed", "1000000"],
        timeout, env=SANITIZER_ENV)
    return from_ctest(report, run, f"ctest ({preset})")


def stage_lint(context):
    return from_closing_line(context.run(["scripts/lint"], 300), "scripts/lint")


def stage_scripts(context):
    report = context.run([sys.executable, "-m", "unittest", "-q", "tests/support/test_scripts.py"], 300)
    counted = re.search(r"^Ran (\d+) tests?", report.output, re.M)
    result = Result()
    if not counted or report.code:
        failures = re.search(r"(?:failures|errors)=(\d+)", report.output)
        result.complain(f"tests of the scripts\n{tail(report.output)}", int(failures[1]) if failures else 1)
    result.passed = max(int(counted[1]) - result.failed, 0) if counted else 0
    return result


def stage_unit(context):
    return unit_tests(context, "debug", 600)


def stage_asan(context):
    return unit_tests(context, "asan", 900)


def test_server(context):
    program = context.scratch / "tserver"
    done = context.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, "tests/bench/tserver.c", "-lcrypto"], 60)
    if done.code:
        raise Broken(f"tests/bench/tserver.c does not build\n{tail(done.output)}")
    return program


@contextlib.contextmanager
def serving(context, *options):
    """A test server on a free port of 127.0.0.1; gives the port."""
    program = context.scratch / "tserver"
    if not program.exists():
        test_server(context)
    server = context.processes.start([program, "--port", "0", *options], stdout=subprocess.PIPE, text=True)
    try:
        yield int(server.stdout.readline().split()[-1])
    finally:
        context.processes.end(server)


def stage_tsan(context):
    folder = context.build("tsan")
    result = Result()

    def judge(name, run):
        # 4: the run was slow, as a run under ThreadSanitizer on a busy machine may be; that is no race.
        if run.code not in (0, 4) or SANITIZER_REPORT.search(run.output):
            result.complain(f"{name}: exit code {run.code}\n{tail(run.output, 60)}")
        else:
            result.passed += 1

    for program in sorted(path for path in (folder / "tests").glob("tsan_*") if os.access(path, os.X_OK)):
        if program.is_file():
            judge(program.name, context.run([program], 120, env=SANITIZER_ENV))
    program = folder / "loadgen"
    if program.exists():
        with serving(context) as port:
            for options in (["-c", "16"], ["-c", "16", "-r", "2k/s"]):
                run = context.run(
                    [program, "url", f"http://127.0.0.1:{port}/", "-t", "2", "-d", "2s", *options],
                    60, env=SANITIZER_ENV)
                judge("loadgen url -t 2 " + " ".join(options), run)
    if not result.passed and not result.failed:
        result.complain("nothing was built with ThreadSanitizer")
    return result


def stage_fuzz(context):
    folder = context.build("fuzz")
    fuzzers = sorted(path for path in (folder / "tests").rglob("fuzz_*")
                     if path.is_file() and os.access(path, os.X_OK))
    seconds = max(5, FUZZ_SECONDS * int(JOBS) // max(len(fuzzers), 1))
    result = Result()

    def inputs(kind, name):
        """corpus/fuzz_x/ or corpus/x/"""
        kinds = ROOT / "tests" / "fuzz" / kind
        return [path for path in (kinds / name, kinds / name.removeprefix("fuzz_")) if path.is_dir()]

    def fuzz(program):
        """First every input that ever broke it, then new ones for a while; the corpus is not touched."""
        name = program.name
        found = context.scratch / name
        found.mkdir()
        options = ["-rss_limit_mb=2048", "-timeout=10", f"-artifact_prefix={found}/"]
        kept = sorted(path for folder in inputs("regression", name) for path in folder.glob("*"))
        if kept:
            run = context.run([program, *options, *kept], 120, env=SANITIZER_ENV)
            if run.code:
                return name, run
        new = found / "corpus"
        new.mkdir()
        run = context.run([program, *options, f"-max_total_time={seconds}", new,
                           *inputs("corpus", name)],
                          seconds + 120, env=SANITIZER_ENV)
        for crash in found.glob("*-*"):
            shutil.copy(crash, LOGS / f"{name}-{crash.name}")
        return name, run

    for name, run in context.parallel(fuzz, fuzzers):
        if run.code or SANITIZER_REPORT.search(run.output):
            result.complain(f"{name}: the input that broke it is in {LOGS}/{name}-*\n{tail(run.output, 50)}")
        else:
            result.passed += 1
    if not fuzzers:
        result.complain("no fuzzer was built")
    return result


def stage_targets(context):
    """Counts by the closing lines of pytest and of Node's test runner, several of each."""
    run = context.run(["scripts/test-targets"], 2400)
    result = Result()
    failed = 0
    for count, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)\b(?=.* in [\d.]+s)", run.output):
        if word == "passed":
            result.passed += int(count)
        elif word == "skipped":
            result.skipped += int(count)
        else:
            failed += int(count)
    for word, count in re.findall(r"^\S* ?(pass|fail|cancelled) (\d+)$", run.output, re.M):
        if word == "pass":
            result.passed += int(count)
        else:
            failed += int(count)
    if failed or run.code or not result.passed:
        result.complain(f"scripts/test-targets: exit code {run.code}\n"
                        f"{names_of_failures(run.output)}\n{tail(run.output)}", max(failed, 1))
    return result


def stage_e2e(context):
    context.build("release", "-DLG_TESTS=OFF")
    report = context.scratch / "e2e.xml"
    run = context.run(
        [ROOT / ".env/python/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         f"--junitxml={report}", "tests/e2e"], 1200,
        env={"LOADGEN": str(ROOT / "build/release/loadgen"), "TSERVER": str(test_server(context)),
             "PYTHONDONTWRITEBYTECODE": "1"})
    return from_junit(report, run, "end-to-end tests")


def stage_autobahn(context):
    folder = context.build("debug")
    report = context.scratch / "autobahn.xml"
    run = context.run(
        [ROOT / ".env/python/bin/python", "tests/autobahn/run.py", folder / "tests/autobahn_client", report],
        1500, env={"PYTHONDONTWRITEBYTECODE": "1"})
    return from_junit(report, run, "Autobahn")


def stage_browser(context):
    folder = context.build("debug")
    report = context.scratch / "browser.xml"
    run = context.run(
        [ROOT / ".env/node/bin/node", "--test", "--test-reporter=junit",
         f"--test-reporter-destination={report}"], 600, cwd=ROOT / "tests/browser",
        env={"LG_BUILD": str(folder)})
    return from_junit(report, run, "browser tests")


# name, function, what must exist for it to have something to do, what it is
STAGES = [
    ("lint", stage_lint, "scripts/lint", "text of the sources, ranks of the folders"),
    ("scripts", stage_scripts, "tests/support/test_scripts.py", "the scripts themselves"),
    ("unit", stage_unit, "tests/unit", "unit tests, debug build"),
    ("asan", stage_asan, "tests/unit", "unit tests, AddressSanitizer and UBSan, leaks fail"),
    ("tsan", stage_tsan, "loadgen/engine", "threads under ThreadSanitizer"),
    ("fuzz", stage_fuzz, "tests/fuzz", f"all fuzzers, {FUZZ_SECONDS} s in all"),
    ("targets", stage_targets, "scripts/test-targets", "reference servers: own tests, conformance"),
    ("e2e", stage_e2e, "tests/e2e", "the program from outside"),
    ("autobahn", stage_autobahn, "tests/autobahn", "WebSocket against the cases of the Autobahn suite"),
    ("browser", stage_browser, "tests/browser", "the report in a browser"),
]


def run_stage(context, name, function):
    context.stage = name
    context.log_path.write_text("")
    begin = time.monotonic()
    try:
        result = function(context)
    except Broken as fault:
        result = Result()
        result.complain(str(fault))
    left = context.processes.end_all()
    verdict = "failed" if result.failed else "ok"
    skipped = f", {result.skipped} skipped" if result.skipped else ""
    print(f"{name:<8} {verdict:<6} {result.passed:>5} passed, {result.failed} failed{skipped}"
          f"  {time.monotonic() - begin:6.1f} s", flush=True)
    if left:
        print(f"         processes left running were ended: {', '.join(left)}", flush=True)
    for complaint in result.complaints[:10]:
        print("\n".join("    | " + line for line in complaint.splitlines()), flush=True)
    if result.failed:
        print(f"    whole output: {context.log_path}", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__.splitlines()[0])
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="only these, in this order")
    parser.add_argument("--list", action="store_true", help="name the stages and stop")
    arguments = parser.parse_args()
    table = {name: (function, needs) for name, function, needs, _ in STAGES}
    if arguments.list:
        print("\n".join(f"{name:<8} {text}" for name, _, _, text in STAGES))
        return 0
    unknown = [name for name in arguments.stages if name not in table]
    if unknown:
        parser.error(f"no stage {', '.join(unknown)}; there are {', '.join(table)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    processes, total = Processes(), Result()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, processes.stop)
    with tempfile.TemporaryDirectory(prefix="loadgen-test-") as scratch:
        try:
            for name in arguments.stages or table:
                function, needs = table[name]
                if not (ROOT / needs).exists():
                    print(f"{name:<8} FAILED: {needs} is missing", flush=True)
                    total.failed += 1
                    continue
                total.add(run_stage(Context(processes, pathlib.Path(scratch)), name, function))
        finally:
            processes.end_all()
    print(f"{total.passed} passed, {total.failed} failed" + (f", {total.skipped} skipped" if total.skipped else ""))
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
