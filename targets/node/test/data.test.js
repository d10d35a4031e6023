import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { build } from '../app.js'
import { database, prepareTables } from '../lib/database.js'

const post = (url, payload, headers = {}) => app.inject({ method: 'POST', url, payload, headers })
let app

before(async () => {
  await prepareTables()
  app = build()
})
after(async () => {
  await app.close()
  await database.close()
})

async function cartOf (...items) {
  const { cart } = (await post('/api/carts')).json()
  for (const [product, quantity] of items) await post(`/api/carts/${cart}/items`, { product, quantity })
  return cart
}

const order = (cart, key) => post('/api/orders', { cart }, { 'idempotency-key': key })

test('an order is placed once for its key', async () => {
  const cart = await cartOf([1, 2], [2, 1])
  const answers = await Promise.all(['a', 'a', 'b'].map(key => order(cart, key)))
  assert.deepEqual(answers.map(({ statusCode }) => statusCode), [201, 201, 201])
  assert.equal(answers[0].body, answers[1].body)
  assert.notEqual(answers[0].json().id, answers[2].json().id)
})

test('an order that cannot be filled changes nothing', async () => {
  const stock = async () => (await app.inject('/api/products/3')).json().stock
  const before = await stock()
  const cart = await cartOf([3, 1], [20, 99])
  assert.equal((await order(cart, 'c')).statusCode, 201)
  const refused = await order(cart, 'd')
  assert.deepEqual([refused.statusCode, refused.json().error.product], [409, 20])
  assert.equal(await stock(), before - 1)
  assert.deepEqual((await app.inject('/api/audit/shop')).json(), { orders: 3, oversold: 0, mismatch: 0 })
})

test('a transaction is seen whole or not at all, also by who reads meanwhile', async () => {
  const seen = []
  const writing = database.transaction(async tx => {
    await tx.execute('UPDATE product SET price = 1 WHERE id = $1', [5])
    seen.push((await database.query('SELECT price FROM product WHERE id = $1', [5]))[0].price)
    throw new Error('no')
  })
  await assert.rejects(writing, /no/)
  seen.push((await database.query('SELECT price FROM product WHERE id = $1', [5]))[0].price)
  assert.deepEqual(seen, [285, 285])
})

test('the audit finds what does not add up', async () => {
  const audit = async () => (await app.inject('/api/audit/shop')).json()
  const before = await audit()
  await database.execute('UPDATE product SET stock = stock - 1 WHERE id = 6')
  await database.execute('UPDATE product SET stock = -1 WHERE id = 7')
  await database.execute("INSERT INTO orders (key, cart_id, lines, total) VALUES ('x', 'x', 1, 5)")
  assert.deepEqual(await audit(), { orders: before.orders + 1, oversold: 1, mismatch: before.mismatch + 3 })
})

test('readings are stored as a whole and summed by the minute', async () => {
  const readings = [1, 2, 3].map(value => ({ ts: 60_000 * value, metric: 'm', value }))
  assert.equal((await post('/api/readings', { device: 'd', readings: [...readings, {}] })).json().error.index, 3)
  assert.equal((await app.inject('/api/devices/d/summary?metric=m&from=0&to=9')).statusCode, 404)
  assert.deepEqual((await post('/api/readings', { device: 'd', readings })).json(), { stored: 3 })
  const { buckets } = (await app.inject('/api/devices/d/summary?metric=m&from=2&to=4')).json()
  assert.deepEqual(buckets.map(({ minute, sum }) => [minute, sum]), [[2, 2], [3, 3]])
})
