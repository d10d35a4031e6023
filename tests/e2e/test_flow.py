"""Journeys of users against a shop that keeps its books."""

import gzip
import json
import re
from collections import Counter, defaultdict
from contextlib import contextmanager

import pytest
from peers import Peer, frame
from running import loadgen, scenario
from shop import Shop, cookies

HEAD = """
[scenario]
targets = here
warmup = 0s
duration = {duration}
cooldown = 20s
trials = 1
threads = {threads}
seed = {seed}
[target here]
url = {url}
"""


def head(shop, duration="30s", threads=1, seed=7):
    return HEAD.format(url=shop.url, duration=duration, threads=threads, seed=seed)


@contextmanager
def files(**contents):
    """Files in a folder of their own, for scenarios that name them by their absolute path."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        for name, content in contents.items():
            path = Path(folder, name.replace("_", "."))
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        yield Path(folder)


PEOPLE = 'name,password\nann,"p,1"\nbob,p2\n"c""ed",p3\ndora,p4\nemil,p5\n'

JOURNEY = """
[data people]
file = {folder}/people.csv
order = shuffle
[users buyer]
connections = 4
cookies = yes
steps = login, item x 3, page, order
rate = 40/s
iterations = 25
[step login]
request = POST /login
body = {{"user":"${{json people.name}}","password":"${{json people.password}}","n":${{iteration}}}}
header.X-Id = ${{random.uuid}}
check.user = json /user == "${{people.name}}"
check.list = json /more/list/1 > 2
check.none = json /more/list/2 == null
check.gone = json /error absent
check.head = header X-Shop == open late
check.size = size < 1kB
capture.token = json /token
capture.hours = header x-shop regex /open (\\w+)/
[step item]
request = GET /item/${{random.hex 8}}?lang=${{random.choice de|en}}
accept_encoding = gzip
check = status 2xx
check.body = contains <h1>
capture.csrf = regex /value='(c-[0-9]+)'/
[step page]
parallel = ok, ok x 2, slow
[step ok]
request = GET /ok
check = body == ok
[step slow]
request = GET /slow?s=1&u=${{url people.name}}
[step order]
request = POST /order?t=${{url token}}&c=${{csrf}}
header.Authorization = Bearer ${{token}} ${{hours}}
form.csrf = ${{csrf}}
form.who = ${{people.name}}
form.note = 50% & more
check = status 201|202
check.total = json /total >= 3.0
"""


def journey(threads, seed):
    with Shop() as shop, files(people_csv=PEOPLE) as folder:
        text = head(shop, threads=threads, seed=seed) + JOURNEY.format(folder=folder)
        return scenario(text), shop.requests, shop.sessions, shop.counts()


@pytest.mark.ahead(job=lambda: journey(1, 7))
def test_a_journey_of_login_items_page_and_order(result):
    run, requests, sessions, counts = result
    assert run.accounting["completed"] == run.accounting["scheduled"] == 25, run.told
    assert counts == {"login": 25, "item": 75, "ok": 75, "slow": 25, "order": 25}
    assert {n: s["ok"] for n, s in run.steps.items()} == {
        "login": 25, "item": 75, "page": 25, "ok": 75, "slow": 25, "order": 25
    }, run.told
    logins = [json.loads(r["body"]) for r in requests if r["path"] == "/login"]
    assert {x["n"] for x in logins} == set(range(25))
    names = Counter(x["user"] for x in logins)
    assert names == {"ann": 5, "bob": 5, 'c"ed': 5, "dora": 5, "emil": 5}, "each pass takes each row once"
    assert {x["password"] for x in logins} == {"p,1", "p2", "p3", "p4", "p5"}
    by_row = sorted(logins, key=lambda x: x["n"])
    orders = [tuple(x["user"] for x in by_row[i : i + 5]) for i in range(0, 25, 5)]
    assert len(set(orders)) > 1, "every pass has an order of its own"
    items = {r["number"]: r for r in requests if r["path"].startswith("/item/")}
    assert len({r["path"].split("?")[0] for r in items.values()}) == 75, "a loop draws anew each time"
    for order in (r for r in requests if r["path"].startswith("/order")):
        token, csrf = re.fullmatch(r"/order\?t=tok-%22(\d+)%22&c=c-(\d+)", order["path"]).groups()
        assert order["headers"]["authorization"] == f'Bearer tok-"{token}" late'
        assert cookies(order) == {"sid": token, "seen": "1"}
        user = sessions[f'tok-"{token}"']
        who = user.replace('"', "%22")
        assert order["body"].decode() == f"csrf=c-{csrf}&who={who}&note=50%25%20%26%20more"
        assert order["headers"]["content-type"] == "application/x-www-form-urlencoded"
        assert items[int(csrf)]["done"] < order["at"]
    page = run.steps["page"]
    assert page["parallel"] and page["partial"] == page["failed_parts"] == 0
    assert run.steps["slow"]["part_of"] == "page" and run.steps["slow"]["slowest"] == 25
    assert run.steps["ok"]["slowest"] == 0
    assert page["response_time_ns"]["min"] >= 1e9


def bodies(requests):
    """What was sent, without the order in which users were served and what servers had answered."""
    told = Counter()
    for r in requests:
        path = re.sub(r"t=tok-%22\d+%22&c=c-\d+", "T", r["path"])
        body = re.sub(rb"csrf=c-\d+", b"C", r["body"])
        told[r["method"], path, body, r["headers"].get("x-id")] += 1
    return told


@pytest.mark.ahead(job=lambda: (journey(2, 7), journey(1, 7), journey(1, 8)))
def test_one_seed_sends_the_same_with_any_number_of_threads(result):
    (_, two, *_), (_, one, *_), (_, other, *_) = result
    assert bodies(one) == bodies(two)
    assert bodies(one) != bodies(other)


# ---- checks and captures ----

CHECKS = """
[users one]
connections = 1
steps = {steps}
arrivals = closed
iterations = 1
"""


def checked(step, pages=None, more=""):
    with Shop(**(pages or {})) as shop:
        run = scenario(head(shop) + CHECKS.format(steps="it") + "[step it]\n" + step + more)
        return run


FAILING = {
    "capture.id = json /nothing": "capture.id = json /nothing",
    "capture.id = header x-nothing": "capture.id = header x-nothing",
    "capture.id = regex /no(thing)/": "capture.id = regex /no(thing)/",
    "capture.id = json /more/list/2": "capture.id = json /more/list/2",
    "check.a = json /more/list/0 != 1": "json /more/list/0 != 1",
    'check.a = json /user < "a"': 'json /user < "a"',
    "check.a = json /user absent": "json /user absent",
    "check.a = header x-shop absent": "header x-shop absent",
    "check.a = header x-shop != open late": "header x-shop != open late",
    "check.a = header x-shop contains early": "header x-shop contains early",
    "check.a = size > 1kB": "size > 1kB",
    "check.a = regex /^nope/": "regex /^nope/",
    "check.a = body == x": "body == x",
    "check.a = status 3xx|201": "status 3xx|201",
}


@pytest.mark.parametrize("key", FAILING)
def test_a_check_or_capture_that_fails_says_which(key):
    run = checked(f'request = POST /login\nbody = {{"user":"eve"}}\n{key}\n')
    assert run.errors == {"check": 1}, run.told
    assert run.step["error_rows"][0]["sample"].startswith(f"{FAILING[key]}: HTTP 200 "), run.told


def bomb(handler, *_):
    handler.answer(body=gzip.compress(bytes(24 << 20)), Content_Encoding="gzip")


def broken(handler, *_):
    handler.answer(body=b"\x1f\x8bnot really", Content_Encoding="gzip")


@pytest.mark.parametrize(("page", "fault"), [(bomb, "too_big"), (broken, "encoding")])
def test_a_body_that_cannot_be_decoded_is_the_servers_fault(page, fault):
    run = checked("request = GET /page\ncheck.a = contains x\n", {"page": page})
    assert run.errors == {"protocol": 1}, run.told
    assert run.step["error_rows"][0]["sample"] == fault
    assert run.record["targets"][0]["trials"][0]["generator"]["max_rss_bytes"] < 200e6


def test_a_body_that_nobody_looks_at_is_not_decoded():
    run = checked("request = GET /page\naccept_encoding = gzip, br\n", {"page": broken})
    assert run.errors == {} and run.step["ok"] == 1, run.told


# ---- pauses ----


def thinking(model):
    with Shop() as shop:
        text = head(shop) + (
            f"[users one]\nconnections = 1\nsteps = a, b\niterations = 6\n{model}\n"
            "[step a]\nrequest = GET /ok?a\nthink = 400ms\n[step b]\nrequest = GET /ok?b\nthink = uniform 50ms..60ms\n"
        )
        return scenario(text), shop.requests


@pytest.mark.ahead(job=lambda: thinking("arrivals = closed"))
def test_a_closed_user_thinks_between_steps_and_iterations(result):
    run, requests = result
    assert run.accounting["completed"] == 6, run.told
    gaps = [b["at"] - a["at"] for a, b in zip(requests, requests[1:], strict=False)]
    assert min(gaps[0::2]) >= 0.4 and min(gaps[1::2]) >= 0.05, gaps
    # The pause after the last step is none of the iteration's time.
    assert 0.4e9 <= run.users["iteration_time_ns"]["min"]
    assert run.steps["b"]["response_time_ns"]["p50"] < 0.39e9


@pytest.mark.ahead(job=lambda: thinking("rate = 1k/s"))
def test_in_the_open_model_a_dependent_step_is_due_after_the_pause(result):
    run, requests = result
    assert run.accounting["completed"] == 6, run.told
    gaps = [b["at"] - a["at"] for a, b in zip(requests, requests[1:], strict=False)]
    assert min(gaps[0::2]) >= 0.4, gaps
    assert run.steps["b"]["response_time_ns"]["p50"] < 0.39e9, "the pause is no part of the step"
    assert run.users["iteration_time_ns"]["max"] > 0.5e9, "arrivals wait for the one user"


# ---- rates by weight, rows once ----


def test_weights_share_a_rate():
    with Shop() as shop:
        text = head(shop, duration="3s").replace("[target", "rate = 400/s\n[target") + (
            "[users many]\nconnections = 20\nsteps = many\nweight = 3\n"
            "[users few]\nconnections = 20\nsteps = few\n"
            "[step many]\nrequest = GET /ok?many\n[step few]\nrequest = GET /ok?few\n"
        )
        run = scenario(text)
        many, few = (run.steps[n]["count"] for n in ("many", "few"))
        # Poisson counts of mean 900 and 300: 5 standard deviations
        assert abs(many - 900) < 150 and abs(few - 300) < 87, run.told


@pytest.mark.parametrize(("threads", "arrivals"), [(1, "rate = 1k/s"), (2, "rate = 1k/s"), (2, "arrivals = closed")])
def test_rows_that_are_given_out_once_end_the_load(threads, arrivals):
    with Shop() as shop, files(rows_csv="id\n" + "\n".join(f"r{i}" for i in range(31))) as folder:
        text = head(shop, threads=threads) + (
            f"[data rows]\nfile = {folder}/rows.csv\norder = once\n"
            f"[users u]\nconnections = 3\nsteps = get\n{arrivals}\n[step get]\nrequest = GET /ok?${{rows.id}}\n"
        )
        run = scenario(text)
        assert run.accounting["completed"] == 31, run.told
        assert sorted(r["path"] for r in shop.requests) == sorted(f"/ok?r{i}" for i in range(31))
        assert any("rows" in note for note in run.record["notes"]), run.record["notes"]


def test_a_row_per_user_stays_with_the_user():
    with Shop() as shop, files(rows_csv="id\na\nb\nc\n") as folder:
        text = head(shop) + (
            f"[data rows]\nfile = {folder}/rows.csv\nper = user\norder = once\n"
            "[users u]\nconnections = 3\nsetup = hello\nsteps = get x 2\narrivals = closed\niterations = 30\n"
            "[step hello]\nrequest = GET /ok?hello=${rows.id}\n"
            "[step get]\nrequest = GET /ok?${rows.id}-${user.index}\n"
        )
        run = scenario(text)
        assert run.accounting["completed"] == 30, run.told
        by_connection = defaultdict(set)
        for r in shop.requests:
            by_connection[r["connection"]].add(r["path"])
        assert sorted(map(sorted, by_connection.values())) == [
            [f"/ok?{x}-{i}", f"/ok?hello={x}"] for i, x in enumerate("abc")
        ]


# ---- parallel ----


BRANCHES = {
    "good": "request = GET /ok",
    "late": "request = GET /slow?s=0.8",
    "bad": "request = GET /fail",
    "never": "request = GET /slow?s=60\ntimeout = 1s",
}


def group(steps):
    with Shop() as shop:
        used = "".join(f"[step {n}]\n{step}\n" for n, step in BRANCHES.items() if n in steps)
        text = head(shop) + (
            "[users u]\nconnections = 2\nsteps = all\narrivals = closed\niterations = 10\n"
            f"[step all]\nparallel = {steps}\n{used}"
        )
        return scenario(text), shop


def test_a_group_takes_as_long_as_its_slowest_step():
    run, shop = group("good x 3, late")
    assert run.accounting["completed"] == 10, run.told
    assert shop.counts() == {"ok": 30, "slow": 10}
    assert len({r["connection"] for r in shop.requests}) == 2 * 4, "each step at once has a connection"
    assert 0.8e9 <= run.steps["all"]["service_time_ns"]["min"] <= run.steps["all"]["response_time_ns"]["max"]
    assert run.steps["all"]["service_time_ns"]["count"] == 10
    assert (run.steps["late"]["slowest"], run.steps["good"]["slowest"]) == (10, 0)
    assert run.users["connected"] == 2, "users are counted, not connections"


def test_a_failed_step_fails_its_group_and_partly_is_told_from_wholly():
    run, _ = group("good, bad, late")
    assert run.accounting["failed"] == 10, run.told
    page = run.steps["all"]
    assert page["errors"] == {"status": 10} and (page["partial"], page["failed_parts"]) == (10, 10)
    assert page["error_rows"][0]["sample"] == "bad; 1 of 3 steps failed"
    assert (run.steps["good"]["ok"], run.steps["late"]["ok"]) == (10, 10), "the others are done all the same"
    run, _ = group("bad x 3")
    page = run.steps["all"]
    assert (page["partial"], page["failed_parts"], page["ok"]) == (0, 30, 0), run.told


def test_a_step_that_times_out_within_a_group_is_a_timeout():
    run, _ = group("good, never")
    assert run.accounting["timed_out"] == 10, run.told
    assert run.steps["all"]["errors"] == run.steps["never"]["errors"] == {"timeout": 10}


# ---- services ----


def test_steps_go_to_the_servers_that_they_name():
    with Shop() as front, Shop() as orders, Shop() as stock:
        text = head(front).replace(
            f"url = {front.url}\n",
            f"url = {front.url}\nservice.orders = {orders.url}\nservice.stock = {stock.url}\n",
        ) + (
            "[users u]\nconnections = 2\ncookies = yes\nsteps = login, order, both, again\narrivals = closed\niterations = 10\n"
            '[step login]\nrequest = POST /login\nbody = {"user":"x"}\n'
            "[step order]\nservice = orders\nrequest = POST /order\nform.a = b\ncapture.id = json /id\n"
            "[step both]\nparallel = item x 2, late, order, front\n"
            "[step item]\nservice = stock\nrequest = GET /item/${id}\n"
            "[step late]\nservice = stock\nrequest = GET /slow?s=0.02\n"
            "[step front]\nrequest = GET /ok\n"
            "[step again]\nservice = stock\nrequest = GET /ok\nthink = 5ms\n"
        )
        run = scenario(text)
        assert run.accounting["completed"] == 10, run.told
        assert front.counts() == {"login": 10, "ok": 10}
        assert orders.counts() == {"order": 20}
        assert stock.counts() == {"item": 20, "slow": 10, "ok": 10}
        # Kept alive: a user has one connection to each server for each of its steps at once. The rest
        # is loadgen's look at whether each server answers, and whether the target is ready.
        assert front.connections <= 2 * 2 + 2 and orders.connections <= 2 * 2 + 1 and stock.connections <= 2 * 3 + 1
        assert {r["headers"]["host"] for r in stock.requests} == {stock.url.removeprefix("http://")}
        assert all("sid" in cookies(r) for r in orders.of("order")), "one host: cookies know no port"


# ---- uploads ----


def test_files_go_up_as_multipart():
    import email.parser

    photo = bytes(range(256)) * 300
    with Shop() as shop, files(photo_jpg=photo) as folder:
        text = head(shop) + (
            "[users u]\nconnections = 1\nsteps = up\narrivals = closed\niterations = 2\n"
            f"[step up]\nrequest = POST /ok\nform.title = T ${{iteration}}\nfile.photo = {folder}/photo.jpg; image/jpeg\n"
        )
        run = scenario(text)
        assert run.accounting["completed"] == 2, run.told
        for i, r in enumerate(shop.requests):
            head_ = b"Content-Type: " + r["headers"]["content-type"].encode() + b"\r\n\r\n"
            title, upload = email.parser.BytesParser().parsebytes(head_ + r["body"]).get_payload()
            assert title.get_param("name", header="content-disposition") == "title"
            assert title.get_payload() == f"T {i}"
            assert upload.get_filename() == "photo.jpg" and upload.get_content_type() == "image/jpeg"
            raw = r["body"].split(b"image/jpeg\r\n\r\n", 1)[1]
            assert raw.startswith(photo + b"\r\n--")


# ---- cookies ----


def test_users_without_cookies_send_none():
    with Shop() as shop:
        text = head(shop) + (
            "[users u]\nconnections = 1\nsteps = login, get\narrivals = closed\niterations = 2\n"
            '[step login]\nrequest = POST /login\nbody = {"user":"x"}\n[step get]\nrequest = GET /ok\n'
        )
        assert scenario(text).accounting["completed"] == 2
        assert all("cookie" not in r["headers"] for r in shop.requests)


def test_each_user_has_a_jar_of_its_own():
    with Shop() as shop:
        text = head(shop) + (
            "[users u]\nconnections = 3\ncookies = yes\nsetup = login\nsteps = get\narrivals = closed\niterations = 9\n"
            '[step login]\nrequest = POST /login\nbody = {"user":"x"}\n[step get]\nrequest = GET /ok\n'
        )
        assert scenario(text).accounting["completed"] == 9
        jars = defaultdict(set)
        for r in shop.of("ok"):
            jars[r["connection"]].add(cookies(r)["sid"])
        assert sorted(map(len, jars.values())) == [1, 1, 1] and len(set.union(*jars.values())) == 3


def test_mistakes_of_the_journey_are_told_before_anything_runs():
    with Shop() as shop:
        text = head(shop) + (
            "[users u]\nconnections = 1\nsteps = use, set\narrivals = closed\n"
            "[step use]\nrequest = GET /ok?${token}\n[step set]\nrequest = GET /ok\ncapture.token = json /t\n"
        )
        run = scenario(text, codes={2})
        assert "[users u] uses ${token} before [step set] captures it" in run.err, run.err
        assert shop.requests == []


# ---- a dry run ----

DRY = """
[users buyer]
connections = 50
streams = 1
cookies = yes
setup = login
steps = item, both, order
rate = 1k/s
[step login]
request = POST /login
header.Authorization = Basic c2VjcmV0
body = {{"user":"ann"}}
check.user = json /user == "ann"
capture.token = json /token
[step item]
request = GET /item/1
accept_encoding = gzip
think = 10ms
[step both]
parallel = ok x 2
[step ok]
request = GET /ok
[step order]
request = POST /order?t=${{url token}}
form.n = ${{iteration}}
check = status {status}
"""


def dry_run(text, **options):
    with files(test_ini=text) as folder:
        return loadgen("check", folder / "test.ini", "--dry-run", **options)


def test_a_dry_run_shows_each_exchange_once_and_no_secret():
    with Shop() as shop:
        run = dry_run(head(shop) + DRY.format(status="2xx"), codes={0})
        assert shop.counts() == {"login": 1, "item": 1, "ok": 2, "order": 1}
    shown = run.out
    assert [line.split()[1] for line in shown.splitlines() if re.match(r"\d+  ", line)] == [
        "login", "item", "ok", "ok", "order"
    ], shown
    assert "5 exchanges, 0 failed" in shown
    assert "passed  json /user == \"ann\"" in shown and "found   capture.token = json /token: ***" in shown
    assert "tok-" not in shown and "c2VjcmV0" not in shown, shown
    assert "which came as" in shown, "the coded size is told, too"
    assert "POST /order?t=***  201  " in shown and "> n=0" in shown


def test_a_dry_run_says_what_failed_and_ends_with_3():
    with Shop() as shop:
        run = dry_run(head(shop) + DRY.format(status="200"), codes={3})
        assert "FAILED  status 200\n" in run.out and "5 exchanges, 1 failed" in run.out, run.out


def test_a_dry_run_ends_at_a_setup_that_fails():
    with Shop() as shop:
        run = dry_run(head(shop) + DRY.format(status="200").replace("/user ==", "/name =="), codes={3})
        assert shop.counts()["login"] <= 3 and "1 exchange, 1 failed" in run.out, run.out


def test_a_dry_run_without_a_server_ends_with_5():
    with Shop() as shop:
        text = head(shop).replace("[target here]", "[target here]\nready_within = 1s") + DRY.format(status="200")
    run = dry_run(text, codes={5})
    assert "refused" in run.err.lower(), run.err


WEBSOCKET = """
[users talker]
connections = 3
setup = join
steps = say
rate = 1/s
[step join]
websocket = /room
await = any within 30s
[step say]
send = {"id":"${message.id}","n":${iteration}}
await = json /id == "${message.id}" within 30s
capture.echo = json /n
"""


def talk(line):
    line.upgrade()
    line.send(frame(b'{"type":"welcome"}'))
    while True:
        opcode, payload = line.frame()
        if opcode == 8:
            return
        line.send(frame(payload))


def test_a_dry_run_shows_messages():
    with Peer(talk) as peer:
        run = dry_run(HEAD.format(url=f"http://{peer.address}", duration="5s", threads=1, seed=1) + WEBSOCKET, codes={0})
    assert "1  join (setup)  WebSocket /room" in run.out, run.out
    assert '< {"type":"welcome"}' in run.out and '"n":0}' in run.out
    assert "found   capture.echo = json /n: 0" in run.out


def test_a_capture_from_a_message_fails_like_a_check():
    text = WEBSOCKET.replace("capture.echo = json /n", "capture.echo = json /m") + "\n"
    with Peer(talk) as peer:
        run = scenario(HEAD.format(url=f"http://{peer.address}", duration="10s", threads=1, seed=1) + text.replace("rate = 1/s", "rate = 100/s\niterations = 5"))
    assert run.steps["say"]["errors"] == {"check": 5}, run.told
    assert run.steps["say"]["error_rows"][0]["sample"].startswith("capture.echo = json /m: "), run.told
