// The process: one socket, one line when it listens, and an orderly end.
import { build } from './app.js'
import { bus } from './lib/bus.js'
import { config } from './lib/config.js'
import { lifecycle } from './lib/lifecycle.js'
import { sockets } from './lib/sockets.js'
import { endStreams } from './lib/streams.js'

const GOING_AWAY = 1001
const CLOSE_ANSWER_MS = 1000 // for a peer to answer the close frame

const app = build()
try {
  await app.listen({ host: config.host, port: config.port, backlog: config.backlog })
} catch (error) {
  console.error(`cannot listen on ${config.host}:${config.port}: ${error.code ?? error.message}`)
  process.exit(1)
}
lifecycle.ready = true
console.log(`worker 0 ready pid ${process.pid}`)
console.log(`listening on ${app.server.address().port}`)
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

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
  process.exit(0)
}

function cutSockets () {
  for (const socket of sockets.clients) socket.terminate()
}
