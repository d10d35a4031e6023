// What a room knows: its numbers, its last messages, who is in it. Nothing here
// touches a socket; lib/bus.js carries what is published.
import { config } from './config.js'
import { presence, welcome } from './messages.js'
import { bus } from './bus.js'

class Room {
  seq = 0
  history = [] // the last HISTORY_KEPT messages, oldest first
  #connections = new Map() // user -> open connections: the same user may come twice

  constructor (name) {
    this.name = name
  }

  get members () {
    return [...this.#connections.keys()].sort()
  }

  // A user joins with the first connection and leaves with the last one.
  join (user) {
    const before = this.#connections.get(user) ?? 0
    this.#connections.set(user, before + 1)
    if (before === 0) this.#announce(user, 'join')
  }

  leave (user) {
    const left = this.#connections.get(user) - 1
    if (left > 0) return this.#connections.set(user, left)
    this.#connections.delete(user)
    this.#announce(user, 'leave')
  }

  // Gives the message its number and serialises it, once for all receivers.
  say (from, { id, at, text }) {
    this.seq += 1
    const message = { type: 'message', room: this.name, from, seq: this.seq, id, at, text }
    this.history.push(message)
    if (this.history.length > config.historyKept) this.history.shift()
    bus.publish(this.name, JSON.stringify(message))
    return this.seq
  }

  // Without a pause between joining and the welcome, so that the first message
  // after it has the next number.
  enter ({ user, outbox, presence }) {
    this.join(user) // told to those who were here before
    bus.subscribe(this.name, outbox, { presence })
    bus.tell(outbox, welcome(this.name, user, this.seq, this.members, this.last(config.historyWelcome)))
  }

  exit ({ user, outbox }) {
    bus.unsubscribe(this.name, outbox)
    this.leave(user)
  }

  read (after, limit) {
    return { room: this.name, seq: this.seq, messages: this.after(after, limit) }
  }

  last (count) {
    return this.history.slice(-count)
  }

  after (seq, limit) {
    return this.history.filter(message => message.seq > seq).slice(0, limit)
  }

  #announce (user, event) {
    bus.publishPresence(this.name, presence(this.name, user, event, this.#connections.size))
  }
}

const rooms = new Map()

export function room (name) {
  let found = rooms.get(name)
  if (!found) rooms.set(name, found = new Room(name))
  return found
}

// For a reader: a room that nobody has used is empty, and stays unmade.
export const peek = name => rooms.get(name) ?? new Room(name)
