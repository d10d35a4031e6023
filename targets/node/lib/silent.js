// Connections that have sent nothing. node:http takes one for busy, not for idle, and would wait for it when the
// process stops until all are cut off.

// closeIdleConnections() closes these, too: not before what has arrived by now is read.
export function withSilent (server) {
  const open = new Set()
  server.on('connection', socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  const { closeIdleConnections } = server
  server.closeIdleConnections = () => {
    closeIdleConnections.call(server)
    setImmediate(closeSilent, open)
  }
  return server
}

function closeSilent (open) {
  for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
}
