// Long answers: /sse/ticks, /stream/{bytes}, /media/{name}.
import { setTimeout } from 'node:timers/promises'
import { notFound } from '../lib/errors.js'
import { mediaFile, sendRanged } from '../lib/files.js'
import { path } from '../lib/methods.js'
import { stream } from '../lib/streams.js'
import { headerInteger, queryInteger } from '../lib/wire.js'

const GIB = 1024 ** 3
const PERIOD = 256 // of the bytes of /stream: 31 i + 7
const ONE_PERIOD = Uint8Array.from({ length: PERIOD }, (_, i) => 31 * i + 7)

export async function routes (app) {
  path(app, '/sse/ticks', { GET: sendTicks })
  path(app, '/stream/:bytes', { GET: sendBytes })
  path(app, '/media/:name', { GET: sendMedia })
}

async function sendTicks (request, reply) {
  const hz = queryInteger(request.query, 'hz', { least: 1, most: 100, otherwise: 10 })
  const last = queryInteger(request.query, 'n', { least: 1, most: 100_000, otherwise: 100 })
  const seen = headerInteger(request, 'Last-Event-ID', { most: 100_000, otherwise: 0 })
  reply.type('text/event-stream').header('cache-control', 'no-cache')
  return stream(reply, signal => ticks(seen, last, hz, signal))
}

// On an absolute schedule: what is late goes out at once, and delays nothing behind it.
async function * ticks (seen, last, hz, signal) {
  const began = performance.now()
  yield 'retry: 1000\n\n'
  for (let n = seen + 1; n <= last; n++) {
    const wait = began + (n - seen) * 1000 / hz - performance.now()
    if (wait > 0) await setTimeout(Math.ceil(wait), undefined, { signal })
    yield `id: ${n}\nevent: tick\ndata: {"n":${n},"at":${Date.now()}}\n\n`
  }
  yield 'event: end\ndata: {}\n\n'
}

async function sendBytes (request, reply) {
  const { bytes } = request.params
  if (!/^[0-9]{1,10}$/.test(bytes) || Number(bytes) > GIB) throw notFound()
  const chunk = queryInteger(request.query, 'chunk', { least: 1024, most: 1024 * 1024, otherwise: 64 * 1024 })
  return stream(reply.type('application/octet-stream'), () => pattern(Number(bytes), chunk))
}

async function * pattern (bytes, chunk) {
  const block = Buffer.alloc(chunk + PERIOD, ONE_PERIOD)
  for (let sent = 0; sent < bytes; sent += chunk) {
    const from = sent % PERIOD
    yield block.subarray(from, from + Math.min(chunk, bytes - sent))
  }
}

async function sendMedia (request, reply) {
  return sendRanged(request, reply, mediaFile(request.params.name))
}
