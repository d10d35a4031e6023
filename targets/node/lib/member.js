// A person in a chat room: joins, says, leaves.
import { room } from './chat_rooms.js'
import { POLICY_VIOLATION, Session } from './session.js'
import * as messages from './messages.js'

const FAILED = 1011

export class Member extends Session {
  #room
  #place

  constructor ({ name, user, presence, socket, wire }) {
    super(socket, wire)
    this.#room = room(name)
    this.#place = { user, outbox: this.outbox, presence }
    this.#mind(this.#room.enter(this.#place))
  }

  left () {
    this.#mind(this.#room.exit(this.#place))
  }

  // What a shared room could not do ends the connection.
  #mind (done) {
    done?.catch?.(() => this.end(FAILED))
  }

  take (message) {
    if (message.type === 'say') return this.#say(message)
    if (message.type === 'ping') return this.#ping(message)
    this.tell(messages.error('unknown_type', 'a message is a say or a ping'))
  }

  #say (message) {
    if (messages.isTooLong(message.text)) return this.end(POLICY_VIOLATION)
    if (messages.isSay(message)) this.#mind(this.#room.say(this.#place.user, message))
    else this.tell(messages.error('invalid', 'id, at or text is not valid'))
  }

  #ping (message) {
    if (messages.isPing(message)) this.tell(messages.pong(message.n))
    else this.tell(messages.error('invalid', 'n is not valid'))
  }
}
