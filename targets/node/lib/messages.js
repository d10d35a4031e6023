// The messages of the sockets: what a client may say, and the text of what it is told.
import { Refusal } from './errors.js'

export const NAME = /^[a-z0-9-]{1,64}$/
const ID = /^[\x21-\x7e]{1,64}$/
const TEXT_BYTES = 4096

const isName = value => typeof value === 'string' && NAME.test(value)
export const isId = value => typeof value === 'string' && ID.test(value)
export const isCount = value => Number.isSafeInteger(value) && value >= 0

// Half of a surrogate pair has no UTF-8 form.
const isText = value => typeof value === 'string' && value.length > 0 && value.isWellFormed()
export const isTooLong = text => typeof text === 'string' && Buffer.byteLength(text) > TEXT_BYTES

// Of a say over WebSocket: true, or the connection gets an error and stays.
export const isSay = ({ id, at, text }) => isId(id) && isCount(at) && isText(text)
export const isPing = ({ n }) => isCount(n)

const isStep = value => value === -1 || value === 0 || value === 1
export const isMove = ({ n, dx, dy }) => isCount(n) && isStep(dx) && isStep(dy)

// Of a say over HTTP: the first bad field is named.
export function checkPost ({ user, id, at, text }) {
  const bad = field => new Refusal(422, 'invalid', `${field} is not valid`, { field })
  if (!isName(user)) throw bad('user')
  if (!isId(id)) throw bad('id')
  if (!isCount(at)) throw bad('at')
  if (!isText(text) || isTooLong(text)) throw bad('text')
}

export const welcome = (room, user, seq, members, history) =>
  JSON.stringify({ type: 'welcome', room, user, seq, members, history })

export const presence = (room, user, event, members) =>
  JSON.stringify({ type: 'presence', room, user, event, members })

export const pong = n => JSON.stringify({ type: 'pong', n })

export const error = (code, message) => JSON.stringify({ type: 'error', code, message })

// Shared documents

export const doc = (id, rev, text) => JSON.stringify({ type: 'doc', id, rev, text })

export const op = (from, id, rev, { pos, insert, delete: length }) =>
  JSON.stringify({ type: 'op', from, id, rev, pos, insert, delete: length }) // one of the two is undefined, and left out

export const ack = (id, rev) => JSON.stringify({ type: 'ack', id, rev })

export const reject = (id, rev, code) => JSON.stringify({ type: 'reject', id, rev, code })

// The game

export const state = (tick, at, players) => JSON.stringify({ type: 'state', tick, at, players })
