import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as messages from '../lib/messages.js'

const say = change => ({ user: 'ann', id: 'a', at: 1, text: 'hi', ...change })
const fieldOf = change => {
  try {
    messages.checkPost(say(change))
  } catch (refusal) {
    return refusal.details.field
  }
}

test('the first bad field is named', () => {
  assert.equal(fieldOf({}), undefined)
  assert.equal(fieldOf({ user: 'Ann' }), 'user')
  assert.equal(fieldOf({ id: 'a b', at: -1 }), 'id')
  assert.equal(fieldOf({ at: 2 ** 53 }), 'at')
  assert.equal(fieldOf({ at: 2 ** 53 - 1 }), undefined)
  assert.equal(fieldOf({ text: '' }), 'text')
})

test('text is measured in bytes of UTF-8', () => {
  assert.equal(messages.isTooLong('é'.repeat(2048)), false)
  assert.equal(messages.isTooLong('é'.repeat(2048) + 'x'), true)
})

test('half of a surrogate pair is no text', () => {
  assert.equal(messages.isSay(say({ text: '\ud800' })), false)
  assert.equal(messages.isSay(say({ text: '\ud83d\ude00' })), true)
})

test('keys stand in the order of the contract', () => {
  assert.equal(messages.presence('r', 'ann', 'join', 2),
    '{"type":"presence","room":"r","user":"ann","event":"join","members":2}')
})
