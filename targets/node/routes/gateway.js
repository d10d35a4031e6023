// What a gateway does: asks several services at once, under one deadline.
import { config } from '../lib/config.js'
import { notFound, Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'
import { Failure, getJson, within } from '../lib/upstream.js'
import { queryInteger } from '../lib/wire.js'
import { forward, SERVICES } from '../lib/services.js'

const TIMEOUT = { least: 50, most: 5000, otherwise: 1000 }
const DELAY = { least: 0, most: 10_000, otherwise: 0 }

export async function routes (app) {
  path(app, '/gateway/order/:id', { GET: order })
  path(app, '/fanout', { GET: fanOut })
  path(app, '/proxy', { GET: proxy })
}

// Users and catalogue are required; without prices or stock the answer is a partial one.
async function order (request) {
  const { id } = request.params
  if (!/^[0-9]{1,10}$/.test(id)) throw notFound()
  const timeout = queryInteger(request.query, 'timeout', TIMEOUT)
  const asked = Object.fromEntries(SERVICES.map(name => [name, forward(request.query, name)]))
  return within(timeout, async (signal, isLate) => {
    const call = name => getJson(config.upstreams[name], `/${name}/${Number(id)}${asked[name]}`, signal)
    const required = Promise.all([call('users'), call('catalogue')])
    const optional = Promise.all([call('prices'), call('stock')].map(each => each.catch(() => null)))
    try {
      return compose(Number(id), await required, await optional)
    } catch (error) {
      throw asRefusal(error, isLate)
    }
  })
}

function compose (id, [user, { items }], [prices, stock]) {
  const priceOf = new Map(prices?.prices.map(({ product, price }) => [product, price]))
  const stockOf = new Map(stock?.stock.map(({ product, stock }) => [product, stock]))
  const missing = [...(prices ? [] : ['prices']), ...(stock ? [] : ['stock'])]
  return {
    id,
    user,
    items: items.map(({ product, name }) => (
      { product, name, price: priceOf.get(product) ?? null, stock: stockOf.get(product) ?? null })),
    partial: missing.length > 0,
    missing
  }
}

function asRefusal (error, isLate) {
  if (isLate(error)) return new Refusal(504, 'timeout', 'a service took too long')
  if (error instanceof Failure && error.status === 404) return notFound()
  return new Refusal(502, 'upstream', 'a service failed')
}

async function fanOut (request) {
  const k = queryInteger(request.query, 'k', { least: 1, most: 16, otherwise: 8 })
  const delay = queryInteger(request.query, 'delay', DELAY)
  const median = queryInteger(request.query, 'median', DELAY)
  const timeout = queryInteger(request.query, 'timeout', TIMEOUT)
  const leaf = median > 0 ? `/leaf?median=${median}` : `/leaf?delay=${delay}`
  return within(timeout, async signal => {
    const calls = Array.from({ length: k }, () => getJson(config.upstreams.leaf, leaf, signal))
    const settled = await Promise.allSettled(calls)
    const ok = settled.filter(({ status }) => status === 'fulfilled').length
    return { k, ok, failed: k - ok }
  })
}

async function proxy (request) {
  const delay = queryInteger(request.query, 'delay', DELAY)
  return within(TIMEOUT.most, async (signal, isLate) => {
    try {
      return await getJson(config.upstreams.leaf, `/slow?delay=${delay}`, signal)
    } catch (error) {
      throw asRefusal(error, isLate)
    }
  })
}
