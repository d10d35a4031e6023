// Every refusal is one exception, and one place turns it into the answer.

export class Refusal extends Error {
  // `details` says what is at fault: { field }, { index }, { product }.
  constructor (status, code, message, details) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
    this.headers = {}
  }
}

export const errorBody = ({ code, message, details }) => ({ error: { code, message, ...details } })

// What is a client's fault, by the code that Fastify or the socket gives it.
const CLIENTS = {
  ECONNRESET: () => new Refusal(400, 'bad_request', 'the body is cut short'),
  FST_ERR_CTP_BODY_TOO_LARGE: () => new Refusal(413, 'too_large', 'the body is too large'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new Refusal(400, 'bad_request', 'the body is cut short'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new Refusal(415, 'unsupported', 'the content type is not one'),
  FST_ERR_BAD_URL: () => notFound()
}

export const notFound = () => new Refusal(404, 'not_found', 'no such resource')

export function asRefusal (error) {
  if (error instanceof Refusal) return error
  return CLIENTS[error.code]?.() ?? new Refusal(500, 'internal', 'the server failed')
}

export function onError (error, request, reply) {
  const refusal = asRefusal(error)
  if (refusal.status === 500) console.error(error)
  // What is left of a body over the limit is not read: the connection cannot go on. By HTTP/2 it can,
  // and such a header, which Fastify sets by itself, is none there.
  if (request.raw.stream) reply.removeHeader('connection')
  else if (refusal.status === 413) reply.header('connection', 'close')
  return reply.code(refusal.status).headers(refusal.headers).send(errorBody(refusal))
}
