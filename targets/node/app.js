// Builds the application: limits, errors, routes. It does not listen, so that
// tests can inject requests.
import { createServer } from 'node:http'
import Fastify from 'fastify'
import { bare } from './lib/bare.js'
import { config } from './lib/config.js'
import { notFound, onClientError, onError } from './lib/errors.js'
import { features } from './lib/features.js'
import { withHttp2 } from './lib/http2.js'
import { closeWhileDraining } from './lib/lifecycle.js'
import { withSilent } from './lib/silent.js'
import { upgrade } from './lib/sockets.js'
import { traceStatements } from './lib/trace.js'
import * as echo from './routes/echo.js'
import * as status from './routes/status.js'

export function build () {
  const app = Fastify({
    logger: false,
    bodyLimit: config.bodyBytes,
    keepAliveTimeout: config.keepAliveSeconds * 1000,
    return503OnClosing: false, // answers what was accepted; /healthz says the rest
    frameworkErrors: onError,
    clientErrorHandler: onClientError,
    serverFactory: listen
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request, body) => body)
  traceStatements(app)
  app.addHook('onRequest', refuseUnknownPath)
  app.setNotFoundHandler(() => { throw notFound() })
  app.setErrorHandler(onError)
  for (const { routes } of [status, echo, ...features]) {
    if (routes) app.register(routes)
  }
  return app
}

const fallback = features.find(feature => feature.fallback)?.fallback

// An unknown path is refused before its body is read: the path is judged ahead
// of the size.
async function refuseUnknownPath (request, reply) {
  if (!request.is404) return
  if (fallback?.takes(request)) return fallback.send(request, reply)
  throw notFound()
}

function listen (handler) {
  const answer = (request, response) => {
    closeWhileDraining(response)
    if (!bare(request, response)) handler(request, response)
  }
  const server = createServer({
    keepAliveTimeout: config.keepAliveSeconds * 1000,
    maxHeaderSize: config.headerBytes,
    requestTimeout: config.requestSeconds * 1000,
    headersTimeout: config.requestSeconds * 1000,
    connectionsCheckingInterval: 500,
    noDelay: true,
    shouldUpgradeCallback: request => request.headers.upgrade.toLowerCase() === 'websocket'
  }, answer)
  server.on('upgrade', upgrade(features.flatMap(({ match }) => match ?? [])))
  return config.http2 ? withHttp2(server, answer) : withSilent(server)
}
