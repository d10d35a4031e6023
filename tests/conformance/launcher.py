"""Starts and stops the reference servers of targets/targets.ini, as loadgen does."""

import configparser
import ctypes
import itertools
import os
import re
import select
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

INI = Path(__file__).parents[2] / "targets" / "targets.ini"
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_schemas = itertools.count()


def read_targets():
    ini = configparser.ConfigParser(interpolation=None)
    ini.optionxform = str
    ini.read_string(re.sub(r"\$\{([A-Z_]+):-([^}]*)\}", lambda m: os.environ.get(m[1], m[2]), INI.read_text()))
    return {name.removeprefix("target "): dict(ini[name]) for name in ini.sections()}


def read_lanes():
    """The targets that keep the whole contract alone: not what is behind or in front of them, nor what is made of several or
    may be killed (tests/e2e/test_lanes.py), nor the lanes of PyPy (test_pypy.py)."""
    return {name: keys for name, keys in read_targets().items() if not _is_made_up(name, keys)}


def _is_made_up(name, keys):
    beside = name in ("stub", "nginx")
    helped = any(helper in keys["command"] for helper in ("services.py", "behind.py"))
    special = "replicas" in keys or "env.PURE_PYTHON" in keys or "env.FAULTS" in keys
    return beside or helped or special


class Target:
    """One server process, its group, and its own home folder."""

    def __init__(self, name, **env):
        self.name = name
        self.keys = read_targets()[name]
        self.env = env
        self.process = None

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="target-")
        self.errors = tempfile.TemporaryFile()
        try:
            self._start()
        except BaseException:
            self._clean()
            raise
        return self

    def __exit__(self, *exception):
        self.stop()
        self._clean()

    def stop(self):
        """SIGTERM, and the exit code; SIGKILL to the group after stop_within."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_seconds(self.keys["stop_within"]))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait()

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode()

    def _start(self):
        folder = INI.parent / self.keys["folder"]
        program, *arguments = self.keys["command"].split()
        self.process = subprocess.Popen(
            [folder / program, *arguments],
            cwd=folder,
            env=self._environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        deadline = time.monotonic() + _seconds(self.keys["ready_within"])
        self.port = self._read_port(deadline)
        self.url = self.keys["url"].replace("${PORT}", str(self.port))
        self._await_ready(deadline)

    def _environment(self, folder):
        """From scratch, so that nothing of the caller's shell reaches the server."""
        home = self.home.name  # what a server that is killed leaves behind goes with it
        env = {"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"}
        for line in (folder / self.keys["env"]).read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                env[name] = value
        env |= {key[4:]: value for key, value in self.keys.items() if key.startswith("env.")}
        schema = f"conformance_{os.getpid()}_{next(_schemas)}"  # several servers, one database
        return env | {"PORT": "0", "NAMESPACE": schema} | self.env

    def _read_port(self, deadline):
        text = b""
        while time.monotonic() < deadline:
            if not select.select([self.process.stdout], [], [], 0.1)[0]:
                continue
            piece = os.read(self.process.stdout.fileno(), 4096)
            if not piece:
                break
            text += piece
            for line in text.decode().splitlines(keepends=True):
                if line.startswith("listening on ") and line.endswith("\n"):
                    return int(line.split()[-1])
        raise RuntimeError(f"{self.name} does not listen: {self.stderr()}")

    def _await_ready(self, deadline):
        path = self.keys["ready"].split()[1]
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + path, timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"{self.name} is not ready: {self.stderr()}")

    def _clean(self):
        if self.process:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self.process.stdout.close()
        self.errors.close()
        self.home.cleanup()


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _seconds(text):
    return float(text.removesuffix("s"))
