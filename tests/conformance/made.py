"""The files that the servers serve, from where targets/data/make.js has put them."""

import hashlib
import json
from pathlib import Path

MADE = Path(__file__).parents[2] / "targets" / "data" / "made"
SITE = json.loads((MADE / "manifest.json").read_text())["site"]
PAGE = (MADE / "site" / "index.html").read_text()
STYLE = next(name for name in SITE if name.endswith(".css"))


def pattern(size):
    """The bytes of /stream."""
    period = bytes((31 * i + 7) % 256 for i in range(256))
    return (period * (size // 256 + 1))[:size]


def etag_of(content):
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'
