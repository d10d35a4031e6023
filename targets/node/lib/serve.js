// One process that serves: alone, or a worker of lib/primary.js.
import cluster from 'node:cluster'
import { build } from '../app.js'
import { bus } from './bus.js'
import { config } from './config.js'
import { database } from './database.js'
import { lifecycle } from './lifecycle.js'
import { sockets } from './sockets.js'
import { endStreams } from './streams.js'

const GOING_AWAY = 1001
const CLOSE_ANSWER_MS = 1000 // for a peer to answer the close frame

const app = build()

export async function serve () {
  try {
    await app.listen({ host: config.host, port: config.port, backlog: config.backlog })
  } catch (error) {
    return fail(`cannot listen on ${config.host}:${config.port}: ${error.code ?? error.message}`)
  }
  lifecycle.ready = true
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  const { port } = app.server.address()
  console.log(`worker ${config.worker} ready pid ${process.pid}`)
  if (cluster.isPrimary) console.log(`listening on ${port}`)
  else process.send({ ready: port })
}

function fail (message) {
  if (!cluster.isPrimary) return process.send({ failed: message }, () => process.exit(1))
  console.error(message)
  process.exit(1)
}

// First only say it, so that balancers and kept-alive clients leave; then stop
// accepting, close the sockets, and cut off whoever has not left by the deadline.
function stop () {
  if (lifecycle.draining) return
  lifecycle.draining = true
  setTimeout(close, config.drainMs)
  setTimeout(() => app.server.closeAllConnections(), config.stopMs - 500).unref()
}

async function close () {
  bus.closeAll(GOING_AWAY)
  endStreams()
  setTimeout(cutSockets, CLOSE_ANSWER_MS).unref()
  await app.close()
  await database?.close()
  process.exit(0)
}

function cutSockets () {
  for (const socket of sockets.clients) socket.terminate()
}
