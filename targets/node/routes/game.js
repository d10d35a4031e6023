// The game: WS /ws/game/{match}?player=P.
import { ONE_PROCESS } from '../lib/needs.js'
import { Player } from '../lib/player.js'
import { socketPath } from '../lib/sockets.js'

export const needs = ONE_PROCESS

// Before the upgrade: who wants to play what, or null for 404.
export const match = socketPath('game', 'player', (name, player) =>
  (socket, wire) => new Player({ name, player, socket, wire }))
