import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { crawl } from '../lib/crawl.js'
import { delayOf, forward } from '../lib/services.js'
import { Failure, getJson, within } from '../lib/upstream.js'

const PAGES = {
  '/a': '<a href="b#x">1</a><a href="/a">2</a><a href="http://other/">3</a>',
  '/b': 'no link',
  '/dots': '<a href="/../b">1</a><a href="../x/./../b">2</a><a href="ORIGIN/x/../b">3</a><a href="ORIGIN?b">4</a><a href="ORIGIN">5</a>',
  '/bad': Buffer.from('<?xml version="1.0" encoding="utf-8"?>\xff<a href="b">1</a>', 'latin1')
}
const MOVED = { '/once': '/b', '/loop': '/loop', '/away': 'http://other/' }
const server = createServer((request, response) => {
  if (request.url === '/hang') return
  if (MOVED[request.url]) return response.writeHead(302, { location: MOVED[request.url] }).end()
  const page = PAGES[request.url]
  response.writeHead(page ? 200 : 404, { 'content-type': 'text/html' }).end(page?.toString('latin1').replaceAll('ORIGIN', origin), 'latin1')
})
let origin
before(() => new Promise(resolve => {
  server.listen(0, '127.0.0.1', () => {
    origin = `http://127.0.0.1:${server.address().port}`
    resolve()
  })
}))
after(() => server.closeAllConnections())
after(() => server.close())

test('faults are handed on, and others are refused', () => {
  assert.equal(forward({ stock: 'delay:500' }, 'stock'), '?delay=500')
  assert.equal(forward({}, 'stock'), '')
  for (const stock of ['slow', 'delay:reset', 'fail:', ['delay:1', 'delay:1']]) {
    assert.throws(() => forward({ stock }, 'stock'), { status: 400 })
  }
})

test('delays are as asked for, or around their median', () => {
  assert.equal(delayOf({ delay: '20' }), 20)
  assert.equal(delayOf({}), 0)
  const drawn = Array.from({ length: 1001 }, () => delayOf({ median: '100' })).sort((a, b) => a - b)
  assert.ok(drawn[500] > 85 && drawn[500] < 118, `median ${drawn[500]}`)
  assert.ok(drawn[0] > 0)
})

test('a deadline ends what it is for, and only that is late', async () => {
  const late = await within(50, async (signal, isLate) => getJson(origin, '/hang', signal).catch(isLate))
  assert.equal(late, true)
  const failed = await within(5000, async (signal, isLate) => getJson(origin, '/none', signal).catch(
    error => [isLate(error), error instanceof Failure, error.status]))
  assert.deepEqual(failed, [false, true, 404])
})

test('a crawl stays on its site and counts each link once', async () => {
  const found = await crawl(`${origin}/a`, 1, 10)
  assert.deepEqual(found, { pages: 2, links: 2, bytes: PAGES['/a'].length + PAGES['/b'].length, errors: [] })
  assert.equal((await crawl(`${origin}/a`, 1, 1)).pages, 1)
})

test('an address is the same page in whatever way it is written', async () => {
  const { pages, links, errors } = await crawl(`${origin}/x/../dots#part`, 1, 10)
  assert.deepEqual([pages, links], [2, 3])
  assert.deepEqual(errors, [{ url: `${origin}/?b`, status: 404 }, { url: `${origin}/`, status: 404 }])
})

test('no page is too bad to be read', async () => {
  const { pages, links } = await crawl(`${origin}/bad`, 1, 10)
  assert.deepEqual([pages, links], [2, 1])
})

test('a redirect is followed on its site, three times at most', async () => {
  assert.equal((await crawl(`${origin}/once`, 0, 1)).bytes, PAGES['/b'].length)
  for (const path of ['/loop', '/away']) {
    const { pages, errors } = await crawl(origin + path, 0, 1)
    assert.deepEqual([pages, errors], [0, [{ url: origin + path, status: 302 }]])
  }
})
