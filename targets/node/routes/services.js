// The services that a gateway asks, one process of this program for each:
// /users/{order}, /catalogue/{order}, /prices/{order}, /stock/{order}, /leaf, /slow.
import { setTimeout } from 'node:timers/promises'
import { notFound, Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'
import { delayOf, SERVICES } from '../lib/services.js'
import { services } from '../../stub/orders.js'

export async function routes (app) {
  for (const name of SERVICES) path(app, `/${name}/:order`, { GET: disturbed(({ params }) => services[name](params.order)) })
  path(app, '/leaf', { GET: disturbed(() => ({ leaf: true })) })
  path(app, '/slow', { GET: disturbed(({ query }) => ({ delay: Number(query.delay ?? 0) })) })
}

// As slow and as broken as the request asks for.
function disturbed (answer) {
  return async (request, reply) => {
    const delay = delayOf(request.query)
    if (delay > 0) await setTimeout(delay)
    if (request.query.fail === 'reset') return reply.hijack().raw.socket.resetAndDestroy()
    if (request.query.fail) throw new Refusal(503, 'overloaded', 'as asked for')
    const value = answer(request)
    if (!value) throw notFound()
    return value
  }
}
