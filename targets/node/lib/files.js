// The files of targets/data/made, as its manifest names them; no other is ever opened.
import { readFileSync, createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { coding, isHeld, range } from './conditions.js'
import { config } from './config.js'
import { notFound, Refusal } from './errors.js'
import { sendStream } from './streams.js'

const made = new URL('../../data/made/', import.meta.url)
const { media, site } = JSON.parse(readFileSync(new URL('manifest.json', made)))

export const mediaFile = name => named(media, name)
export const siteFile = name => named(site, name)

function named (files, name) {
  if (!Object.hasOwn(files, name)) throw notFound()
  return files[name]
}

// A file in the coding that the client likes best.
export function sendCoded (request, reply, file) {
  const name = coding(request.headers['accept-encoding'], ['br', 'gzip'])
  const form = file.encodings[name] ?? file
  if (form !== file) reply.header('content-encoding', name)
  reply.header('vary', 'Accept-Encoding').header('etag', form.etag)
  if (isHeld(request.headers['if-none-match'], form.etag)) return notModified(reply)
  return sendPart(reply.type(file.type), form, 0, form.size - 1)
}

// A file, or the one part of it that the client asks for.
export function sendRanged (request, reply, file) {
  const { headers } = request
  reply.header('etag', file.etag).header('accept-ranges', 'bytes')
  if (isHeld(headers['if-none-match'], file.etag)) return notModified(reply)
  const fresh = headers['if-range'] === undefined || headers['if-range'] === file.etag
  const part = request.method === 'GET' && fresh ? range(headers.range, file.size) : undefined
  if (part === null) throw unsatisfiable(file.size)
  if (part === undefined) return sendPart(reply.type(file.type), file, 0, file.size - 1)
  reply.code(206).header('content-range', `bytes ${part.first}-${part.last}/${file.size}`)
  return sendPart(reply.type(file.type), file, part.first, part.last)
}

const notModified = reply => reply.code(304).removeHeader('content-encoding').send()

function unsatisfiable (size) {
  const refusal = new Refusal(416, 'range', 'the file has no such part')
  refusal.headers = { 'content-range': `bytes */${size}` }
  return refusal
}

// Small parts at once, large ones in pieces of READ_BYTES.
async function sendPart (reply, { path }, first, last) {
  const place = new URL(path, made)
  const length = last - first + 1
  reply.header('content-length', length)
  const isHead = reply.request.method === 'HEAD'
  if (length <= config.readBytes && !isHead) return reply.send(await read(place, first, length))
  return sendStream(reply, () => createReadStream(place, { start: first, end: last, highWaterMark: config.readBytes }))
}

async function read (place, first, length) {
  const file = await open(place)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, first)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
