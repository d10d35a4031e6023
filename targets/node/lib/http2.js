// HTTP/2 without TLS (h2c) beside HTTP/1.1 on one port, with HTTP2=1: who speaks HTTP/2 with prior
// knowledge says so first (RFC 9113 3.4). The server of HTTP/1.1 stays the one that listens.
import { createServer } from 'node:http2'

const PREFACE = Buffer.from('PRI ')

export function withHttp2 (server, answer) {
  const http2 = createServer({ settings: { maxConcurrentStreams: 1000 } }, answer)
  const [http1] = server.listeners('connection')
  const silent = kept(server, 'silent')
  const sessions = kept(http2, 'session')
  server.removeAllListeners('connection')
  server.on('connection', socket => {
    server.emit('silent', socket)
    socket.on('error', () => {}) // of a peer that goes before it has said anything
    socket.once('readable', () => {
      const first = socket.read()
      if (first === null) return socket.destroy() // it has ended
      silent.delete(socket)
      socket.unshift(first)
      if (first.subarray(0, PREFACE.length).equals(PREFACE)) http2.emit('connection', socket)
      else http1.call(server, socket)
    })
  })
  closeWith(server, sessions, silent)
  return server
}

// What comes with such an event, as long as it is open.
function kept (emitter, event) {
  const all = new Set()
  emitter.on(event, each => {
    all.add(each)
    each.once('close', () => all.delete(each))
  })
  return all
}

// By itself the server knows those that speak HTTP/1.1.
function closeWith (server, sessions, silent) {
  const { closeIdleConnections, closeAllConnections } = server
  server.closeIdleConnections = () => {
    closeIdleConnections.call(server)
    for (const socket of silent) socket.destroy()
    for (const session of sessions) session.close() // what is under way is answered
  }
  server.closeAllConnections = () => {
    closeAllConnections.call(server)
    for (const session of sessions) session.destroy()
  }
}
