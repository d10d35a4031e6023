// Shared documents: GET /api/doc/{id}, and WS /ws/doc/{id}?user=U.
import { peekDocument } from '../lib/documents.js'
import { notFound } from '../lib/errors.js'
import { NAME } from '../lib/messages.js'
import { path } from '../lib/methods.js'
import { socketPath } from '../lib/sockets.js'
import { Writer } from '../lib/writer.js'

export async function routes (app) {
  path(app, '/api/doc/:id', { GET: read })
}

async function read ({ params }) {
  if (!NAME.test(params.id)) throw notFound()
  return peekDocument(params.id).describe()
}

// Before the upgrade: who wants to write where, or null for 404.
export const match = socketPath('doc', 'user', (id, user) =>
  (socket, wire) => new Writer({ id, user, socket, wire }))
