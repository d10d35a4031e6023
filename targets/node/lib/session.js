// One connection of one person in one place (a room, a document, a match): what
// it hears, what it is told, and that it leaves once. Who extends it gives
// `take(message)` for each JSON object, and `left()`.
import { Outbox } from './outbox.js'
import { isObject } from './wire.js'

const UNSUPPORTED_DATA = 1003
export const POLICY_VIOLATION = 1008

export class Session {
  #here = true

  constructor (socket, wire) {
    this.outbox = new Outbox(socket, wire, () => this.#leave())
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary))
    socket.on('close', () => this.#leave())
  }

  tell (text) {
    this.outbox.send(Buffer.from(text))
  }

  // Leaves now; the close frame goes out behind what is queued.
  end (code) {
    this.#leave()
    this.outbox.close(code)
  }

  #leave () {
    if (!this.#here) return
    this.#here = false
    this.left()
  }

  #hear (data, isBinary) {
    if (!this.#here) return
    if (isBinary) return this.end(UNSUPPORTED_DATA)
    const message = parseObject(data)
    if (!message) return this.end(POLICY_VIOLATION)
    this.take(message)
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
