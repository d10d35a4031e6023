// JSON text in and out, as strict as the other stack: UTF-8 without a byte
// order mark, and nothing but an object where the contract wants one.
import { isUtf8 } from 'node:buffer'
import { Refusal } from './errors.js'

export function isType (contentType = '', type) {
  return contentType.split(';', 1)[0].trim().toLowerCase() === type
}

export const isJson = contentType => isType(contentType, 'application/json')

export function parse (body) {
  if (isUtf8(body)) {
    try {
      return JSON.parse(body.toString())
    } catch {
      // falls through to the one refusal
    }
  }
  throw new Refusal(400, 'bad_json', 'the body is not JSON')
}

export function jsonBody (request) {
  if (!isJson(request.headers['content-type'])) {
    throw new Refusal(415, 'unsupported', 'the body must be application/json')
  }
  const value = parse(request.body ?? Buffer.alloc(0))
  if (!isObject(value)) throw new Refusal(422, 'invalid', 'the body must be an object')
  return value
}

export function isObject (value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// 5.0 and 5 are one number in JSON.
export const isWhole = (value, least, most) => Number.isSafeInteger(value) && value >= least && value <= most

// A query integer, in range; given twice is as wrong as not a number, and so is
// none where `otherwise` does not say what to take.
export function queryInteger (query, name, limits) {
  return integer(query[name], name, limits)
}

export function headerInteger (request, name, limits) {
  return integer(request.headers[name.toLowerCase()], name, limits)
}

function integer (text, name, { least = 0, most, otherwise }) {
  if (text === undefined && otherwise !== undefined) return otherwise
  const value = typeof text === 'string' && /^[0-9]{1,10}$/.test(text) ? Number(text) : NaN
  if (!(value >= least && value <= most)) {
    throw new Refusal(400, 'bad_request', `${name} must be a whole number from ${least} to ${most}`)
  }
  return value
}

// A query word out of those allowed; without it, the first of them.
export function queryWord (query, name, words) {
  const text = query[name] ?? words[0]
  if (!words.includes(text)) throw new Refusal(400, 'bad_request', `${name} must be one of ${words.join(', ')}`)
  return text
}
