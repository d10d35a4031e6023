// The smallest work a server can do: /plain, /json, /echo.
import { isJson, parse } from '../lib/wire.js'
import { path } from '../lib/methods.js'

export const PLAIN = 'A text of sixty-four bytes, the same from every reference server'
export const HELLO = { message: 'Hello, World!' }

export async function routes (app) {
  path(app, '/plain', { GET: plain })
  path(app, '/json', { GET: json })
  path(app, '/echo', { POST: echoBody })
}

async function plain (request, reply) {
  return reply.type('text/plain; charset=utf-8').send(PLAIN)
}

async function json () {
  return HELLO
}

// JSON is parsed, so that both stacks refuse the same bodies; what comes back
// are the bytes that came in.
async function echoBody (request, reply) {
  const type = request.headers['content-type'] || 'application/octet-stream'
  const body = request.body ?? Buffer.alloc(0)
  if (isJson(type)) parse(body)
  return reply.type(type).send(body)
}
