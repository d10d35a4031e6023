import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { beforeEach, test } from 'node:test'
import { config } from '../lib/config.js'
import { Outbox } from '../lib/outbox.js'

let wire, socket, outbox, overflows

beforeEach(() => {
  overflows = 0
  wire = Object.assign(new EventEmitter(), { writableNeedDrain: false })
  socket = Object.assign(new EventEmitter(), {
    sent: [],
    send: frame => socket.sent.push(frame),
    close: code => { socket.code = code; socket.emit('close') }
  })
  outbox = new Outbox(socket, wire, () => { overflows += 1 })
})

const frame = size => Buffer.alloc(size)

test('an open socket gets each frame at once', () => {
  outbox.send(frame(1))
  assert.equal(socket.sent.length, 1)
})

test('a full socket gets them in order when it has drained', () => {
  wire.writableNeedDrain = true
  const frames = [frame(1), frame(2), frame(3)]
  for (const each of frames) outbox.send(each)
  assert.equal(socket.sent.length, 0)
  wire.writableNeedDrain = false
  wire.emit('drain')
  assert.deepEqual(socket.sent, frames)
})

test('the message over the limit closes with 1013, behind all that was queued', async () => {
  wire.writableNeedDrain = true
  for (let i = 0; i < config.readerMessages; i++) outbox.send(frame(1))
  await null
  assert.equal(overflows, 0)
  outbox.send(frame(1))
  outbox.send(frame(1))
  await null
  assert.equal(overflows, 1)
  assert.equal(socket.code, undefined)
  wire.writableNeedDrain = false
  wire.emit('drain')
  assert.equal(socket.sent.length, config.readerMessages)
  assert.equal(socket.code, 1013)
})

test('so does the byte over the limit', async () => {
  wire.writableNeedDrain = true
  outbox.send(frame(config.readerBytes))
  await null
  assert.equal(overflows, 0)
  outbox.send(frame(1))
  await null
  assert.equal(overflows, 1)
  socket.emit('close')
})
