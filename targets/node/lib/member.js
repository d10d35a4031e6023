// One connection of one person in one room: what it hears and what it is told.
import { config } from './config.js'
import { bus } from './bus.js'
import { Outbox } from './outbox.js'
import { room } from './rooms.js'
import { isObject } from './wire.js'
import * as messages from './messages.js'

const UNSUPPORTED_DATA = 1003
const POLICY_VIOLATION = 1008

export class Member {
  #here = true
  #room
  #user
  #outbox

  constructor ({ name, user, presence, socket, wire }) {
    this.#room = room(name)
    this.#user = user
    this.#outbox = new Outbox(socket, wire, () => this.#leave())
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary))
    socket.on('close', () => this.#leave())
    this.#join(presence)
  }

  // Without a pause between joining and the welcome, so that the first message
  // after it has the next number.
  #join (presence) {
    this.#room.join(this.#user) // told to those who were here before
    bus.subscribe(this.#room.name, this.#outbox, { presence })
    const { name, seq, members } = this.#room
    this.#tell(messages.welcome(name, this.#user, seq, members, this.#room.last(config.historyWelcome)))
  }

  #leave () {
    if (!this.#here) return
    this.#here = false
    bus.unsubscribe(this.#room.name, this.#outbox)
    this.#room.leave(this.#user)
  }

  #end (code) {
    this.#leave()
    this.#outbox.close(code)
  }

  #hear (data, isBinary) {
    if (!this.#here) return
    if (isBinary) return this.#end(UNSUPPORTED_DATA)
    const message = parseObject(data)
    if (!message) return this.#end(POLICY_VIOLATION)
    if (message.type === 'say') return this.#say(message)
    if (message.type === 'ping') return this.#ping(message)
    this.#tell(messages.error('unknown_type', 'a message is a say or a ping'))
  }

  #say (message) {
    if (messages.isTooLong(message.text)) return this.#end(POLICY_VIOLATION)
    if (messages.isSay(message)) this.#room.say(this.#user, message)
    else this.#tell(messages.error('invalid', 'id, at or text is not valid'))
  }

  #ping (message) {
    if (messages.isPing(message)) this.#tell(messages.pong(message.n))
    else this.#tell(messages.error('invalid', 'n is not valid'))
  }

  #tell (text) {
    this.#outbox.send(Buffer.from(text))
  }
}

function parseObject (data) {
  try {
    const value = JSON.parse(data.toString())
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
