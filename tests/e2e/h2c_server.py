"""h2c.js under way: HTTP/2 without TLS by Node's own module, and what it says that it did."""

import json
import shutil
import subprocess
from pathlib import Path

from running import ROOT

OURS = ROOT / ".env/node/bin/node"  # scripts/setup-targets puts it there


class H2c:
    def __init__(self):
        node = OURS if OURS.exists() else shutil.which("node")
        assert node, "Node.js is missing; scripts/setup installs it"
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", node, Path(__file__).with_name("h2c.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self):
        self.port = int(self.process.stdout.readline().split()[-1])
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.communicate()

    def tally(self):
        """Ends the server; its requests, in the order of their coming."""
        out, _ = self.process.communicate(b"", 120)
        return json.loads(out)
