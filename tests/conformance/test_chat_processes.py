"""The chat of several processes: one order for all, and what becomes of a process that dies."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack

import aiohttp
import pytest

from chat import Person
from launcher import Target

pytestmark = [pytest.mark.sockets, pytest.mark.several, pytest.mark.data]


async def worker_of(url):
    """The process that took this connection."""
    async with aiohttp.ClientSession(url) as session, session.get("/healthz") as answer:
        return (await answer.json())["pid"]


async def test_all_members_hear_the_same_in_the_same_order(name):
    """20 members of two processes, 5 of whom say 50 things each at once."""
    with Target(name) as target:
        async with AsyncExitStack() as stack:
            people = [await stack.enter_async_context(Person(target.url, "big", f"u{i}")) for i in range(20)]
            assert sorted(people[-1].welcome["members"]) == sorted(f"u{i}" for i in range(20))
            await asyncio.gather(*(say_all(person, 50) for person in people[:5]))
            heard = await asyncio.gather(*(hear_all(person, 250) for person in people))
        assert [seq for seq, _ in heard[0]] == list(range(1, 251))
        assert all(each == heard[0] for each in heard)
        for i in range(5):
            own = [id for _, id in heard[0] if id.startswith(f"u{i}-")]
            assert own == [f"u{i}-{n}" for n in range(50)]


async def say_all(person, count):
    for n in range(count):
        await person.say(f"{person.user}-{n}")


async def hear_all(person, count):
    heard = []
    while len(heard) < count:
        message = await person.next()
        if message["type"] == "message":
            heard.append((message["seq"], message["id"]))
    return heard


async def test_who_joins_amid_messages_misses_none_and_hears_none_twice(name):
    with Target(name) as target:
        async with Person(target.url, "busy", "ann", "&presence=0") as ann:
            saying = asyncio.create_task(say_all(ann, 300))
            for n in range(20):
                async with Person(target.url, "busy", f"late{n}", "&presence=0") as late:
                    first = (await late.next())["seq"] if not saying.done() else late.welcome["seq"] + 1
                    assert first == late.welcome["seq"] + 1
                    kept = [message["seq"] for message in late.welcome["history"]]
                    assert kept == list(range(late.welcome["seq"] - len(kept) + 1, late.welcome["seq"] + 1))
            await saying


async def test_a_process_that_dies_is_replaced_and_its_members_leave(name):
    with Target(name) as target:
        pids = {await worker_of(target.url) for _ in range(20)}
        while len(pids) < 2:
            pids.add(await worker_of(target.url))
        async with AsyncExitStack() as stack:
            people = [await stack.enter_async_context(Person(target.url, "r", f"u{i}", "&presence=0")) for i in range(16)]
            await people[0].say("before")
            for person in people:
                assert (await person.until(id="before"))["seq"] == 1
            os.kill(min(pids), signal.SIGKILL)
            gone = [person for person in people if await has_ended(person)]
            assert 0 < len(gone) < len(people)
            left = sorted(person.user for person in people if person not in gone)
            await until_members(target.url, left)
            async with Person(target.url, "r", "new") as new:
                assert new.welcome["seq"] == 1
                await new.say("after")
                assert (await new.until(id="after"))["seq"] == 2


async def has_ended(person):
    """Its connection died with its process. Who answers a ping has not."""
    try:
        await person.send({"type": "ping", "n": 1})
        await person.until(type="pong")
        return False
    except (AssertionError, ConnectionError):
        return True


async def until_members(url, expected):
    async with asyncio.timeout(20):
        while True:
            async with Person(url, "r", "watcher", "&presence=0") as watcher:
                if [name for name in watcher.welcome["members"] if name != "watcher"] == expected:
                    return
            await asyncio.sleep(0.1)
