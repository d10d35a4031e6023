// The WebSocket side of the server: the handshake, its refusal, and pings.
import { WebSocketServer } from 'ws'
import { config } from './config.js'
import { errorBody, notFound } from './errors.js'
import { NAME } from './messages.js'

const KEEPALIVE_FAILED = 1011

export const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload: config.wsMessageBytes,
  closeTimeout: config.wsCloseSeconds * 1000
})

// The sockets at /ws/KIND/{name}?WHO=...: a function that says of a path and its
// query what to do with the open socket, or null for 404.
export function socketPath (kind, who, accept) {
  const path = new RegExp(`^/ws/${kind}/([^/]*)$`)
  return (pathname, query) => {
    const name = path.exec(pathname)?.[1] ?? ''
    const given = query.getAll(who)
    if (!NAME.test(name) || given.length !== 1 || !NAME.test(given[0])) return null
    return accept(name, given[0], query)
  }
}

export function upgrade (matchers) {
  return (request, wire, head) => {
    const accept = find(matchers, request.url)
    if (!accept) return refuse(wire)
    wire.setNoDelay(true)
    sockets.handleUpgrade(request, wire, head, socket => {
      socket.on('error', () => {}) // the close that follows tells all there is
      keepAlive(socket)
      accept(socket, wire)
    })
  }
}

function find (matchers, target) {
  try {
    const url = new URL(target, 'ws://target')
    const pathname = decodeURIComponent(url.pathname)
    for (const match of matchers) {
      const accept = match(pathname, url.searchParams)
      if (accept) return accept
    }
  } catch {
    // not a path
  }
  return null
}

function refuse (wire) {
  const body = JSON.stringify(errorBody(notFound()))
  wire.on('error', () => {})
  wire.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

// A ping after each WS_PING_SECONDS; a peer that leaves one unanswered for
// WS_PONG_SECONDS is gone.
function keepAlive (socket) {
  let timer
  const schedule = () => { timer = setTimeout(ping, config.wsPingSeconds * 1000) }
  const ping = () => {
    socket.ping()
    timer = setTimeout(giveUp, config.wsPongSeconds * 1000)
  }
  const giveUp = () => {
    socket.close(KEEPALIVE_FAILED)
    socket.terminate() // no use in waiting for the answer of a peer that is gone
  }
  socket.on('pong', () => {
    clearTimeout(timer)
    schedule()
  })
  socket.on('close', () => clearTimeout(timer))
  schedule()
}
