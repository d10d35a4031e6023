// Requests to other servers: at most UPSTREAM_POOL connections to each, kept alive, no
// retries. Who calls gives the signal that ends the call.
import { Agent } from 'undici'
import { config } from './config.js'

const agent = new Agent({
  connections: config.upstreamPool,
  pipelining: 1,
  keepAliveTimeout: config.upstreamKeepMs,
  headersTimeout: 0, // the signal is the one deadline
  bodyTimeout: 0
})

export class Failure extends Error {
  constructor (status) {
    super(`the answer was ${status}`)
    this.status = status
  }
}

// Status, headers and body of one GET, whatever they are.
export async function get (origin, path, signal) {
  const { statusCode, headers, body } = await agent.request({ origin, path, method: 'GET', signal })
  return { status: statusCode, headers, body: Buffer.from(await body.arrayBuffer()) }
}

// The JSON of a 200; a Failure for any other answer.
export async function getJson (origin, path, signal) {
  const { status, body } = await get(origin, path, signal)
  if (status !== 200) throw new Failure(status)
  return JSON.parse(body)
}

// One deadline for all calls that are made under it; the end of `use`, whatever it is,
// ends those that are still under way. `isLate(error)` says if the deadline did.
export async function within (ms, use) {
  const end = new AbortController()
  const late = new Error('too late')
  const timer = setTimeout(() => end.abort(late), ms)
  try {
    return await use(end.signal, error => error === late)
  } finally {
    clearTimeout(timer)
    end.abort()
  }
}
