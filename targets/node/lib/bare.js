// The control rows: the same bytes, answered before the framework sees the
// request. What they cost is the runtime and its server; the rest is Fastify.
import { HELLO, PLAIN } from '../routes/echo.js'

const ANSWERS = new Map([
  ['/bare/plain', () => ['text/plain; charset=utf-8', PLAIN]],
  ['/bare/json', () => ['application/json; charset=utf-8', JSON.stringify(HELLO)]]
])

export function bare (request, response) {
  const answer = request.method === 'GET' && ANSWERS.get(request.url)
  if (!answer) return false
  const [type, body] = answer()
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
  return true
}
