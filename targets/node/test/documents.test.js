import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bus } from '../lib/bus.js'
import { document, peekDocument } from '../lib/documents.js'
import { apply, rebase } from '../lib/transform.js'

const outbox = () => {
  const frames = []
  return { frames, send: frame => frames.push(JSON.parse(frame)) }
}

function opened (id) {
  const found = document(id)
  const author = outbox()
  const reader = outbox()
  for (const each of [author, reader]) bus.subscribe(found.key, each, { presence: false })
  return { found, author, reader }
}

test('an insert at the same place goes to the right of the one before', () => {
  assert.deepEqual(rebase({ pos: 3, insert: 'b' }, [{ pos: 3, insert: 'aa' }]), [{ pos: 5, insert: 'b' }])
  assert.deepEqual(rebase({ pos: 3, insert: 'b' }, [{ pos: 1, delete: 5 }]), [{ pos: 1, insert: 'b' }])
})

test('a delete is shifted, clipped, split, and made whole again', () => {
  const op = { pos: 4, delete: 4 }
  assert.deepEqual(rebase(op, [{ pos: 4, insert: 'xx' }]), [{ pos: 6, delete: 4 }])
  assert.deepEqual(rebase(op, [{ pos: 2, delete: 3 }]), [{ pos: 2, delete: 3 }])
  assert.deepEqual(rebase(op, [{ pos: 0, delete: 9 }]), [])
  const split = { pos: 6, insert: 'xx' }
  assert.deepEqual(rebase(op, [split]), [{ pos: 4, delete: 2 }, { pos: 6, delete: 2 }])
  assert.deepEqual(rebase(op, [split, { pos: 6, delete: 2 }]), [{ pos: 4, delete: 4 }])
})

test('a split delete leaves what was inserted', () => {
  const inserted = { pos: 6, insert: 'xx' }
  const pieces = rebase({ pos: 4, delete: 4 }, [inserted])
  assert.equal([inserted, ...pieces].reduce(apply, '0123456789'), '0123xx89')
})

test('the author gets one ack for all that an operation became', () => {
  const { found, author, reader } = opened('one-ack')
  found.submit('bob', author, { id: 'a', rev: 0, pos: 0, insert: '0123' })
  found.submit('bob', author, { id: 'b', rev: 1, pos: 2, insert: 'x' })
  found.submit('bob', author, { id: 'c', rev: 1, pos: 1, delete: 2 })
  assert.deepEqual(author.frames.map(({ type, rev }) => [type, rev]), [['ack', 1], ['ack', 2], ['ack', 4]])
  assert.deepEqual(reader.frames.map(({ rev }) => rev), [1, 2, 3, 4])
  assert.equal(found.text, '0x3')
})

test('an operation is judged by the text that its author saw', () => {
  const { found, author } = opened('judged')
  found.submit('bob', author, { id: 'a', rev: 0, pos: 0, insert: 'abc' })
  assert.equal(found.refusal({ rev: 0, pos: 1, insert: 'x' }), 'invalid')
  assert.equal(found.refusal({ rev: 1, pos: 3, insert: 'x' }), null)
  assert.equal(found.refusal({ rev: 2, pos: 0, insert: 'x' }), 'invalid')
  assert.equal(found.refusal({ rev: 1, pos: 0, insert: 'é' }), 'invalid')
})

test('looking into a document does not make it', () => {
  assert.equal(peekDocument('unseen').rev, 0)
  assert.notEqual(peekDocument('unseen'), peekDocument('unseen'))
})
