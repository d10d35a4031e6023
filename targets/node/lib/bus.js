// Carries the frames of a room, a document or a match to its members' outboxes,
// inside this process. With several processes this is the only file to change:
// publish to a broker, and deliver from the subscription.

class LocalBus {
  #members = new Map() // room -> set of outboxes, in the order of joining
  #watchers = new Map() // the same, only those who want presence
  #open = new Set()

  subscribe (room, outbox, { presence }) {
    add(this.#members, room, outbox)
    if (presence) add(this.#watchers, room, outbox)
    this.#open.add(outbox)
  }

  unsubscribe (room, outbox) {
    remove(this.#members, room, outbox)
    remove(this.#watchers, room, outbox)
    this.#open.delete(outbox)
  }

  // `own` is what one of them, the author, gets in place of the text; null: nothing.
  publish (room, text, own) {
    deliver(this.#members.get(room), text, own)
  }

  // To one, behind what was published before.
  tell (outbox, text) {
    outbox.send(Buffer.from(text))
  }

  publishPresence (room, text) {
    deliver(this.#watchers.get(room), text)
  }

  closeAll (code) {
    for (const outbox of [...this.#open]) outbox.close(code)
  }
}

function deliver (outboxes, text, own) {
  if (!outboxes) return
  const frame = Buffer.from(text) // encoded once, too
  for (const outbox of outboxes) {
    if (outbox !== own?.outbox) outbox.send(frame)
    else if (own.text !== null) outbox.send(Buffer.from(own.text))
  }
}

function add (sets, key, value) {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

function remove (sets, key, value) {
  const set = sets.get(key)
  if (set?.delete(value) && set.size === 0) sets.delete(key)
}

export const bus = new LocalBus()
