"""Matches of the game: players on a board of 1000 x 1000, moved 20 times a
second on an absolute schedule, so that no tick drifts."""

import asyncio
import time

from core import messages
from core.bus import bus
from core.config import config

TICK_SECONDS = 0.05
MIDDLE = 500
EDGE = 999


def _clamp(value):
    return min(EDGE, max(0, value))


class Match:
    def __init__(self, name):
        self.name = name
        self.key = f"game.{name}"  # on the bus
        self._players = {}  # by name, in the order of joining
        self._task = asyncio.create_task(self._run())

    @property
    def is_full(self):
        return len(self._players) >= config.match_players

    def has(self, name):
        return name in self._players

    def join(self, name):
        self._players[name] = {"x": MIDDLE, "y": MIDDLE, "n": 0, "move": None}

    def leave(self, name):
        """The last one ends the match; who comes later begins another."""
        del self._players[name]
        if not self._players:
            self._task.cancel()
            del _matches[self.name]

    def move(self, name, move):
        """Of several moves between two ticks the last one counts."""
        self._players[name]["move"] = move

    async def _run(self):
        loop = asyncio.get_running_loop()
        began = loop.time()
        tick = 0
        while True:
            tick += 1
            await asyncio.sleep(began + tick * TICK_SECONDS - loop.time())
            await self._advance(tick)

    async def _advance(self, tick):
        for player in self._players.values():
            _step(player)
        players = [[name, player["x"], player["y"], player["n"]] for name, player in self._players.items()]
        await bus.publish(self.key, messages.state(tick, time.time_ns() // 1_000_000, players))


def _step(player):
    if player["move"]:
        player["n"], dx, dy = player["move"]
        player["x"] = _clamp(player["x"] + dx)
        player["y"] = _clamp(player["y"] + dy)
        player["move"] = None


_matches = {}


def match(name):
    found = _matches.get(name)
    if found is None:
        found = _matches[name] = Match(name)
    return found
