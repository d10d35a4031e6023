"""A small shop that keeps its books: who logged in, what each request said, which connection it came on."""

import gzip
import json
import threading
import time
from collections import Counter
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(6, 1, 1)  # TCP_NODELAY
        with self.shop.lock:
            self.shop.connections += 1
            self.number = self.shop.connections

    @property
    def shop(self):
        return self.server.shop

    def answer(self, status=200, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name.replace("_", "-"), one)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self):
        at = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        row = {
            "at": at,
            "connection": self.number,
            "method": self.command,
            "path": self.path,
            "headers": {k.lower(): v for k, v in self.headers.items()},
            "body": body,
        }
        with self.shop.lock:
            self.shop.requests.append(row)
            row["number"] = len(self.shop.requests)
        page = self.shop.pages.get(parts.path.strip("/").split("/")[0], lambda *_: self.answer(404))
        page(self, parts, row)
        row["done"] = time.monotonic()

    do_GET = do_POST = do_PUT = handle_one


class Shop:
    """Pages are functions of a handler, the split path and the row in the books; more can be added."""

    def __init__(self, **pages):
        self.lock = threading.Lock()
        self.requests, self.connections, self.sessions = [], 0, {}
        self.pages = {
            "login": self.login,
            "item": self.item,
            "order": self.order,
            "slow": self.slow,
            "ok": lambda h, *_: h.answer(body=b"ok"),
            "fail": lambda h, *_: h.answer(500, b"no"),
            **pages,
        }

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.shop = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()

    def counts(self):
        return Counter(urlsplit(r["path"]).path.strip("/").split("/")[0] for r in self.requests)

    def of(self, page):
        return [r for r in self.requests if urlsplit(r["path"]).path.strip("/").split("/")[0] == page]

    # pages

    def login(self, handler, _, row):
        user = json.loads(row["body"])["user"]
        with self.lock:
            token = f'tok-"{len(self.sessions)}"'
            self.sessions[token] = user
        body = json.dumps({"user": user, "token": token, "more": {"list": [1, 2.5, None]}}).encode()
        handler.answer(body=body, Set_Cookie=[f"sid={token[5:-1]}; Path=/; HttpOnly", "seen=1; Path=/order"], X_Shop="open late")

    def item(self, handler, parts, row):
        name = parts.path.split("/")[-1]
        body = f"<h1>{name}</h1><input name=csrf value='c-{row['number']}'>".encode() * 20
        if "gzip" in row["headers"].get("accept-encoding", ""):
            handler.answer(body=gzip.compress(body), Content_Encoding="gzip")
        else:
            handler.answer(body=body)

    def order(self, handler, _, row):
        handler.answer(201, json.dumps({"id": row["number"], "total": 3}).encode(), Location=f"/orders/{row['number']}")

    def slow(self, handler, parts, _):
        time.sleep(float(parse_qs(parts.query)["s"][0]))
        handler.answer(body=b"slow")


def cookies(row):
    return {k: v.value for k, v in SimpleCookie(row["headers"].get("cookie", "")).items()}
