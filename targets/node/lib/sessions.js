// Sessions of /session, held as a service holds its objects: records of fields,
// not one blob. Never evicted.
const RECORDS_PER_KIB = 4
const TEXT = 200 // characters: about a quarter of a KiB with its record

const sessions = new Map()

export function put (id, kib) {
  const records = new Array(kib * RECORDS_PER_KIB)
  for (let i = 0; i < records.length; i++) records[i] = { i, s: text(id, i) }
  sessions.set(id, { kib, records })
}

// A text of its own for each record. By way of a buffer it is flat; a padded
// string would be a tree that shares its parts.
function text (id, i) {
  return Buffer.from(`${id}:${i}:`.padEnd(TEXT, 'x')).latin1Slice()
}

// What is held, as its size and the sum of its numbers; undefined if nothing is.
export function get (id) {
  const found = sessions.get(id)
  if (!found) return undefined
  let sum = 0
  for (const record of found.records) sum += record.i
  return { id, kib: found.kib, check: String(sum) }
}

export function remove (id) {
  return sessions.delete(id)
}
