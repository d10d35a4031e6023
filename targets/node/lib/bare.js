// The control rows: the same bytes, answered before the framework sees the
// request. What they cost is the runtime and its server; the rest is Fastify.
import { HELLO, PLAIN } from '../routes/echo.js'
import { KERNELS, runKernel } from './kernels.js'

const JSON_TYPE = 'application/json; charset=utf-8'

const ANSWERS = new Map([
  ['/bare/plain', () => ['text/plain; charset=utf-8', PLAIN]],
  ['/bare/json', () => [JSON_TYPE, JSON.stringify(HELLO)]],
  ['/bare/cpu', cpu]
])

// As /cpu/sieve, inline; without a number in range there is no such row.
function cpu (query) {
  const { most, preset } = KERNELS.sieve
  const given = /^n=([0-9]{1,8})$/.exec(query)
  const n = given ? Number(given[1]) : query === '' ? preset : 0
  return n >= 1 && n <= most ? [JSON_TYPE, JSON.stringify({ kernel: 'sieve', n, check: runKernel('sieve', n) })] : null
}

export function bare (request, response) {
  if (request.method !== 'GET' || !request.url.startsWith('/bare/')) return false
  const [path, query = ''] = request.url.split('?', 2)
  const answer = ANSWERS.get(path)?.(query)
  if (!answer) return false
  const [type, body] = answer
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
  return true
}
