// The shop: a catalogue, carts, and orders that never sell what is not there.
import { randomUUID } from 'node:crypto'
import { database } from '../lib/database.js'
import { notFound, Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'
import { isWhole, jsonBody, queryInteger } from '../lib/wire.js'

const PAGE = 20
const PAGES = 50
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const KEY = /^[\x21-\x7e]{1,64}$/

export async function routes (app) {
  path(app, '/api/products', { GET: catalogue })
  path(app, '/api/products/:id', { GET: product })
  path(app, '/api/carts', { POST: newCart })
  path(app, '/api/carts/:id/items', { POST: putItem })
  path(app, '/api/orders', { POST: order })
  path(app, '/api/audit/shop', { GET: audit })
}

async function catalogue (request) {
  const page = queryInteger(request.query, 'page', { least: 1, most: PAGES, otherwise: 1 })
  const [{ count }] = await database.query('SELECT count(*) AS count FROM product')
  const items = await database.query(
    'SELECT id, name, price, stock FROM product ORDER BY id LIMIT $1 OFFSET $2', [PAGE, (page - 1) * PAGE])
  return { page, pages: Math.ceil(count / PAGE), items }
}

async function product (request) {
  const { id } = request.params
  if (!/^[0-9]{1,10}$/.test(id)) throw notFound()
  const [found] = await database.query('SELECT id, name, price, stock FROM product WHERE id = $1', [Number(id)])
  if (!found) throw notFound()
  return found
}

async function newCart (request, reply) {
  const cart = randomUUID()
  await database.execute('INSERT INTO cart (id) VALUES ($1)', [cart])
  return reply.code(201).send({ cart })
}

// Sets how many of a product the cart holds.
async function putItem (request) {
  const { id } = request.params
  if (!UUID.test(id)) throw notFound()
  const { product, quantity } = jsonBody(request)
  if (!isWhole(product, 1, 9_999_999_999)) throw invalid('product')
  if (!isWhole(quantity, 1, 99)) throw invalid('quantity')
  const items = await database.transaction(tx => setLine(tx, id, product, quantity))
  return { cart: id, items, total: totalOf(items) }
}

async function setLine (tx, cart, product, quantity) {
  const [found] = await tx.query('SELECT id FROM cart WHERE id = $1', [cart])
  if (!found) throw notFound()
  const [priced] = await tx.query('SELECT price FROM product WHERE id = $1', [product])
  if (!priced) throw invalid('product')
  await tx.execute('INSERT INTO cart_line (cart_id, product_id, quantity, price) VALUES ($1, $2, $3, $4) ' +
    'ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = EXCLUDED.quantity, price = EXCLUDED.price',
  [cart, product, quantity, priced.price])
  return tx.query(LINES, [cart])
}

const LINES = 'SELECT product_id AS product, quantity, price FROM cart_line WHERE cart_id = $1 ORDER BY product_id'
const totalOf = lines => lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0)
const invalid = field => new Refusal(422, 'invalid', `${field} is not valid`, { field })

async function order (request, reply) {
  const { cart } = jsonBody(request)
  const key = request.headers['idempotency-key'] ?? ''
  if (!KEY.test(key)) throw new Refusal(400, 'bad_request', 'Idempotency-Key must be 1 to 64 visible characters')
  if (typeof cart !== 'string' || !UUID.test(cart)) throw invalid('cart')
  const placed = await database.transaction(async tx => await placedBefore(tx, key, cart) ?? place(tx, key, cart))
  return reply.code(201).send(placed)
}

// Who asks twice with one key gets the first answer again. The key comes first:
// of several at once, all but one wait here for that one's end.
async function placedBefore (tx, key, cart) {
  await tx.execute('INSERT INTO order_key (key, cart_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [key, cart])
  const [found] = await tx.query('SELECT id, cart_id AS cart, lines, total FROM orders WHERE key = $1', [key])
  if (found && found.cart !== cart) throw new Refusal(409, 'conflict', 'the key has been used for another cart')
  return found
}

async function place (tx, key, cart) {
  const lines = await tx.query(LINES, [cart])
  if (lines.length === 0) throw invalid('cart')
  for (const line of lines) await take(tx, line) // in the order of products: no deadlock
  const total = totalOf(lines)
  const [{ id }] = await tx.query(
    'INSERT INTO orders (key, cart_id, lines, total) VALUES ($1, $2, $3, $4) RETURNING id',
    [key, cart, lines.length, total])
  await tx.execute('INSERT INTO order_line (order_id, product_id, quantity, price) VALUES ' + rowsOf(lines),
    lines.flatMap(({ product, quantity, price }) => [id, product, quantity, price]))
  return { id, cart, lines: lines.length, total }
}

async function take (tx, { product, quantity }) {
  const taken = await tx.execute('UPDATE product SET stock = stock - $1 WHERE id = $2 AND stock >= $3',
    [quantity, product, quantity])
  if (taken === 0) throw new Refusal(409, 'sold_out', 'there is not enough of a product', { product })
}

const rowsOf = lines => lines.map((_, i) => `($${4 * i + 1}, $${4 * i + 2}, $${4 * i + 3}, $${4 * i + 4})`).join(', ')

// Whether the books are right: nothing sold twice, nothing lost, each total that of its lines.
async function audit () {
  const [{ orders }] = await database.query('SELECT count(*) AS orders FROM orders')
  const [{ oversold }] = await database.query('SELECT count(*) AS oversold FROM product WHERE stock < 0')
  const [{ stock }] = await database.query('SELECT count(*) AS stock FROM product WHERE stocked - stock <> ' +
    '(SELECT coalesce(sum(quantity), 0) FROM order_line WHERE product_id = product.id)')
  const [{ totals }] = await database.query('SELECT count(*) AS totals FROM orders WHERE total <> ' +
    '(SELECT coalesce(sum(quantity * price), 0) FROM order_line WHERE order_id = orders.id)')
  return { orders, oversold, mismatch: stock + totals }
}
