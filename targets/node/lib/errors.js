// Every refusal is one exception, and one place turns it into the answer.
import { STATUS_CODES } from 'node:http'

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

// What is no request, or none in time, is answered on the bare connection, which then ends.
const BROKEN = {
  ERR_HTTP_REQUEST_TIMEOUT: new Refusal(408, 'slow_body', 'the request did not arrive in time'),
  HPE_HEADER_OVERFLOW: new Refusal(431, 'too_large', 'the header is too large')
}
const NONE = new Refusal(400, 'bad_request', 'the request is not valid')

export function onClientError (error, socket) {
  // Node.js counts from the connection on: who has sent nothing yet is not late.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) return
  const refusal = BROKEN[error.code] ?? NONE
  const body = JSON.stringify(errorBody(refusal))
  if (socket.writable) {
    socket.write(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nConnection: close\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  socket.destroy(error)
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
