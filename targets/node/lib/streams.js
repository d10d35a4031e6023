// Bodies that are made while they are sent. What makes one waits while the socket is
// full, and stops when its client has gone; the process can end those that wait.
import { Readable } from 'node:stream'
import { lifecycle } from './lifecycle.js'

const open = new Set()

export const openStreams = () => open.size

// `pieces(signal)` gives the body piece by piece; the signal ends its waits.
export function stream (reply, pieces) {
  return sendStream(reply, signal =>
    Readable.from(untilEnded(pieces, signal), { objectMode: true, highWaterMark: 1 }))
}

// `body(signal)` is a stream already, such as a file.
export function sendStream (reply, body) {
  if (reply.request.method === 'HEAD') return reply.send(Readable.from([])) // with no length that is not the body's
  const end = new AbortController()
  open.add(end)
  reply.raw.once('close', () => {
    open.delete(end)
    end.abort()
    if (lifecycle.draining) reply.request.raw.socket.end() // its head did not yet say so
  })
  return reply.send(body(end.signal))
}

// When the process stops: those that wait for their next piece have had their last one.
export function endStreams () {
  for (const end of open) end.abort()
}

async function * untilEnded (pieces, signal) {
  try {
    yield * pieces(signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
