// One call per path: the methods it knows, and 405 for all the others.
import { Refusal } from './errors.js'
import { schemaOf } from './schemas.js'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

// `options` are Fastify's own for a route, such as bodyLimit.
export function path (app, url, handlers, options = {}) {
  const shared = { ...options, ...schemaOf(url) }
  for (const [method, handler] of Object.entries(handlers)) app.route({ ...shared, method, url, handler })

  const known = Object.keys(handlers)
  if (known.includes('GET')) known.push('HEAD') // Fastify adds it by itself
  const allow = METHODS.filter(method => known.includes(method)).join(', ')
  app.route({
    url,
    method: METHODS.filter(method => !known.includes(method)),
    // Before the body is read: the method is judged ahead of the size.
    onRequest: async (request, reply) => {
      reply.header('allow', allow)
      throw new Refusal(405, 'method_not_allowed', 'the resource has no such method')
    },
    handler: () => {}
  })
}
