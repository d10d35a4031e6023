import json

import pytest

from core import matches
from core.bus import LocalBus
from core.matches import match


class Watcher:
    def send(self, text, size):
        self.players = json.loads(text)["players"]


@pytest.fixture
async def playing(request, monkeypatch):
    """One player's match, and what is seen of it; ticks are asked for, and do not come by themselves."""
    monkeypatch.setattr(matches, "bus", LocalBus())
    monkeypatch.setattr(matches, "TICK_SECONDS", 1000)
    found, watcher = match(request.node.name), Watcher()
    await matches.bus.subscribe(found.key, watcher, presence=False)
    found.join("ann")
    yield found, watcher
    found.leave("ann")


async def test_the_last_move_between_two_ticks_counts_once(playing):
    found, watcher = playing
    found.move("ann", (1, -1, 0))
    found.move("ann", (2, 1, -1))
    for tick in (1, 2):
        await found._advance(tick)
        assert watcher.players == [["ann", 501, 499, 2]]


async def test_nobody_leaves_the_board(playing):
    found, watcher = playing
    for n in range(1, 521):
        found.move("ann", (n, 1, -1))
        await found._advance(n)
    assert watcher.players == [["ann", 999, 0, 520]]


async def test_the_last_player_ends_the_match():
    first = match("ended")
    first.join("ann")
    first.leave("ann")
    second = match("ended")
    assert first is not second
    second.join("ann")
    second.leave("ann")
