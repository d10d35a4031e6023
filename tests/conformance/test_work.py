"""Processor and memory, on each server and between them."""

import asyncio
import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from exchanges import client, perform, visit
from exchanges_work import CPU, KERNELS, MEMORY, MODES
from launcher import Target
from test_exchanges import judge


@pytest.mark.alone
async def test_every_exchange_of_memory(http):
    await judge_all(http, MEMORY)


async def test_every_exchange_of_the_processor(full_http):
    await judge_all(full_http, CPU)


async def judge_all(session, exchanges):
    wrong = []
    for exchange in exchanges:
        answer = await perform(session, exchange)
        if problem := judge(exchange, *answer):
            wrong.append(f"{exchange.name}: {problem}")
    assert not wrong, "\n".join(wrong)


async def test_kernels_agree_with_a_model(full_http):
    for kernel, n in (("sieve", 1000), ("matrix", 17), ("hash", 100), ("json", 50), ("fib", 15)):
        assert await check_of(full_http, kernel, n, "inline") == str(MODELS[kernel](n))


async def test_a_kernel_answers_alike_wherever_it_runs(full_http):
    for kernel in KERNELS:
        checks = {await check_of(full_http, kernel, 30, mode) for mode in MODES}
        assert len(checks) == 1, kernel


async def test_light_work_does_not_wait_for_the_pool(full_lane):
    """More heavy work than the pool takes at once is under way while it is asked for light work."""
    done = []

    async def heavy(session):
        await check_of(session, "sieve", 3_000_000, "pool")
        done.append("heavy")

    async with client(full_lane.url) as session:
        under_way = [asyncio.create_task(heavy(session)) for _ in range(8)]
        async with session.get("/json") as answer:
            assert answer.status == 200
        done.append("light")
        await asyncio.gather(*under_way)
    assert done[-1] == "heavy"


async def test_work_is_answered_byte_for_byte_alike(full_pair):
    features = [(await fetch(server, "/about"))["features"] for server in full_pair]
    rows = CPU + (MEMORY if all("memory" in each for each in features) else [])
    first, second = [await run_all(server, rows) for server in full_pair]
    different = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
    assert not different


async def fetch(server, path):
    async with visit(server) as session, session.get(path) as answer:
        return await answer.json()


async def run_all(server, rows):
    answers = []
    async with visit(server) as session:
        for exchange in rows:
            status, media_type, body, headers = await perform(session, exchange)
            answers.append((exchange.name, status, media_type, body, headers.get("Allow")))
    return answers


async def check_of(session, kernel, n, mode):
    async with session.get(f"/cpu/{kernel}?n={n}&mode={mode}") as answer:
        value = await answer.json()
    assert (answer.status, value["kernel"], value["n"]) == (200, kernel, n)
    return value["check"]


def numbers(x=1):
    while True:
        x = x * 16807 % (2**31 - 1)
        yield x


def primes(n):
    return sum(all(i % d for d in range(2, i)) for i in range(2, n + 1))


def product(n):
    number = numbers()
    a, b = ([[next(number) % 1000 for _ in range(n)] for _ in range(n)] for _ in range(2))
    return sum(
        sum(a[i][k] * b[k][j] for k in range(n)) * (1 + (i + j) % 7) for j in range(n) for i in range(n)
    )


def chain(n):
    return bytes(32).hex() if n == 0 else hashlib.sha256(bytes.fromhex(chain(n - 1))).hexdigest()


def table(n):
    scores = [score % 100000 for _, score in zip(range(n), numbers())]
    kept = [{"id": i, "name": f"user{i}", "double": 2 * score} for i, score in enumerate(scores) if score % 2]
    return f"{len(kept)}:{len(json.dumps(kept, separators=(',', ':')))}"


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


MODELS = {"sieve": primes, "matrix": product, "hash": chain, "json": table, "fib": fibonacci}


def test_the_pools_end_with_the_server(name):
    """And the server does not wait for them until it is killed."""
    with Target(name, FEATURES="core,cpu") as target:
        assert living(target.process.pid)
        assert target.stop() == 0
        deadline = time.monotonic() + 20
        while living(target.process.pid):
            assert time.monotonic() < deadline, living(target.process.pid)
            time.sleep(0.05)


def living(group):
    """Processes of the group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, of = path.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                found.append(path.parent.name)
    return found
