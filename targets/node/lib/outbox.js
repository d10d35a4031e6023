// What waits for one reader. While the socket takes frames, they go straight to
// it; when it is full they queue here, and a queue over the limit ends the
// reader with 1013. Nothing is dropped before that, and nobody else waits.
import { config } from './config.js'

const TRY_AGAIN_LATER = 1013

export class Outbox {
  #queue = []
  #bytes = 0
  #closing = 0 // the code that follows the last queued frame
  #socket
  #wire
  #onOverflow

  constructor (socket, wire, onOverflow) {
    this.#socket = socket // the WebSocket
    this.#wire = wire // the TCP socket below it
    this.#onOverflow = onOverflow
    wire.on('drain', () => this.#drain())
  }

  send (frame) {
    if (this.#closing) return
    if (this.#queue.length === 0 && !this.#wire.writableNeedDrain) {
      this.#socket.send(frame, { binary: false })
      return
    }
    if (this.#queue.length >= config.readerMessages || this.#bytes + frame.length > config.readerBytes) {
      // After the delivery that is under way: leaving publishes to the same members.
      queueMicrotask(this.#onOverflow)
      this.close(TRY_AGAIN_LATER)
      return
    }
    this.#queue.push(frame)
    this.#bytes += frame.length
  }

  // Closes behind what is queued; a reader who does not read it in time is cut off.
  close (code) {
    if (this.#closing) return
    this.#closing = code
    if (this.#queue.length === 0) {
      this.#socket.close(code)
      return
    }
    const timer = setTimeout(() => this.#socket.terminate(), config.wsCloseSeconds * 1000)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  #drain () {
    if (this.#queue.length === 0) return
    let sent = 0
    while (sent < this.#queue.length && !this.#wire.writableNeedDrain) {
      const frame = this.#queue[sent++]
      this.#bytes -= frame.length
      this.#socket.send(frame, { binary: false })
    }
    this.#queue.splice(0, sent)
    if (this.#queue.length === 0 && this.#closing) this.#socket.close(this.#closing)
  }
}
