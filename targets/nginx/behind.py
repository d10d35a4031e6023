"""Starts a reference server, whose command follows, where an nginx that runs already looks for it
(NGINX_URL, of front.py), and says as its port that of nginx.

    behind.py COMMAND ARGUMENT...
"""

import os
import signal
import ssl
import subprocess
import sys
import urllib.request
from urllib.parse import urlsplit


def get(url):
    """nginx has made its certificate for itself."""
    context = ssl._create_unverified_context()
    with urllib.request.urlopen(url, timeout=5, context=context) as answer:
        return answer.read().decode()


def main():
    url = os.environ.get("NGINX_URL")
    if not url:
        sys.exit("NGINX_URL is not set: the scenario needs a line with = nginx")
    env = os.environ | {"PORT": get(f"{url}/.upstream")}
    server = subprocess.Popen(sys.argv[1:], env=env, stdout=subprocess.PIPE, text=True)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    for line in server.stdout:
        if line.startswith("listening on "):
            get(f"{url}/healthz")
            line = f"listening on {urlsplit(url).port}\n"
        print(line, end="", flush=True)
    sys.exit(abs(server.wait()))


if __name__ == "__main__":
    main()
