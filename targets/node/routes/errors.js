// Failures on purpose: /fail/throw, reject, timeout, half, exit.
import { setTimeout } from 'node:timers/promises'
import { config } from '../lib/config.js'
import { notFound, Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'

export async function routes (app) {
  path(app, '/fail/throw', { GET: fail })
  path(app, '/fail/reject', { GET: reject })
  path(app, '/fail/timeout', { GET: timeOut })
  path(app, '/fail/half', { GET: half })
  path(app, '/fail/exit', { GET: exit })
}

// Node.js would end the process for a promise that nobody waits for; a task that
// fails alone is logged here, as the other stack does. What is thrown outside of any
// promise still ends it, as its documentation advises.
export function start () {
  process.on('unhandledRejection', error => console.error(error))
}

async function fail () {
  throw new Error('thrown on purpose')
}

async function reject (request, reply) {
  fail()
  return reply.code(202).send({ accepted: true })
}

async function timeOut () {
  await setTimeout(1000)
  throw new Refusal(504, 'timeout', 'too late')
}

async function half (request, reply) {
  const { raw } = reply.hijack()
  raw.writeHead(200, { 'content-length': 1000, 'content-type': 'application/octet-stream' })
  raw.write(Buffer.alloc(500, 'x'), () => raw.socket.destroy())
}

async function exit () {
  if (!config.faults) throw notFound()
  process.exit(1)
}
