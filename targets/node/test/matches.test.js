import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bus } from '../lib/bus.js'
import { match } from '../lib/matches.js'

// One player's match, with a clock of its own: `next` is the state after a tick.
function playing (t, name) {
  let now = 0
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(performance, 'now', () => now)
  const frames = []
  const found = match(name)
  bus.subscribe(found.key, { send: frame => frames.push(JSON.parse(frame)) }, { presence: false })
  found.join('ann')
  t.after(() => found.leave('ann'))
  const next = () => {
    now += 50
    t.mock.timers.tick(50)
    return frames.at(-1)
  }
  return { found, next }
}

test('the last move between two ticks counts, once', t => {
  const { found, next } = playing(t, 'last')
  found.move('ann', { n: 1, dx: -1, dy: 0 })
  found.move('ann', { n: 2, dx: 1, dy: -1 })
  assert.deepEqual(next().players, [['ann', 501, 499, 2]])
  assert.deepEqual(next().players, [['ann', 501, 499, 2]])
})

test('nobody leaves the board', t => {
  const { found, next } = playing(t, 'edge')
  for (let n = 1; n <= 520; n++) {
    found.move('ann', { n, dx: 1, dy: -1 })
    next()
  }
  assert.deepEqual(next().players, [['ann', 999, 0, 520]])
})

test('the last player ends the match', () => {
  const first = match('ended')
  first.join('ann')
  first.leave('ann')
  const second = match('ended')
  assert.notEqual(first, second)
  second.join('ann')
  second.leave('ann')
})
