"""Starts nginx in front of a server that comes later, see behind.py: TLS and HTTP/2 on a free port,
HTTP/1.1 to 127.0.0.1:UPSTREAM. Its certificate is made anew, for itself, at each start.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
SUBJECT = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
PATIENCE = 10


def reserve(port):
    """A bound socket that does not listen: its port is kept for who sets SO_REUSEPORT, too, as nginx does."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def make_certificate(folder):
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", key, "-out", certificate)
    subprocess.run(
        ["openssl", "req", "-x509", *curve, "-days", "2", *SUBJECT, *files], check=True, stderr=subprocess.DEVNULL
    )


def write_configuration(folder, **words):
    """The words of nginx.conf, from here or from settings.env."""
    words |= {"FOLDER": str(folder)}
    text = re.sub("@([A-Z_]+)@", lambda m: words.get(m[1]) or os.environ[m[1]], (HERE / "nginx.conf").read_text())
    (folder / "nginx.conf").write_text(text)
    return folder / "nginx.conf"


def await_port(process, port):
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    sys.exit(f"nginx does not listen on port {port}")


def main():
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if not nginx:
        sys.exit("nginx is not installed; run scripts/setup --services")
    asked = int(os.environ.get("PORT", "0"))
    with tempfile.TemporaryDirectory(prefix="nginx-") as name, reserve(asked) as reserved:
        folder, port = Path(name), reserved.getsockname()[1]
        make_certificate(folder)
        configuration = write_configuration(folder, PORT=str(port), UPSTREAM=str(free_port()))
        process = subprocess.Popen([nginx, "-e", "stderr", "-p", folder, "-c", configuration])
        signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGQUIT))
        await_port(process, port)
        print(f"listening on {port}", flush=True)
        code = process.wait()
    sys.exit(abs(code))


if __name__ == "__main__":
    main()
