"""Starts a gateway and its four services, each a process of the reference server whose
command follows; stops all of them together.

    services.py COMMAND ARGUMENT...

What the gateway says on stdout is said here, so that it is one target to others.
"""

import os
import signal
import subprocess
import sys

SERVICES = ("users", "catalogue", "prices", "stock")


def start(command, **env):
    return subprocess.Popen(command, env=os.environ | {"PORT": "0"} | env, stdout=subprocess.PIPE, text=True)


def port_of(process):
    """Reads on until the server says where it listens."""
    for line in process.stdout:
        if line.startswith("listening on "):
            return int(line.split()[-1])
    sys.exit(f"a service ended before it listened: exit code {process.wait()}")


def main():
    command = sys.argv[1:]
    services = {name: start(command, FEATURES="services") for name in SERVICES}
    signal.signal(signal.SIGTERM, lambda *_: [process.terminate() for process in processes])
    processes = list(services.values())
    urls = {name: f"http://127.0.0.1:{port_of(process)}" for name, process in services.items()}
    env = {f"{name.upper()}_URL": url for name, url in urls.items()}
    gateway = start(command, STUB_URL=urls["users"], **env)
    processes.append(gateway)
    print(f"listening on {port_of(gateway)}", flush=True)
    codes = [process.wait() for process in reversed(processes)]
    sys.exit(max(abs(code) for code in codes))


if __name__ == "__main__":
    main()
