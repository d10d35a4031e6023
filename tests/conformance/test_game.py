"""The game: ticks on time, moves where they belong, and who may play."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from chat import PATIENCE, Peer
from raw import RawSocket

pytestmark = [pytest.mark.sockets, pytest.mark.alone]


class Player(Peer):
    def __init__(self, url, match, name):
        super().__init__(f"{url}/ws/game/{match}?player={name}")

    async def move(self, n, dx, dy):
        await self.send({"type": "move", "n": n, "dx": dx, "dy": dy})

    async def until_moved(self, name, n):
        while True:
            state = await self.next()
            for player in state["players"]:
                if player[0] == name and player[3] == n:
                    return player


async def test_a_match_ticks_from_the_first_player_on(lane, room):
    async with Player(lane.url, room, "ann") as ann:
        state = await ann.next()
        assert list(state) == ["type", "tick", "at", "players"]
        assert (state["type"], state["tick"], state["players"]) == ("state", 1, [["ann", 500, 500, 0]])
        async with Player(lane.url, room, "bob") as bob:
            assert [player[0] for player in (await bob.next())["players"]] == ["ann", "bob"]
    async with asyncio.timeout(PATIENCE):
        while await first_tick(lane.url, room) > 1:  # once the others have left: another match
            await asyncio.sleep(0.1)


async def first_tick(url, match):
    async with Player(url, match, "cat") as cat:
        return (await cat.next())["tick"]


async def test_ticks_are_numbered_and_do_not_drift(lane, room):
    """By the server's clock no tick is before its time, and those that are late do not delay the rest."""
    async with Player(lane.url, room, "ann") as ann:
        states = [await ann.next() for _ in range(100)]
    assert [state["tick"] for state in states] == list(range(1, 101))
    lateness = [state["at"] - state["tick"] * 50 for state in states]
    first = min(lateness[:50])  # as good as the schedule: of fifty, one was in time
    assert min(lateness) >= first - 1
    assert min(lateness[50:]) <= first + 25  # a millisecond more in each tick would be 50


async def test_the_last_move_between_two_ticks_counts(lane, room):
    async with Player(lane.url, room, "ann") as ann, Player(lane.url, room, "bob") as bob:
        await bob.next()
        for n in range(1, 6):
            await ann.move(n, -1, 1)
        name, x, y, n = await bob.until_moved("ann", 5)
        assert 495 <= x <= 499  # one step for each tick that saw a move
        assert y == 1000 - x
        await ann.move(6, 0, -1)
        assert await bob.until_moved("ann", 6) == ["ann", x, y - 1, 6]
        state = await bob.next()
        assert state["players"][0] == ["ann", x, y - 1, 6]  # a move counts once


async def test_bad_moves_are_told_and_change_nothing(lane, room):
    async with Player(lane.url, room, "ann") as ann:
        for message, code in [
            ({"type": "jump"}, "unknown_type"),
            ({"type": "move"}, "invalid"),
            ({"type": "move", "n": -1, "dx": 0, "dy": 0}, "invalid"),
            ({"type": "move", "n": 1, "dx": 2, "dy": 0}, "invalid"),
            ({"type": "move", "n": 1, "dx": 0, "dy": "1"}, "invalid"),
            ({"type": "move", "n": 1, "dx": True, "dy": 0}, "invalid"),
            ({"type": "move", "n": 1, "dx": 0.5, "dy": 0}, "invalid"),
        ]:
            await ann.send(message)
            assert (await ann.until(type="error"))["code"] == code, message
        assert (await ann.until(type="state"))["players"] == [["ann", 500, 500, 0]]
        await ann.send('{"type":"move","n":7.0,"dx":1.0,"dy":-0.0}')
        assert await ann.until_moved("ann", 7) == ["ann", 501, 500, 7]


async def test_the_65th_player_and_a_name_that_is_taken_are_turned_away(lane, room):
    async with AsyncExitStack() as stack:
        for number in range(63):
            await stack.enter_async_context(Player(lane.url, room, f"p{number}"))
        async with Player(lane.url, room, "p0") as again:
            assert await again.close_code() == 1008
        last = await stack.enter_async_context(Player(lane.url, room, "p63"))
        async with Player(lane.url, room, "p64") as late:
            assert await late.close_code() == 1013
        assert [player[0] for player in (await last.next())["players"]] == [f"p{i}" for i in range(64)]


async def test_binary_and_what_is_no_object_close_the_connection(lane, room):
    for data, code in ((b"{}", 1003), ("[]", 1008)):
        async with Player(lane.url, room, "ann") as ann:
            await (ann.socket.send_bytes(data) if isinstance(data, bytes) else ann.send(data))
            assert await ann.close_code() == code


@pytest.mark.parametrize("path", ["/ws/game/M?player=a", "/ws/game/m", "/ws/game/m?player=A", "/ws/game/m?user=a"])
def test_a_bad_match_or_player_is_404_before_the_upgrade(lane, path):
    with RawSocket(lane.url, path) as raw:
        assert raw.status == 404
