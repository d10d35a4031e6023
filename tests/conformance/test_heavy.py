"""Pictures, text in pictures, tables and a network: on each server, and between them."""

import io
import json
import math
import random
from pathlib import Path

import pytest
from exchanges import JSON, Code, client, get, post
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat
from test_work import judge_all

pytestmark = pytest.mark.heavy

DATA = Path(__file__).parents[2] / "targets" / "data"
INPUTS = DATA / "inputs"
MIB = 1024 * 1024
CSV = {"Content-Type": "text/csv"}
HEADER = "ts,device,region,metric,value"
BLANK = [0] * 64


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture(mode="RGB", size=(60, 40)):
    return Image.linear_gradient("L").resize(size).convert(mode)


PNG = encoded(picture(), "PNG")
# Says 6000 by 6000 pixels in its header, and holds next to none of them.
BOMB = encoded(Image.new("1", (6000, 6000)), "PNG")


def thumbnail(name, body, status, expected, query="w=32"):
    return post(name, f"/image/thumbnail?{query}", body, status, expected, {})


def table(name, lines, status, expected, query="engine=plain"):
    body = "\n".join([HEADER, *lines]).encode() if isinstance(lines, list) else lines
    return post(name, f"/data/groupby?{query}", body, status, expected, CSV)


def digits(name, value, status, expected):
    return post(name, "/ml/digits", json.dumps(value).encode(), status, expected)


IMAGE = [
    thumbnail("text for a picture", b"no picture", 415, Code("unsupported")),
    thumbnail("nothing for a picture", b"", 415, Code("unsupported")),
    thumbnail("gif", encoded(picture(), "GIF"), 415, Code("unsupported")),
    thumbnail("png cut short", PNG[: len(PNG) // 2], 422, Code("invalid")),
    thumbnail("png signature alone", PNG[:8], 422, Code("invalid")),
    thumbnail("jpeg signature alone", b"\xff\xd8\xff\xe0", 422, Code("invalid")),
    thumbnail("too many pixels", BOMB, 422, Code("invalid")),
    thumbnail("too narrow", PNG, 400, Code("bad_request"), "w=15"),
    thumbnail("too wide", PNG, 400, Code("bad_request"), "w=1025"),
    post("line too high", "/image/text", encoded(picture(size=(100, 49)), "PNG"), 422, Code("invalid"), {}),
    post("line too wide", "/image/text", encoded(picture(size=(2049, 48)), "PNG"), 422, Code("invalid"), {}),
    post("line of text", "/image/text", b"INVOICE", 415, Code("unsupported"), {}),
]

NUMBERS = [
    get("product of 1", "/data/product?n=1", 200, {"n": 1, "check": str(807 * 249)}),
    get("product of 64", "/data/product?n=64", 200, {"n": 64, "check": "263469038550"}),
    get("product, no size", "/data/product?n=0", 400, Code("bad_request")),
    get("product, too large", "/data/product?n=513", 400, Code("bad_request")),
    post("product, posted", "/data/product", b"", 405, Code("method_not_allowed")),
]

ONE = ["1,d1,eu,temp,5"]
GROUP = {"key": "eu|temp", "n": 1, "sum": 5, "min": 5, "max": 5}
FAULTS = {
    "a value that is text": ([*ONE, "2,d1,eu,temp,x"], 3),
    "a time that is text": (["x,d1,eu,temp,5"], 2),
    "a value with a point": ([*ONE, *ONE, "2,d1,eu,temp,1.5"], 4),
    "a value with a point and nothing behind it": ([*ONE, "2,d1,eu,temp,5.0"], 3),
    "a value with an exponent": ([*ONE, "2,d1,eu,temp,1e3"], 3),
    "a value that is not decimal": ([*ONE, "2,d1,eu,temp,0x5"], 3),
    "a field too few": ([*ONE, "2,d1,eu,5"], 3),
    "a field too many": ([*ONE, "2,d1,eu,temp,5,6"], 3),
    "an empty field": ([*ONE, "2,d1,,temp,5"], 3),
    "an empty value": ([*ONE, "2,d1,eu,temp,"], 3),
    "another header": (b"ts,device,region,value,metric\n1,d1,eu,5,temp\n", 1),
    "no header": (b"1,d1,eu,temp,5\n", 1),
    "nothing": (b"", 1),
    "not UTF-8": (f"{HEADER}\n1,d".encode() + b"\xff,eu,temp,5\n", 1),
}
ENGINES = ("plain", "frame", "polars")
# They look like something else, and are names all the same; sorted by bytes, which for the last two is not by UTF-16.
NAMES = ["007", "1e3", "2024-01-01", "NA", "NaN", "null", "true", "\uff5e", "\U0001f600"]
NAMED = [f"{i},{name},{name},{name},1" for i, name in enumerate(reversed(NAMES))]

TABLES = [
    *(
        table(f"{name}, {engine}", lines, 422, Code("invalid", line=line), f"engine={engine}")
        for name, (lines, line) in FAULTS.items()
        for engine in ENGINES
    ),
    *(
        table(f"one row, {engine}", ONE, 200, {"rows": 1, "groups": [GROUP]}, f"engine={engine}")
        for engine in ENGINES
    ),
    *(
        table(f"names, {engine}", NAMED, 200, {
            "rows": len(NAMES),
            "groups": [{"key": f"{name}|{name}", "n": 1, "sum": 1, "min": 1, "max": 1} for name in NAMES],
        }, f"engine={engine}")
        for engine in ENGINES
    ),
    table("a newline at the end", [*ONE, ""], 200, {"rows": 1, "groups": [GROUP]}),
    table("no engine", ONE, 400, Code("bad_request"), "engine=sql"),
    table("no such file", ONE, 400, Code("bad_request"), "file=small"),
    post("table as text", "/data/groupby", b"", 415, Code("unsupported"), {"Content-Type": "text/plain"}),
]

NETWORK = [
    digits("no pixels", {}, 422, Code("invalid", "pixels")),
    digits("63 pixels", {"pixels": BLANK[1:]}, 422, Code("invalid", "pixels")),
    digits("65 pixels", {"pixels": [*BLANK, 0]}, 422, Code("invalid", "pixels")),
    digits("a pixel of 17", {"pixels": [17, *BLANK[1:]]}, 422, Code("invalid", "pixels")),
    digits("a pixel below 0", {"pixels": [-1, *BLANK[1:]]}, 422, Code("invalid", "pixels")),
    digits("half a pixel", {"pixels": [0.5, *BLANK[1:]]}, 422, Code("invalid", "pixels")),
    digits("a pixel that is true", {"pixels": [True, *BLANK[1:]]}, 422, Code("invalid", "pixels")),
    digits("a pixel as text", {"pixels": ["1", *BLANK[1:]]}, 422, Code("invalid", "pixels")),
    digits("no picture", {"batch": []}, 422, Code("invalid", "batch")),
    digits("33 pictures", {"batch": [BLANK] * 33}, 422, Code("invalid", "batch")),
    digits("one bad picture", {"batch": [BLANK, BLANK[1:]]}, 422, Code("invalid", "batch")),
    post("network, as text", "/ml/digits", b"{}", 415, Code("unsupported"), {"Content-Type": "text/plain"}),
    post("network, bad engine", "/ml/digits?engine=gpu", b"{}", 400, Code("bad_request"), JSON),
]


TOO_LARGE = [
    thumbnail("picture over the limit", PNG + bytes(4 * MIB), 413, Code("too_large")),
    table("table over the limit", b"x" * (8 * MIB + 1), 413, Code("too_large")),
]


async def test_every_refusal_of_the_large_features(full_http):
    await judge_all(full_http, IMAGE + NUMBERS + TABLES + NETWORK)


@pytest.mark.direct
async def test_what_is_over_the_larger_limits_is_refused(full_http):
    await judge_all(full_http, TOO_LARGE)


async def send(session, path, body, headers=None):
    async with session.post(path, data=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return answer.content_type, await answer.read()


# ---- pictures ----


def transparent():
    image = picture("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size).rotate(180))
    return image


PICTURES = {
    "jpeg": lambda: ((INPUTS / "photo.jpg").read_bytes(), 200),
    "png": lambda: ((INPUTS / "photo.png").read_bytes(), 200),
    "grey jpeg": lambda: (encoded(picture("L", (400, 300)), "JPEG"), 64),
    "grey png": lambda: (encoded(picture("L", (400, 300)), "PNG"), 64),
    "palette": lambda: (encoded(picture("P"), "PNG"), 32),
    "transparent": lambda: (encoded(transparent(), "PNG"), 32),
    "progressive": lambda: (encoded(picture(size=(640, 480)), "JPEG", progressive=True), 100),
    "narrower than asked for": lambda: (PNG, 90),
    "a line of pixels": lambda: (encoded(picture(size=(500, 2)), "PNG"), 50),
    "odd sides": lambda: (encoded(picture(size=(333, 777)), "JPEG"), 101),
}


def segments(jpeg):
    """The markers of a JPEG up to its scan."""
    at, found = 2, []
    while jpeg[at + 1] != 0xDA:
        found.append(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found


@pytest.mark.parametrize("kind", PICTURES)
async def test_thumbnails_are_baseline_jpeg_of_the_exact_size(full_http, kind):
    body, width = PICTURES[kind]()
    with Image.open(io.BytesIO(body)) as whole:
        height = max(1, math.floor(whole.height * width / whole.width + 0.5))
    media_type, small = await send(full_http, f"/image/thumbnail?w={width}", body)
    with Image.open(io.BytesIO(small)) as image:
        assert (media_type, image.format, image.mode, image.size) == ("image/jpeg", "JPEG", "RGB", (width, height))
        assert [layer[1:3] for layer in image.layer] == [(2, 2), (1, 1), (1, 1)]  # 4:2:0
    assert 0xC0 in segments(small)
    assert not {0xE1, 0xE2, 0xED, 0xFE}.intersection(segments(small))  # Exif, profile, IPTC, comment


@pytest.mark.parametrize("kind", PICTURES)
async def test_thumbnails_of_two_servers_look_alike(full_pair, kind):
    body, width = PICTURES[kind]()
    images = []
    for server in full_pair:
        async with client(server.url) as session:
            images.append((await send(session, f"/image/thumbnail?w={width}", body))[1])
    assert psnr(*images) >= 30


def psnr(first, second):
    """Peak signal to noise in decibel; infinite for equal pictures."""
    a, b = (Image.open(io.BytesIO(jpeg)).convert("RGB") for jpeg in (first, second))
    assert a.size == b.size
    squares = sum(ImageStat.Stat(ImageChops.difference(a, b)).sum2) / (3 * a.width * a.height)
    return 10 * math.log10(255**2 / squares) if squares else math.inf


# ---- text ----

LINES = ("INVOICE 20417", "Total: 1,299.00", "the quick brown fox", "A1 B2 C3")


def drawn(text):
    font = ImageFont.load_default(size=34)
    image = Image.new("RGB", (int(font.getlength(text)) + 24, 48), "white")
    ImageDraw.Draw(image).text((12, 24), text, fill="black", font=font, anchor="lm")
    return encoded(image, "PNG")


async def test_text_is_read(full_http):
    """Blanks are not judged: the recogniser itself leaves out some."""
    for line in LINES:
        found = json.loads((await send(full_http, "/image/text", drawn(line)))[1])
        assert found["text"].replace(" ", "") == line.replace(" ", "")
        assert 9000 < found["score_e4"] <= 10000


async def test_a_blank_line_has_no_text(full_http):
    found = json.loads((await send(full_http, "/image/text", encoded(Image.new("RGB", (200, 48), "white"), "PNG")))[1])
    assert found == {"text": "", "score_e4": 0}


async def test_two_servers_read_the_same(full_pair):
    for line in LINES:
        first, second = [await read(server, drawn(line)) for server in full_pair]
        assert first["text"] == second["text"]
        assert abs(first["score_e4"] - second["score_e4"]) <= 2


async def read(server, body):
    async with client(server.url) as session:
        return json.loads((await send(session, "/image/text", body))[1])


# ---- tables ----


def model(lines):
    groups = {}
    for line in lines:
        _, _, region, metric, value = line.split(",")
        groups.setdefault(f"{region}|{metric}", []).append(int(value))
    return {
        "rows": len(lines),
        "groups": [
            {"key": key, "n": len(values), "sum": sum(values), "min": min(values), "max": max(values)}
            for key, values in sorted(groups.items())
        ],
    }


def random_lines(seed, count):
    rng = random.Random(seed)
    return [
        f"{rng.randrange(2**41)},d{rng.randrange(9)},{rng.choice(['eu', 'us', 'EU', 'a-b'])},"
        f"{rng.choice('xyz')},{rng.randrange(-(10**12), 10**12)}"
        for _ in range(count)
    ]


@pytest.mark.parametrize("n", (2, 33, 100, 256))
async def test_a_product_is_that_of_the_kernel(full_http, n):
    checks = set()
    for path in ("/data/product", "/cpu/matrix"):
        async with full_http.get(f"{path}?n={n}") as answer:
            checks.add((await answer.json())["check"])
    assert len(checks) == 1


@pytest.mark.parametrize("engine", ENGINES)
async def test_engines_agree_with_a_model(full_http, engine):
    for lines in ([], random_lines(1, 1), random_lines(2, 2000)):
        body = "\n".join([HEADER, *lines, ""]).encode()
        _, found = await send(full_http, f"/data/groupby?engine={engine}", body, CSV)
        assert found.decode() == json.dumps(model(lines), separators=(",", ":"))


async def test_the_big_table_is_that_of_the_disk(full_http):
    """One engine for its model: all three on a million rows would take long."""
    lines = (INPUTS / "big.csv").read_text().splitlines()[1:]
    _, found = await send(full_http, "/data/groupby?engine=polars&file=big", b"")
    assert json.loads(found) == model(lines)


# ---- the network ----


def scores(weights, pixels):
    """Matrix products, from the definition."""
    hidden = [max(0, sum(x * row[j] for x, row in zip(pixels, weights["w1"])) + weights["b1"][j]) for j in range(32)]
    logits = [sum(x * row[k] for x, row in zip(hidden, weights["w2"])) + weights["b2"][k] for k in range(10)]
    powers = [math.exp(x - max(logits)) for x in logits]
    return [10000 * power / sum(powers) for power in powers]


@pytest.mark.parametrize("engine", ("plain", "onnx"))
async def test_digits_agree_with_a_model(full_http, engine):
    weights = json.loads((DATA / "digits.json").read_text())
    rng = random.Random(3)
    pictures = [[rng.randrange(17) for _ in range(64)] for _ in range(32)]
    path = f"/ml/digits?engine={engine}"
    results = json.loads((await send(full_http, path, json.dumps({"batch": pictures}), JSON))[1])["results"]
    assert len(results) == 32
    for pixels, result in zip(pictures, results):
        expected = scores(weights, pixels)
        assert all(abs(a - b) <= 2 for a, b in zip(result["scores_e4"], expected, strict=True))
        assert result["digit"] == result["scores_e4"].index(max(result["scores_e4"]))
        alone = json.loads((await send(full_http, path, json.dumps({"pixels": pixels}), JSON))[1])
        assert all(abs(a - b) <= 1 for a, b in zip(alone["scores_e4"], result["scores_e4"]))
