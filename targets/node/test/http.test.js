import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { build } from '../app.js'
import { lifecycle } from '../lib/lifecycle.js'

const app = build()
after(() => app.close())

const post = (url, payload, type = 'application/json') =>
  app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } })
const codeOf = answer => [answer.statusCode, answer.json().error.code]

test('plain is 64 bytes', async () => {
  const answer = await app.inject('/plain')
  assert.equal(answer.body.length, 64)
  assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
})

test('echo gives back the bytes that came', async () => {
  const body = '{"b" : 1.0}'
  const answer = await post('/echo', body)
  assert.equal(answer.body, body)
  assert.equal(answer.headers['content-type'], 'application/json')
})

test('refusals carry a code', async () => {
  assert.deepEqual(codeOf(await app.inject('/nope')), [404, 'not_found'])
  assert.deepEqual(codeOf(await post('/json', '{}')), [405, 'method_not_allowed'])
  assert.deepEqual(codeOf(await post('/echo', '{')), [400, 'bad_json'])
  assert.deepEqual(codeOf(await post('/echo', 'x', 'nonsense')), [415, 'unsupported'])
  assert.deepEqual(codeOf(await post('/echo', 'x'.repeat(2 ** 20 + 1))), [413, 'too_large'])
})

test('a failure inside is a 500 without its cause', async t => {
  t.mock.method(console, 'error', () => {})
  const failing = build()
  failing.get('/fails', async () => { throw new Error('secret') })
  const answer = await failing.inject('/fails')
  assert.equal(answer.body, '{"error":{"code":"internal","message":"the server failed"}}')
  assert.equal(console.error.mock.callCount(), 1)
  await failing.close()
})

test('healthz follows the life of the process', async () => {
  const health = async () => (await app.inject('/healthz')).statusCode
  assert.equal(await health(), 503)
  lifecycle.ready = true
  assert.equal(await health(), 200)
  lifecycle.draining = true
  assert.equal(await health(), 503)
  lifecycle.draining = false
})

test('a say over http is numbered and can be read', async () => {
  const answer = await post('/api/chat/http', '{"user":"ann","id":"a","at":1,"text":"hi"}')
  assert.equal(answer.statusCode, 201)
  assert.deepEqual(answer.json(), { room: 'http', seq: 1 })
  const found = await app.inject('/api/chat/http?after=0&limit=5')
  assert.deepEqual(found.json().messages.map(({ from, seq }) => [from, seq]), [['ann', 1]])
})
