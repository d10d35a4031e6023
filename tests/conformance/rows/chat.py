"""Chat over HTTP. In order: the rows count on the says before them."""

from exchanges import JSON, Code, Exchange, get, post

SAY = b'{"user":"ann","id":"i1","at":5,"text":"hi"}'


def say(name, body, status, expected):
    return post(name, "/api/chat/exchanges", body, status, expected)


ROWS = [
    get("empty room", "/api/chat/nobody", 200, {"room": "nobody", "seq": 0, "messages": []}),
    get("bad room", "/api/chat/No_Such", 404, Code("not_found")),
    get("long room", "/api/chat/" + "a" * 65, 404, Code("not_found")),
    get("longest room", "/api/chat/" + "a" * 64, 200, {"room": "a" * 64, "seq": 0, "messages": []}),
    get("after not a number", "/api/chat/a?after=x", 400, Code("bad_request")),
    get("after negative", "/api/chat/a?after=-1", 400, Code("bad_request")),
    get("after empty", "/api/chat/a?after=", 400, Code("bad_request")),
    get("after too long", "/api/chat/a?after=12345678901", 400, Code("bad_request")),
    get("limit 0", "/api/chat/a?limit=0", 400, Code("bad_request")),
    get("limit 101", "/api/chat/a?limit=101", 400, Code("bad_request")),
    get("limit twice", "/api/chat/a?limit=1&limit=2", 400, Code("bad_request")),
    Exchange("chat method", "PUT", "/api/chat/a", JSON, b"{}", 405, Code("method_not_allowed")),
    post("say to a bad room", "/api/chat/A", SAY, 404, Code("not_found")),
    post("say as text", "/api/chat/a", SAY, 415, Code("unsupported"), {"Content-Type": "text/plain"}),
    post("say without type", "/api/chat/a", SAY, 415, Code("unsupported"), {}),
    say("say bad json", b"{", 400, Code("bad_json")),
    say("say an array", b"[]", 422, Code("invalid")),
    say("say null", b"null", 422, Code("invalid")),
    say("no user", b'{"id":"i","at":1,"text":"t"}', 422, Code("invalid", "user")),
    say("bad user", b'{"user":"A","id":"i","at":1,"text":"t"}', 422, Code("invalid", "user")),
    say("user with newline", b'{"user":"a\\n","id":"i","at":1,"text":"t"}', 422, Code("invalid", "user")),
    say("no id", b'{"user":"a","at":1,"text":"t"}', 422, Code("invalid", "id")),
    say("id with space", b'{"user":"a","id":"i i","at":1,"text":"t"}', 422, Code("invalid", "id")),
    say("id of 65", b'{"user":"a","id":"%s","at":1,"text":"t"}' % (b"i" * 65), 422, Code("invalid", "id")),
    say("no at", b'{"user":"a","id":"i","text":"t"}', 422, Code("invalid", "at")),
    say("at true", b'{"user":"a","id":"i","at":true,"text":"t"}', 422, Code("invalid", "at")),
    say("at half", b'{"user":"a","id":"i","at":1.5,"text":"t"}', 422, Code("invalid", "at")),
    say("at negative", b'{"user":"a","id":"i","at":-1,"text":"t"}', 422, Code("invalid", "at")),
    say("at 2^53", b'{"user":"a","id":"i","at":9007199254740992,"text":"t"}', 422, Code("invalid", "at")),
    say("at infinite", b'{"user":"a","id":"i","at":1e999,"text":"t"}', 422, Code("invalid", "at")),
    say("no text", b'{"user":"a","id":"i","at":1}', 422, Code("invalid", "text")),
    say("empty text", b'{"user":"a","id":"i","at":1,"text":""}', 422, Code("invalid", "text")),
    say("text of 4097", b'{"user":"a","id":"i","at":1,"text":"%s"}' % (b"t" * 4097), 422, Code("invalid", "text")),
    say("half a surrogate", b'{"user":"a","id":"i","at":1,"text":"\\ud800"}', 422, Code("invalid", "text")),
    say("first say", SAY, 201, {"room": "exchanges", "seq": 1}),
    say("at 2^53-1", b'{"user":"a","id":"~","at":9007199254740991,"text":"t"}', 201, {"room": "exchanges", "seq": 2}),
    say("at 7.0", b'{"user":"a","id":"!","at":7.0,"text":"t"}', 201, {"room": "exchanges", "seq": 3}),
    say(
        "text of 4096 bytes",
        b'{"user":"a","id":"i","at":0,"text":"%s"}' % ("é" * 2048).encode(),
        201,
        {"room": "exchanges", "seq": 4},
    ),
    say("escapes", b'{"user":"a","id":"i","at":0,"text":"\\u0000\\u001f\\u007f\\"\\\\/\\u2028\\ud83d\\ude00\\t"}', 201,
        {"room": "exchanges", "seq": 5}),
    get("read from 2, two", "/api/chat/exchanges?after=1&limit=2", 200, {
        "room": "exchanges",
        "seq": 5,
        "messages": [
            {"type": "message", "room": "exchanges", "from": "a", "seq": 2, "id": "~", "at": 9007199254740991, "text": "t"},
            {"type": "message", "room": "exchanges", "from": "a", "seq": 3, "id": "!", "at": 7, "text": "t"},
        ],
    }),
    get("read past the end", "/api/chat/exchanges?after=5", 200, {"room": "exchanges", "seq": 5, "messages": []}),
]
