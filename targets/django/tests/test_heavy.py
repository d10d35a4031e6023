import json
from pathlib import Path

import pytest
from django.test import AsyncClient
from django.urls import clear_url_caches

from heavy import digits
from heavy.groupby import ENGINES, HEADER, faulty_line
from routes import image, ocr

DATA = Path(__file__).parents[2] / "data"
client = AsyncClient(raise_request_exception=False)


@pytest.fixture
def routes(monkeypatch):
    monkeypatch.setattr("config.urls.urlpatterns", [*image.urlpatterns, *ocr.urlpatterns])
    clear_url_caches()
    yield
    clear_url_caches()


def made(name):
    return (DATA / "inputs" / name).read_bytes()


async def post(url, body):
    return await client.post(url, body, content_type="application/octet-stream")


def table(*lines):
    return "\n".join([HEADER, *lines])


async def test_a_thumbnail_is_a_jpeg(routes):
    response = await post("/image/thumbnail?w=100", made("photo.png"))
    assert (response.status_code, response.content[:3]) == (200, b"\xff\xd8\xff")


async def test_what_is_no_picture_is_refused(routes):
    assert (await post("/image/thumbnail", b"GIF89a")).status_code == 415
    assert (await post("/image/thumbnail", made("photo.jpg")[:9000])).status_code == 422


async def test_a_line_of_text_is_read(routes):
    assert (await post("/image/text", made("line.png"))).json()["text"] == "INVOICE 20417"


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
def test_every_engine_groups_alike(engine):
    found = engine(table("1,d1,eu,temp,5", "2,d2,eu,temp,-7", "3,d1,us,temp,1"))
    assert found["rows"] == 3
    assert sorted(found["groups"], key=lambda group: group["key"]) == [
        {"key": "eu|temp", "n": 2, "sum": -2, "min": -7, "max": 5},
        {"key": "us|temp", "n": 1, "sum": 1, "min": 1, "max": 1},
    ]


@pytest.mark.parametrize("line", ["1,d1,eu,temp,x", "1,d1,eu,temp", "1,d1,eu,temp,5,6", "1,d1,,temp,5"])
def test_the_faulty_line_is_found_and_every_engine_refuses_its_table(line):
    text = table("1,d1,eu,temp,5", line, "2,d1,eu,temp,5")
    assert faulty_line(text) == 3
    assert [name for name, engine in ENGINES.items() if engine(text) is not None] == []


def test_the_fault_may_be_the_header_or_none():
    assert faulty_line("ts,value\n") == 1
    assert faulty_line(table("1,d1,eu,temp,5")) == 0


@pytest.mark.parametrize("engine", digits.ENGINES.values(), ids=list(digits.ENGINES))
def test_a_picture_of_a_nought_is_told(engine):
    pixels = json.loads((DATA / "picture.json").read_text())["pixels"]
    found = digits.answer(engine([pixels])[0])
    assert found["digit"] == 0
    assert abs(sum(found["scores_e4"]) - 10000) <= 10
