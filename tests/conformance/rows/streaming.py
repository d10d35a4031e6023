"""What streaming refuses; what it sends is in test_streaming.py."""

from exchanges import Code, Exchange, get, post

ROWS = [
    *(
        get(f"ticks {query}", f"/sse/ticks?{query}", 400, Code("bad_request"))
        for query in ("hz=0", "hz=101", "hz=x", "hz=1&hz=2", "n=0", "n=100001", "n=", "hz=1.5")
    ),
    *(
        Exchange(f"ticks after {id}", "GET", "/sse/ticks", {"Last-Event-ID": id}, None, 400, Code("bad_request"))
        for id in ("x", "-1", "100001", "1.0", "")
    ),
    post("ticks posted", "/sse/ticks", b"{}", 405, Code("method_not_allowed")),
    *(
        get(f"stream {path}", f"/stream/{path}", status, Code(code))
        for path, status, code in (
            ("x", 404, "not_found"),
            ("-1", 404, "not_found"),
            ("", 404, "not_found"),
            ("1073741825", 404, "not_found"),
            ("10?chunk=1023", 400, "bad_request"),
            ("10?chunk=1048577", 400, "bad_request"),
        )
    ),
    get("no such media", "/media/none.mp4", 404, Code("not_found")),
]
