import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bus } from '../lib/bus.js'
import { peek, room } from '../lib/rooms.js'

const listener = () => {
  const heard = []
  return { heard, send: frame => heard.push(JSON.parse(frame)) }
}
const hello = { id: 'a', at: 1, text: 'hello' }

test('messages are numbered without gaps, and the last 100 are kept', () => {
  const busy = room('busy')
  for (let number = 1; number <= 150; number++) assert.equal(busy.say('ann', hello), number)
  assert.deepEqual([busy.history[0].seq, busy.history.length], [51, 100])
  assert.deepEqual(busy.last(20).map(({ seq }) => seq)[0], 131)
  assert.deepEqual(busy.after(149, 20).map(({ seq }) => seq), [150])
})

test('one frame is made for all members', () => {
  const frames = []
  const outboxes = [1, 2].map(() => ({ send: frame => frames.push(frame) }))
  for (const outbox of outboxes) bus.subscribe('shared', outbox, { presence: true })
  room('shared').say('ann', hello)
  assert.equal(frames.length, 2)
  assert.equal(frames[0], frames[1])
})

test('the same user twice joins once and leaves once', () => {
  const ear = listener()
  bus.subscribe('twice', ear, { presence: true })
  const twice = room('twice')
  twice.join('bob')
  twice.join('ann')
  twice.join('ann')
  assert.deepEqual(twice.members, ['ann', 'bob'])
  twice.leave('ann')
  twice.leave('ann')
  assert.deepEqual(ear.heard.map(({ user, event, members }) => [user, event, members]),
    [['bob', 'join', 1], ['ann', 'join', 2], ['ann', 'leave', 1]])
})

test('presence goes only to those who want it', () => {
  const quiet = listener()
  bus.subscribe('quiet', quiet, { presence: false })
  room('quiet').join('ann')
  room('quiet').say('ann', hello)
  assert.deepEqual(quiet.heard.map(({ type }) => type), ['message'])
})

test('looking into a room does not make it', () => {
  assert.notEqual(peek('unmade'), peek('unmade'))
  assert.equal(room('made'), peek('made'))
})
