// Text of a picture: POST /image/text.
import { text } from '../heavy/recogniser.js'
import { libraries } from '../heavy/session.js'
import { path } from '../lib/methods.js'

export { libraries }

export async function routes (app) {
  path(app, '/image/text', { POST: async request => text(request.body ?? Buffer.alloc(0)) })
}
