// Operations on a text: {pos, insert: TEXT} or {pos, delete: LENGTH}. Who made
// one did not know those that were done meanwhile: it is transformed over them.

const isInsert = op => op.insert !== undefined

// What `op` becomes after all of `done`, in the order in which to apply it: one
// operation; of a delete also none, or several where text was inserted into it.
export function rebase (op, done) {
  let pieces = [op]
  for (const each of done) pieces = pieces.flatMap(piece => over(piece, each))
  return isInsert(op) ? pieces : inSequence(pieces)
}

export function apply (text, op) {
  const after = isInsert(op) ? op.insert + text.slice(op.pos) : text.slice(op.pos + op.delete)
  return text.slice(0, op.pos) + after
}

function over (op, done) {
  if (isInsert(op)) return [{ pos: shifted(op.pos, done), insert: op.insert }]
  return isInsert(done) ? aroundInsert(op, done) : withoutDeleted(op, done)
}

// An insert at the same place was ordered first, and stays left.
function shifted (pos, done) {
  if (isInsert(done)) return done.pos <= pos ? pos + done.insert.length : pos
  return pos <= done.pos ? pos : Math.max(done.pos, pos - done.delete)
}

function aroundInsert (op, done) {
  const end = op.pos + op.delete
  if (done.pos <= op.pos || done.pos >= end) return [{ pos: shifted(op.pos, done), delete: op.delete }]
  return [
    { pos: op.pos, delete: done.pos - op.pos },
    { pos: done.pos + done.insert.length, delete: end - done.pos }
  ]
}

function withoutDeleted (op, done) {
  const pos = shifted(op.pos, done)
  const left = shifted(op.pos + op.delete, done) - pos
  return left > 0 ? [{ pos, delete: left }] : []
}

// The pieces of a delete are places in one text: the later ones move as the earlier
// ones go, and two with nothing between them are one.
function inSequence (pieces) {
  const ordered = []
  let gone = 0
  for (const piece of pieces) {
    const pos = piece.pos - gone
    if (ordered.at(-1)?.pos === pos) ordered.at(-1).delete += piece.delete
    else ordered.push({ pos, delete: piece.delete })
    gone += piece.delete
  }
  return ordered
}
