"""The chat by Redis when Redis goes away and comes back: nobody waits for an answer in vain, and nobody misses anything
without being sent away."""

import asyncio
import socket
import subprocess
import time
from contextlib import AsyncExitStack

import pytest

from chat import Person, encode
from exchanges import JSON, visit
from launcher import serving

pytestmark = [pytest.mark.sockets, pytest.mark.services, pytest.mark.data]

PATIENCE = 20
LOST = 1011
SAY = encode({"user": "bob", "id": "b", "at": 1, "text": "x"})


class Redis:
    """One of this test's own, to which nobody else listens."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        place = ("--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder)
        self.process = subprocess.Popen(
            ["redis-server", *place, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while self.tell("ping") != "PONG":
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def tell(self, *command):
        run = subprocess.run(["redis-cli", "-p", self.port, *command], capture_output=True, text=True)
        return run.stdout.strip()

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def broker(tmp_path):
    found = Redis(tmp_path)
    yield found
    found.stop()


async def enter(stack, target):
    """At once and again and again, as people's browsers do; who is not welcome is told so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            person = Person(target.url, "r", "ann", "&presence=0")
            try:
                return await stack.enter_async_context(person)
            except AssertionError:
                assert person.socket.close_code == LOST


async def post(target):
    async with visit(target) as http, http.post("/api/chat/r", data=SAY, headers=JSON) as answer:
        return answer.status


async def test_who_may_have_missed_something_is_sent_away(name, broker):
    with serving(name, REDIS_URL=broker.url) as target:
        async with AsyncExitStack() as stack:
            for _ in range(5):
                person = await enter(stack, target)
                assert int(broker.tell("client", "kill", "type", "pubsub")) > 0
                assert await person.close_code() == LOST
            person = await enter(stack, target)
            await person.say("again")
            await person.until(id="again")
        assert target.stderr() == ""


async def test_while_redis_is_away_there_is_no_chat_and_then_there_is(name, broker):
    with serving(name, REDIS_URL=broker.url) as target:
        async with AsyncExitStack() as stack:
            person = await enter(stack, target)
            broker.stop()
            assert await person.close_code() == LOST
            late = Person(target.url, "r", "late")
            with pytest.raises(AssertionError):
                await stack.enter_async_context(late)
            assert late.socket.close_code == LOST
            assert await post(target) == 503
            broker.start()
            person = await enter(stack, target)
            await person.say("again")
            await person.until(id="again")
        broker.stop()
        assert await asyncio.to_thread(target.stop) == 0
        assert target.stderr() == ""
