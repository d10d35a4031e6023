// A person at a shared document: opens it, changes it, leaves.
import { bus } from './bus.js'
import { document } from './documents.js'
import { Session } from './session.js'
import * as messages from './messages.js'

export class Writer extends Session {
  #document
  #user

  constructor ({ id, user, socket, wire }) {
    super(socket, wire)
    this.#document = document(id)
    this.#user = user
    // Without a pause, so that the first operation after the text has the next number.
    bus.subscribe(this.#document.key, this.outbox, { presence: false })
    this.tell(messages.doc(id, this.#document.rev, this.#document.text))
  }

  left () {
    bus.unsubscribe(this.#document.key, this.outbox)
  }

  take (message) {
    const { type, id } = message
    if (type !== 'op') return this.tell(messages.error('unknown_type', 'a message is an op'))
    if (!messages.isId(id)) return this.tell(messages.error('invalid', 'id is not valid'))
    const code = this.#document.refusal(message)
    if (code) bus.tell(this.outbox, messages.reject(id, this.#document.rev, code))
    else this.#document.submit(this.#user, this.outbox, message)
  }
}
