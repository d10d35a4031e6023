"""The chat of several processes: one order for all, and what becomes of a process that dies."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack

import psutil
import pytest

from chat import Person
from launcher import Replicas, serving

pytestmark = [pytest.mark.sockets, pytest.mark.several, pytest.mark.data]


def server_of(person):
    """The process that holds the other end of this connection."""
    ours = person.socket.get_extra_info("socket")
    ends = (ours.getpeername(), ours.getsockname())
    (theirs,) = [each for each in psutil.net_connections("tcp") if (each.laddr, each.raddr) == ends]
    return theirs.pid


async def people_of(processes, target, stack):
    """Members of one room who are spread over so many processes; who accepts a connection is the kernel's choice."""
    people, taken = [], set()
    while len(taken) < processes or len(people) < 16:
        assert len(people) < 500, f"all went to {taken}"
        person = Person(target.url, "r", f"u{len(people):03}", "&presence=0")
        people.append(await stack.enter_async_context(person))
        taken.add(server_of(person))
    return people


async def test_all_members_hear_the_same_in_the_same_order(name):
    """20 members of two processes, 5 of whom say 50 things each at once."""
    with serving(name) as target:
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
    with serving(name) as target:
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
    with serving(name) as target:
        async with AsyncExitStack() as stack:
            people = await people_of(2, target, stack)
            victim = server_of(people[1])  # not of the first replica, which would make anew what they share
            await people[0].say("before")
            for person in people:
                assert (await person.until(id="before"))["seq"] == 1
            os.kill(victim, signal.SIGKILL)
            replace_replica(target, victim)
            gone = [person for person in people if await has_ended(person)]
            assert 0 < len(gone) < len(people)
            left = sorted(person.user for person in people if person not in gone)
            await until_members(target.url, left)
            async with Person(target.url, "r", "new") as new:
                assert new.welcome["seq"] == 1
                await new.say("after")
                assert (await new.until(id="after"))["seq"] == 2


def replace_replica(target, pid):
    """Nobody watches over replicas: whoever has started them does it."""
    if isinstance(target, Replicas):
        (victim,) = [server for server in target.servers if server.process.pid == pid]
        victim.start_again()


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
