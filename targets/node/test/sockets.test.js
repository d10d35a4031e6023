import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import WebSocket from 'ws'
import { build } from '../app.js'

const app = build()
let address
before(async () => { address = (await app.listen({ port: 0, host: '127.0.0.1' })).replace('http', 'ws') })
after(() => app.close())

async function join (room, user) {
  const socket = new WebSocket(`${address}/ws/chat/${room}?user=${user}`)
  const frames = []
  socket.on('message', data => frames.push(JSON.parse(data)))
  socket.next = async () => {
    if (frames.length === 0) await once(socket, 'message')
    return frames.shift()
  }
  await once(socket, 'open')
  return socket
}

async function leave (socket) {
  socket.close()
  await once(socket, 'close')
}

test('a member is welcomed, hears itself, and is missed', async () => {
  const ann = await join('lobby', 'ann')
  assert.deepEqual((await ann.next()).members, ['ann'])
  const bob = await join('lobby', 'bob')
  assert.equal((await ann.next()).event, 'join')
  ann.send('{"type":"say","id":"a","at":1,"text":"hello"}')
  assert.equal((await ann.next()).seq, 1)
  await leave(bob)
  assert.equal((await ann.next()).event, 'leave')
  await leave(ann)
})

for (const [what, data, code] of [['binary', Buffer.from('{}'), 1003], ['no object', '[]', 1008]]) {
  test(`${what} closes with ${code}`, async () => {
    const ann = await join('offence', 'ann')
    ann.send(data)
    const [closed] = await once(ann, 'close')
    assert.equal(closed, code)
  })
}

test('a bad room is refused before the upgrade', async () => {
  const socket = new WebSocket(`${address}/ws/chat/Lobby?user=ann`)
  const [, response] = await once(socket, 'unexpected-response')
  assert.equal(response.statusCode, 404)
  socket.on('error', () => {})
  socket.terminate()
})
