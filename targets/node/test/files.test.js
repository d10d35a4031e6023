import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { build } from '../app.js'
import { coding, isHeld, range } from '../lib/conditions.js'
import { openStreams } from '../lib/streams.js'

const app = build()
after(() => app.close())

test('a range is a part, nothing, or not one', () => {
  assert.deepEqual(range('bytes=2-5', 10), { first: 2, last: 5 })
  assert.deepEqual(range('bytes=2-', 10), { first: 2, last: 9 })
  assert.deepEqual(range('bytes=-3', 10), { first: 7, last: 9 })
  assert.deepEqual(range('bytes=8-99', 10), { first: 8, last: 9 })
  for (const behind of ['bytes=10-', 'bytes=-0']) assert.equal(range(behind, 10), null)
  for (const other of [undefined, 'bytes=5-2', 'bytes=1-2,4-5', 'bytes=-', 'lines=1-2']) {
    assert.equal(range(other, 10), undefined)
  }
})

test('a coding is taken in our order, unless it is refused', () => {
  assert.equal(coding('gzip, br', ['br', 'gzip']), 'br')
  assert.equal(coding('gzip;q=0.5, br;q=0', ['br', 'gzip']), 'gzip')
  assert.equal(coding('GZIP;q=1.0', ['br', 'gzip']), 'gzip')
  assert.equal(coding('gzip; q=0.0', ['br', 'gzip']), undefined)
  assert.equal(coding(undefined, ['gzip']), undefined)
})

test('a tag is held whether it is weak or strong', () => {
  assert.ok(isHeld('"a", W/"b"', '"b"'))
  assert.ok(isHeld('*', '"b"'))
  assert.ok(!isHeld('"a"', '"b"'))
  assert.ok(!isHeld(undefined, '"b"'))
})

test('ticks begin behind the one that was seen, and end', async () => {
  const answer = await app.inject({ url: '/sse/ticks?hz=100&n=3', headers: { 'last-event-id': '2' } })
  const [retry, tick, end] = answer.body.split('\n\n')
  assert.equal(retry, 'retry: 1000')
  assert.match(tick, /^id: 3\nevent: tick\ndata: {"n":3,"at":\d+}$/)
  assert.equal(end, 'event: end\ndata: {}')
  assert.equal(openStreams(), 0)
})

test('an unknown page is the application for a browser, and nothing for others', async () => {
  const page = await app.inject({ url: '/orders/7', headers: { accept: 'text/html' } })
  assert.match(page.body, /^<!doctype html>/)
  assert.equal((await app.inject('/orders/7')).statusCode, 404)
  assert.equal((await app.inject({ url: '/api/nope', headers: { accept: 'text/html' } })).statusCode, 404)
})
