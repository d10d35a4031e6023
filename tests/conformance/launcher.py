"""Starts and stops the reference servers of targets/targets.ini, as loadgen does."""

import configparser
import ctypes
import itertools
import os
import re
import select
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

INI = Path(__file__).parents[2] / "targets" / "targets.ini"
PR_SET_PDEATHSIG = 1
ANY_CERTIFICATE = ssl._create_unverified_context()  # nginx/front.py makes its own, for itself
_libc = ctypes.CDLL(None)
_schemas = itertools.count()


def read_targets():
    ini = configparser.ConfigParser(interpolation=None)
    ini.optionxform = str
    ini.read_string(re.sub(r"\$\{([A-Z_]+):-([^}]*)\}", lambda m: os.environ.get(m[1], m[2]), INI.read_text()))
    return {name.removeprefix("target "): dict(ini[name]) for name in ini.sections()}


def is_behind(keys):
    """Does nginx stand in front of it?"""
    return "behind.py" in keys["command"]


def shares_data(keys):
    return bool(keys.get("env.DATABASE_URL") and keys.get("env.REDIS_URL"))


@contextmanager
def serving(name, **env):
    """The target: one server, behind nginx where it is to be, or several alike.

    Replicas without data in common are servers that know nothing of each other: the second of them stands for both.
    """
    keys = read_targets()[name]
    with ExitStack() as stack:
        if is_behind(keys):
            env["NGINX_URL"] = stack.enter_context(Target("nginx")).url
        kind = Replicas if "replicas" in keys and shares_data(keys) else Target
        yield stack.enter_context(kind(name, **env))


class Target:
    """One server process, its group, and its own home folder."""

    def __init__(self, name, **env):
        self.name = name
        self.keys = read_targets()[name]
        self.env = ({"REPLICA": "0" if shares_data(self.keys) else "1"} if "replicas" in self.keys else {}) | env
        self.process = None
        self.servers = [self]

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

    def start_again(self):
        """After its process has died."""
        self.process.wait()
        self.process.stdout.close()
        self._start()

    def ask_to_stop(self):
        """Once: a second SIGTERM kills a server that has done its work and taken its handlers down."""
        if not self.asked and self.process.poll() is None:
            self.asked = True
            self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM, and the exit code; SIGKILL to the group after stop_within."""
        self.ask_to_stop()
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
        self.asked = False
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
        return env | {"PORT": "0", "NAMESPACE": _own_namespace()} | self.env

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
                with urllib.request.urlopen(self.url + path, timeout=1, context=ANY_CERTIFICATE) as answer:
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


class Replicas:
    """Several servers alike, one after the other, as the first prepares what they share. Who asks for the address is
    sent to the next one, as loadgen's users are."""

    def __init__(self, name, **env):
        self.name = name
        self.keys = read_targets()[name]
        env = {"NAMESPACE": _own_namespace()} | env
        self.servers = [Target(name, REPLICA=str(i), **env) for i in range(int(self.keys["replicas"]))]
        self._turns = itertools.cycle(self.servers)

    def __enter__(self):
        with ExitStack() as stack:
            for server in self.servers:
                stack.enter_context(server)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        self._stack.close()

    @property
    def url(self):
        return next(self._turns).url

    def ask_to_stop(self):
        for server in self.servers:
            server.ask_to_stop()

    def stop(self):
        self.ask_to_stop()
        return max(abs(server.stop()) for server in self.servers)

    def stderr(self):
        return "".join(server.stderr() for server in self.servers)


def tree(pid):
    """The process and all below it."""
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def computed(pid):
    """Seconds that the busiest process of this tree has computed."""
    return max(sum(process.cpu_times()[:2]) for process in tree(pid))


def _own_namespace():
    """Many servers, one database and one broker."""
    return f"conformance_{os.getpid()}_{next(_schemas)}"


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _seconds(text):
    return float(text.removesuffix("s"))
