// The four services of an order, as a gateway asks them.
import { Refusal } from './errors.js'
import { queryInteger } from './wire.js'

export const SERVICES = ['users', 'catalogue', 'prices', 'stock']

// For experiments: `stock=delay:500` at the gateway is `?delay=500` at the service.
export function forward (query, name) {
  const text = query[name]
  if (text === undefined) return ''
  const [, kind, value] = /^(delay|median|fail):([0-9]{1,4}|reset)$/.exec(text) ?? []
  if (!kind || (value === 'reset' && kind !== 'fail')) {
    throw new Refusal(400, 'bad_request', `${name} must be delay:MS, median:MS, fail:503 or fail:reset`)
  }
  return `?${kind}=${value}`
}

// Of median: SIGMA of the lognormal distribution of the delays.
const SIGMA = 0.5

const DELAY = { most: 10_000, otherwise: 0 }

// How long a service takes, in ms.
export function delayOf (query) {
  const delay = queryInteger(query, 'delay', DELAY)
  if (query.median === undefined) return delay
  const median = queryInteger(query, 'median', DELAY)
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
  return median * Math.exp(SIGMA * normal)
}
