// Where the process is in its life: /healthz and the drain read it.
export const lifecycle = { ready: false, draining: false }

// While draining, each answer asks its client to leave, so that no kept-alive
// connection is cut between a request and its answer.
export function closeWhileDraining (response) {
  if (!lifecycle.draining) return
  if (response.stream) response.stream.session.close() // HTTP/2: GOAWAY; what is under way is answered
  else response.setHeader('connection', 'close')
}
