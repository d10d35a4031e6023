// A player in a match: joins if there is a place, moves, leaves.
import { bus } from './bus.js'
import { match } from './matches.js'
import { POLICY_VIOLATION, Session } from './session.js'
import * as messages from './messages.js'

const TRY_AGAIN_LATER = 1013

export class Player extends Session {
  #match = null // none: there was no place
  #name

  constructor ({ name, player, socket, wire }) {
    super(socket, wire)
    this.#name = player
    this.#join(match(name))
  }

  #join (found) {
    if (found.has(this.#name)) return this.end(POLICY_VIOLATION)
    if (found.isFull) return this.end(TRY_AGAIN_LATER)
    this.#match = found
    found.join(this.#name)
    bus.subscribe(found.key, this.outbox, { presence: false })
  }

  left () {
    if (!this.#match) return
    bus.unsubscribe(this.#match.key, this.outbox)
    this.#match.leave(this.#name)
  }

  take (message) {
    if (message.type !== 'move') return this.tell(messages.error('unknown_type', 'a message is a move'))
    const { n, dx, dy } = message
    if (messages.isMove(message)) this.#match.move(this.#name, { n, dx, dy })
    else this.tell(messages.error('invalid', 'n, dx or dy is not valid'))
  }
}
