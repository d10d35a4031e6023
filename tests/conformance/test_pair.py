"""Two servers side by side: the same settings, and the same bytes."""

import pytest

from chat import Person
from exchanges import perform, rows_of, visit


async def test_settings_in_force_are_equal(pair):
    """But for the number of processes, where that is what the lane is about."""
    first, second = [(await fetch(server, "/about"))["settings"] for server in pair]
    assert first | {"workers": 0} == second | {"workers": 0}


async def test_about_and_healthz_have_the_same_shape(pair):
    for path in ("/about", "/healthz"):
        first, second = [await fetch(server, path) for server in pair]
        assert list(first) == list(second)


@pytest.mark.data
async def test_answers_are_equal_byte_for_byte(pair, room):
    """In the features that both have."""
    features = [(await fetch(server, "/about"))["features"] for server in pair]
    rows = rows_of([name for name in features[0] if name in features[1]], pair[1].url)
    first, second = [await run_all(server, room, rows) for server in pair]
    different = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
    assert not different


@pytest.mark.sockets
@pytest.mark.data
async def test_chat_frames_are_equal_byte_for_byte(pair, room):
    first, second = [await conversation(server.url, room) for server in pair]
    assert first == second


async def fetch(server, path):
    async with visit(server) as session, session.get(path) as answer:
        return await answer.json()


async def run_all(server, room, rows):
    answers = []
    async with visit(server) as session:
        for exchange in rows:
            exchange = afresh(exchange, room)
            status, media_type, body, headers = await perform(session, exchange)
            answers.append((exchange.name, status, media_type, body, headers.get("Allow")))
    return answers


def afresh(exchange, room):
    """In a room and for a device that nothing else has used: both servers have served other tests before."""
    path = exchange.path.replace("/chat/exchanges", f"/chat/{room}").replace("/devices/rows", f"/devices/{room}")
    body = exchange.body and exchange.body.replace(b'"device": "rows"', f'"device": "{room}"'.encode())
    return exchange._replace(path=path, body=body)


SCRIPT = [
    '{"type":"say","id":"a-1","at":1763900000000,"text":"hello"}',
    '{"type":"say","id":"a-2","at":2.0,"text":"\\u00e9\\u2028\\ud83d\\ude00\\u0007\\"\\\\"}',
    '{"type":"say","id":"a-3","at":-0,"text":"x"}',
    '{"type":"ping","n":1}',
    '{"type":"ping","n":-1}',
    '{"type":"ping"}',
    '{"type":"shout"}',
    "{}",
    '{"type":"say","id":"","at":1,"text":"x"}',
    '{"type":"say","id":"a","at":1,"text":""}',
    '{"type":"say","id":"a","at":1e999,"text":"x"}',
    '{"type":"say","id":"a","at":1,"text":"\\udc00"}',
]


async def conversation(url, room):
    """All that three people are told, as text. Each leaves while another watches."""
    async with Person(url, room, "bob") as bob:
        async with Person(url, room, "ann") as ann:
            heard = [bob.welcome_text, ann.welcome_text, await bob.next_text()]
            for line in SCRIPT:
                await ann.send(line)
                heard.append(await ann.next_text())
            heard += [await bob.next_text() for _ in range(3)]
        heard.append(await bob.next_text())
        async with Person(url, room, "cat") as cat:
            heard += [cat.welcome_text, await bob.next_text()]
    return heard
