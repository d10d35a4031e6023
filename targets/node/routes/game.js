// The game: WS /ws/game/{match}?player=P.
import { Player } from '../lib/player.js'
import { socketPath } from '../lib/sockets.js'

// Before the upgrade: who wants to play what, or null for 404.
export const match = socketPath('game', 'player', (name, player) =>
  (socket, wire) => new Player({ name, player, socket, wire }))
