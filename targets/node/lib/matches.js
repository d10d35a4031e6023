// Matches of the game: players on a board of 1000 x 1000, moved 20 times a
// second on an absolute schedule, so that no tick drifts.
import { bus } from './bus.js'
import { config } from './config.js'
import * as messages from './messages.js'

const TICK_MS = 50
const MIDDLE = 500
const EDGE = 999

const clamp = value => Math.min(EDGE, Math.max(0, value))

class Match {
  #players = new Map() // by name, in the order of joining
  #tick = 0
  #began = performance.now()
  #timer

  constructor (name) {
    this.name = name
    this.key = `game.${name}` // on the bus
    this.#schedule()
  }

  get isFull () {
    return this.#players.size >= config.matchPlayers
  }

  has (name) {
    return this.#players.has(name)
  }

  join (name) {
    this.#players.set(name, { x: MIDDLE, y: MIDDLE, n: 0, move: null })
  }

  // The last one ends the match; who comes later begins another.
  leave (name) {
    this.#players.delete(name)
    if (this.#players.size > 0) return
    clearTimeout(this.#timer)
    matches.delete(this.name)
  }

  // Of several moves between two ticks the last one counts.
  move (name, move) {
    this.#players.get(name).move = move
  }

  #schedule () {
    const due = this.#began + (this.#tick + 1) * TICK_MS
    this.#timer = setTimeout(() => this.#advance(), Math.max(0, Math.ceil(due - performance.now())))
  }

  #advance () {
    this.#tick += 1
    for (const player of this.#players.values()) step(player)
    const players = Array.from(this.#players, ([name, { x, y, n }]) => [name, x, y, n])
    bus.publish(this.key, messages.state(this.#tick, Date.now(), players))
    this.#schedule()
  }
}

function step (player) {
  if (!player.move) return
  player.x = clamp(player.x + player.move.dx)
  player.y = clamp(player.y + player.move.dy)
  player.n = player.move.n
  player.move = null
}

const matches = new Map()

export function match (name) {
  let found = matches.get(name)
  if (!found) matches.set(name, found = new Match(name))
  return found
}
