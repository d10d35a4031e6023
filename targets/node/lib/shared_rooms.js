// Rooms in Redis, which several processes share; ../../data/chat.lua is what
// happens there. One connection speaks and one listens: what it hears goes to
// the outboxes of this process's members by the bus, in the order of hearing.
import { readFileSync } from 'node:fs'
import Redis from 'ioredis'
import { config } from './config.js'
import { bus } from './bus.js'
import { Refusal } from './errors.js'

const FAILED = 1011
const script = readFileSync(new URL('../../data/chat.lua', import.meta.url), 'utf8')
const key = (...parts) => [config.namespace, 'chat', ...parts].join(':')
const held = key('held', config.worker)
const mine = key('to', config.worker)

const options = { maxRetriesPerRequest: 0, autoResubscribe: false, scripts: { chat: { lua: script, numberOfKeys: 4 } } }
const speaker = new Redis(config.redisUrl, options) // its own queue keeps commands in order
const listener = new Redis(config.redisUrl, options)
const joining = new Map() // token -> who waits for a welcome
let tokens = 0
let listening = false // to what is meant for this process

async function listen () {
  await listener.subscribe(mine)
  listening = true
}

// What is published while nobody listens is lost: better no connection than a gap.
function lose () {
  listening = false
  for (const each of rooms.values()) each.forget()
  for (const { outbox } of joining.values()) outbox.close(FAILED)
  joining.clear()
  bus.closeAll(FAILED)
}

listener.on('close', lose)
listener.on('ready', () => { listen().catch(() => {}) }) // or it has closed again
for (const connection of [speaker, listener]) connection.on('error', () => {}) // commands fail by themselves

listener.on('message', (channel, text) => {
  if (channel === mine) welcome(text)
  else deliver(channel.slice(key('room', '').length), text)
})

function deliver (name, text) {
  if (text[0] === 'm') bus.publish(name, text.slice(1))
  else bus.publishPresence(name, text.slice(1))
}

function welcome (text) {
  const blank = text.indexOf(' ')
  const token = text.slice(0, blank)
  const who = joining.get(token)
  if (!who) return // it has left meanwhile
  joining.delete(token)
  bus.subscribe(who.name, who.outbox, { presence: who.presence })
  bus.tell(who.outbox, text.slice(blank + 1))
}

const unanswered = () => new Refusal(503, 'overloaded', 'the broker does not answer')

class SharedRoom {
  #subscribed

  constructor (name) {
    this.name = name
  }

  async enter ({ user, outbox, presence }) {
    await this.#listen()
    const token = outbox.token = String(++tokens)
    joining.set(token, { name: this.name, outbox, presence })
    await this.#call('join', this.name, user, mine, token, config.historyWelcome)
  }

  async exit ({ user, outbox }) {
    bus.unsubscribe(this.name, outbox)
    await this.#subscribed?.catch(() => {}) // behind its own join
    if (!outbox.token) return // it has not come
    joining.delete(outbox.token)
    await this.leave(user)
  }

  leave (user) {
    return this.#call('leave', this.name, user)
  }

  // Its subscription has gone with the connection.
  forget () {
    this.#subscribed = undefined
  }

  async say (from, { id, at, text }) {
    await this.#subscribed
    const before = JSON.stringify({ type: 'message', room: this.name, from }).slice(0, -1) + ',"seq":'
    const after = ',' + JSON.stringify({ id, at, text }).slice(1)
    return this.#call('say', config.historyKept, before, after)
  }

  async read (after, limit) {
    const [seq, newestFirst] = await this.#call('read')
    const messages = newestFirst.reverse().map(JSON.parse).filter(message => message.seq > after)
    return { room: this.name, seq: Number(seq), messages: messages.slice(0, limit) }
  }

  #listen () {
    if (!listening) throw unanswered()
    this.#subscribed ??= listener.subscribe(key('room', this.name)).catch(() => {
      this.#subscribed = undefined
      throw unanswered()
    })
    return this.#subscribed
  }

  async #call (verb, ...values) {
    const keys = ['seq', 'history', 'members'].map(kind => key(kind, this.name))
    try {
      return await speaker.chat(...keys, held, verb, key('room', this.name), ...values)
    } catch {
      throw unanswered()
    }
  }
}

const rooms = new Map()

export function room (name) {
  let found = rooms.get(name)
  if (!found) rooms.set(name, found = new SharedRoom(name))
  return found
}

export const peek = name => rooms.get(name) ?? new SharedRoom(name)

// The process that had this number before may have died with people in its rooms.
async function forgetPredecessor () {
  for (const [member, count] of Object.entries(await speaker.hgetall(held))) {
    const [name, user] = member.split(' ')
    for (let i = 0; i < count; i++) await room(name).leave(user)
  }
}

export async function openRooms () {
  await listen()
  await forgetPredecessor()
}

export async function closeRooms () {
  listener.removeAllListeners('close')
  listener.disconnect()
  if (speaker.status === 'ready') await speaker.quit().catch(() => {})
  speaker.disconnect()
}
