"""Starts a gateway and its four services, each a process of the reference server whose
command follows; when one of them ends, or this is told to, all end.

    services.py COMMAND ARGUMENT...

Where the gateway listens is said here, so that it is one target to others.
"""

import os
import signal
import subprocess
import sys

SERVICES = ("users", "catalogue", "prices", "stock")


class Family:
    def __init__(self, command):
        self.command = command
        self.processes = []
        self.ending = False

    def start(self, **env):
        env = os.environ | {"PORT": "0"} | env
        process = subprocess.Popen(self.command, env=env, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def url(self, process):
        """Where it listens, once it does."""
        for line in process.stdout:
            if line.startswith("listening on "):
                return f"http://127.0.0.1:{int(line.split()[-1])}"
        sys.exit(f"a server ended before it listened, with code {process.wait()}")

    def end(self, *_):
        """Says it once: a process that is on its way out no longer knows how to take it."""
        if not self.ending:
            self.ending = True
            for process in self.processes:
                process.terminate()

    def codes(self):
        return [process.wait() for process in self.processes]


def main():
    family = Family(sys.argv[1:])
    signal.signal(signal.SIGTERM, family.end)
    try:
        services = [family.start(FEATURES="services") for _ in SERVICES]  # all at once, as they take their time
        urls = {f"{name.upper()}_URL": family.url(each) for name, each in zip(SERVICES, services, strict=True)}
        gateway = family.start(STUB_URL=urls["USERS_URL"], **urls)
        print(f"listening on {family.url(gateway).rsplit(':', 1)[1]}", flush=True)
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    finally:
        family.end()
    sys.exit(max(abs(code) for code in family.codes()))


if __name__ == "__main__":
    main()
