// A person in a chat room: joins, says, leaves.
import { config } from './config.js'
import { bus } from './bus.js'
import { room } from './rooms.js'
import { POLICY_VIOLATION, Session } from './session.js'
import * as messages from './messages.js'

export class Member extends Session {
  #room
  #user

  constructor ({ name, user, presence, socket, wire }) {
    super(socket, wire)
    this.#room = room(name)
    this.#user = user
    this.#join(presence)
  }

  // Without a pause between joining and the welcome, so that the first message
  // after it has the next number.
  #join (presence) {
    this.#room.join(this.#user) // told to those who were here before
    bus.subscribe(this.#room.name, this.outbox, { presence })
    const { name, seq, members } = this.#room
    this.tell(messages.welcome(name, this.#user, seq, members, this.#room.last(config.historyWelcome)))
  }

  left () {
    bus.unsubscribe(this.#room.name, this.outbox)
    this.#room.leave(this.#user)
  }

  take (message) {
    if (message.type === 'say') return this.#say(message)
    if (message.type === 'ping') return this.#ping(message)
    this.tell(messages.error('unknown_type', 'a message is a say or a ping'))
  }

  #say (message) {
    if (messages.isTooLong(message.text)) return this.end(POLICY_VIOLATION)
    if (messages.isSay(message)) this.#room.say(this.#user, message)
    else this.tell(messages.error('invalid', 'id, at or text is not valid'))
  }

  #ping (message) {
    if (messages.isPing(message)) this.tell(messages.pong(message.n))
    else this.tell(messages.error('invalid', 'n is not valid'))
  }
}
