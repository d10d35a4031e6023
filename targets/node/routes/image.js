// Pictures: POST /image/thumbnail?w=.
import { libraries, thumbnail } from '../heavy/thumbnail.js'
import { config } from '../lib/config.js'
import { path } from '../lib/methods.js'
import { queryInteger } from '../lib/wire.js'

export { libraries }

export async function routes (app) {
  path(app, '/image/thumbnail', { POST: post }, { bodyLimit: config.imageBytes })
}

async function post (request, reply) {
  const width = queryInteger(request.query, 'w', { least: 16, most: 1024, otherwise: 256 })
  return reply.type('image/jpeg').send(await thumbnail(request.body ?? Buffer.alloc(0), width))
}
