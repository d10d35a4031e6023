// Shared documents: a text, its revision, and the operations that led to it. One
// order for all: the process that holds the document gives the numbers.
import { createHash } from 'node:crypto'
import { bus } from './bus.js'
import { config } from './config.js'
import * as messages from './messages.js'
import { apply, rebase } from './transform.js'

const INSERT = /^[\x20-\x7e\n]{1,4096}$/ // where JavaScript and Python count alike

class Document {
  rev = 0
  text = ''
  #log = [] // the last DOC_REVS operations, oldest first; `before` is the length of the text before one

  constructor (id) {
    this.id = id
    this.key = `doc.${id}` // on the bus
  }

  // The answer to an operation that cannot be taken, or none.
  refusal (op) {
    if (!isOperation(op) || op.rev > this.rev) return 'invalid'
    if (this.rev - op.rev > config.docRevs) return 'stale'
    const length = this.#lengthAt(op.rev)
    const end = op.insert === undefined ? op.pos + op.delete : op.pos
    const size = this.text.length + (op.insert?.length ?? 0)
    return end > length || size > config.docBytes ? 'invalid' : null
  }

  // Orders the operation, and tells all: the author gets one ack, behind what
  // was ordered before it.
  submit (author, outbox, { id, rev, pos, insert, delete: length }) {
    const op = insert === undefined ? { pos, delete: length } : { pos, insert }
    const pieces = rebase(op, this.#since(rev))
    for (const piece of pieces) this.#take(piece)
    const first = this.rev - pieces.length + 1
    const ack = messages.ack(id, this.rev)
    if (pieces.length === 0) return bus.tell(outbox, ack) // all of it had gone already
    pieces.forEach((piece, i) => {
      const text = messages.op(author, id, first + i, piece)
      bus.publish(this.key, text, { outbox, text: i === pieces.length - 1 ? ack : null })
    })
  }

  describe () {
    const { id, rev, text } = this
    return { id, rev, length: text.length, sha256: createHash('sha256').update(text).digest('hex'), text }
  }

  #take (op) {
    this.#log.push({ ...op, before: this.text.length })
    if (this.#log.length > config.docRevs) this.#log.shift()
    this.text = apply(this.text, op)
    this.rev += 1
  }

  #since (rev) {
    return rev === this.rev ? [] : this.#log.slice(rev - this.rev)
  }

  #lengthAt (rev) {
    return this.#since(rev)[0]?.before ?? this.text.length
  }
}

function isOperation (op) {
  if (!messages.isCount(op.rev) || !messages.isCount(op.pos)) return false
  if (op.insert !== undefined && op.delete !== undefined) return false
  if (op.insert !== undefined) return typeof op.insert === 'string' && INSERT.test(op.insert)
  return messages.isCount(op.delete) && op.delete > 0
}

const documents = new Map()

export function document (id) {
  let found = documents.get(id)
  if (!found) documents.set(id, found = new Document(id))
  return found
}

// For a reader: a document that nobody has opened is empty, and stays unmade.
export const peekDocument = id => documents.get(id) ?? new Document(id)
