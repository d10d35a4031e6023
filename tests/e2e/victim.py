"""A server for the program to start; MODE says what is wrong with it."""

import http.server
import itertools
import os
import signal
import subprocess
import sys
import urllib.request

MODE = os.environ.get("MODE", "good")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        bad = MODE == "unready" and self.path == "/healthz"
        body = ask_behind() if MODE == "front" else b"ok"
        if MODE == "dies midway":
            die_in_time()
        self.wfile.write(
            b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s"
            % (b"503 Not yet" if bad else b"200 OK", len(body), body)
        )

    def log_message(self, *arguments):
        pass


def ask_behind():
    """What the server beside this one answers; loadgen tells where it is."""
    with urllib.request.urlopen(os.environ["BACK_END_URL"], timeout=5) as answer:
        return b"behind: " + answer.read()


answers = itertools.count(1)


def die_in_time():
    """With request number AFTER."""
    if next(answers) < int(os.environ["AFTER"]):
        return
    print("the database has gone away", file=sys.stderr, flush=True)
    os._exit(7)


def main():
    if MODE == "dies at start":
        print("cannot find the database", file=sys.stderr)
        sys.exit(3)
    if MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    server.daemon_threads = True
    if MODE != "mute":
        print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()


main()
