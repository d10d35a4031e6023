// With TUNED=1: what answers look like, for Fastify to make a serialiser of each (fast-json-stringify)
// in place of JSON.stringify. Paths that are not named, and refusals, are written as before.
import { config } from './config.js'

const string = { type: 'string' }
const integer = { type: 'integer' }
const nullable = { type: ['integer', 'null'] }
const boolean = { type: 'boolean' }
const list = items => ({ type: 'array', items })
const object = properties => ({ type: 'object', properties })
const page = item => object({ page: integer, pages: integer, items: list(item) })

const product = object({ id: integer, name: string, price: integer, stock: integer })
const line = object({ product: integer, quantity: integer, price: integer })
const ordered = object({ product: integer, name: string, price: nullable, stock: nullable })
const bucket = object({ minute: integer, n: integer, min: integer, max: integer, sum: integer })

export const FEED = page(object({ id: integer, title: string, body: string, likes: integer, at: integer }))

const ANSWERS = {
  '/json': object({ message: string }),
  '/api/products': page(product),
  '/api/products/:id': product,
  '/api/carts': object({ cart: string }),
  '/api/carts/:id/items': object({ cart: string, items: list(line), total: integer }),
  '/api/orders': object({ id: integer, cart: string, lines: integer, total: integer }),
  '/api/readings': object({ stored: integer }),
  '/api/devices/:id/summary': object({ device: string, buckets: list(bucket) }),
  '/gateway/order/:id': object({
    id: integer,
    user: object({ id: integer, name: string }),
    items: list(ordered),
    partial: boolean,
    missing: list(string)
  }),
  '/fanout': object({ k: integer, ok: integer, failed: integer }),
  '/proxy': object({ delay: integer }),
  '/session/:id': object({ id: string, kib: integer, check: string })
}

// For Fastify's options of a route.
export function schemaOf (url) {
  const answer = config.tuned && ANSWERS[url]
  return answer ? { schema: { response: { '2xx': answer } } } : {}
}

// The text of a value whose answer is not written by Fastify.
export function write (reply, value, schema) {
  return config.tuned ? reply.serializeInput(value, schema) : JSON.stringify(value)
}
