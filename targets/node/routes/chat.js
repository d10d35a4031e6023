// The chat: POST and GET /api/chat/{room}, and WS /ws/chat/{room}?user=U.
import { config } from '../lib/config.js'
import { notFound } from '../lib/errors.js'
import { closeRooms, openRooms, peek, room } from '../lib/chat_rooms.js'
import { Member } from '../lib/member.js'
import { checkPost, NAME } from '../lib/messages.js'
import { path } from '../lib/methods.js'
import { socketPath } from '../lib/sockets.js'
import { jsonBody, queryInteger } from '../lib/wire.js'

export const start = openRooms

export async function routes (app) {
  app.addHook('onClose', closeRooms)
  path(app, '/api/chat/:room', { GET: read, POST: post })
}

async function post (request, reply) {
  const name = roomName(request)
  const body = jsonBody(request)
  checkPost(body)
  return reply.code(201).send({ room: name, seq: await room(name).say(body.user, body) })
}

async function read (request) {
  const name = roomName(request)
  const after = queryInteger(request.query, 'after', { least: 0, most: 9_999_999_999, otherwise: 0 })
  const limit = queryInteger(request.query, 'limit', { least: 1, most: config.historyKept, otherwise: 20 })
  return peek(name).read(after, limit)
}

function roomName ({ params }) {
  if (!NAME.test(params.room)) throw notFound()
  return params.room
}

// Before the upgrade: who wants to join what, or null for 404.
export const match = socketPath('chat', 'user', (name, user, query) => {
  const presence = query.get('presence') !== '0'
  return (socket, wire) => new Member({ name, user, presence, socket, wire })
})
