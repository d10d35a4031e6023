// What stands behind the reference servers: the services that a gateway asks, a slow
// one, and a site to crawl. It belongs to neither stack and to no target: its
// processor time counts for nobody. Plain node:http, so that it is never what is slow.
//
//   /users/{order} /catalogue/{order} /prices/{order} /stock/{order} /leaf /slow
//       ?delay=MS  ?median=MS (lognormal, sigma 0.5)  ?fail=503  ?fail=reset
//   /site/{page}  /healthz  /connections
import { createServer } from 'node:http'
import { services } from './orders.js'
import { sitePage } from './site.js'

const SIGMA = 0.5
let connections = 0

// x' = 16807 x mod 2147483647
let x = 1
const draw = () => { x = 16807 * x % 2147483647; return x / 2147483647 }
const lognormal = median => median * Math.exp(SIGMA * Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw()))

const others = {
  leaf: () => ({ leaf: true }),
  slow: (_, query) => ({ delay: Number(query.get('delay') ?? 0) }),
  healthz: () => ({ status: 'ok' }),
  connections: () => ({ connections })
}

function answerTo (kind, id, query) {
  if (Object.hasOwn(services, kind)) return services[kind](id)
  return Object.hasOwn(others, kind) ? others[kind](id, query) : null
}

function serve (request, response) {
  const [path, text] = request.url.split('?', 2)
  const query = new URLSearchParams(text)
  const [, kind, id] = path.split('/')
  if (kind === 'site') return setTimeout(sitePage, 10, id, response)
  const delay = query.has('median') ? lognormal(Number(query.get('median'))) : Number(query.get('delay') ?? 0)
  if (delay > 0) setTimeout(answer, delay, response, kind, id, query)
  else answer(response, kind, id, query)
}

function answer (response, kind, id, query) {
  if (query.get('fail') === 'reset') return response.socket?.resetAndDestroy()
  const value = query.get('fail') === '503' ? null : answerTo(kind, id, query)
  const status = query.get('fail') === '503' ? 503 : value ? 200 : 404
  const body = JSON.stringify(value ?? { error: { code: 'stub', message: 'as asked for' } })
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

const server = createServer({ keepAliveTimeout: 75_000, noDelay: true }, serve)
server.on('connection', socket => {
  connections += 1
  socket.once('close', () => { connections -= 1 })
})
server.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0), backlog: 4096 }, () => {
  console.log(`listening on ${server.address().port}`)
})
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
