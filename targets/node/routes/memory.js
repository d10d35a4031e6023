// Work for the memory: PUT, GET and DELETE /session/{id}.
import { notFound } from '../lib/errors.js'
import { NAME } from '../lib/messages.js'
import { path } from '../lib/methods.js'
import * as sessions from '../lib/sessions.js'
import { queryInteger } from '../lib/wire.js'

export async function routes (app) {
  path(app, '/session/:id', { GET: read, PUT: put, DELETE: remove })
}

async function put (request, reply) {
  const id = sessionId(request)
  sessions.put(id, queryInteger(request.query, 'kib', { least: 1, most: 1024, otherwise: 16 }))
  return reply.code(204).send()
}

async function read (request) {
  const found = sessions.get(sessionId(request))
  if (!found) throw notFound()
  return found
}

async function remove (request, reply) {
  if (!sessions.remove(sessionId(request))) throw notFound()
  return reply.code(204).send()
}

function sessionId ({ params }) {
  if (!NAME.test(params.id)) throw notFound()
  return params.id
}
