// What a request asks of a file beyond its path (RFC 9110): is the copy at hand still
// good, in which coding, and which part.

// If-None-Match: does the client hold this one already?
export function isHeld (header, etag) {
  if (header === undefined) return false
  return header.trim() === '*' || tags(header).includes(opaque(etag))
}

const tags = header => header.split(',').map(opaque)
const opaque = tag => tag.trim().replace(/^W\//, '')

// The first of `known` codings that Accept-Encoding allows, or none.
export function coding (header = '', known) {
  const accepted = header.toLowerCase().split(',').filter(each => !/;\s*q=0(\.0*)?\s*$/.test(each))
  const names = accepted.map(each => each.split(';', 1)[0].trim())
  return known.find(name => names.includes(name))
}

// The part that Range asks for, {first, last}; null if the file has none of it, and
// nothing (the whole) if there is no range that this server knows, or several.
export function range (header, size) {
  const [, first, last] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header ?? '') ?? []
  if (!first && !last) return undefined
  const part = first === ''
    ? { first: Math.max(0, size - Number(last)), last: size - 1 }
    : { first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
  if (first && last && Number(last) < Number(first)) return undefined
  return part.first < size ? part : null
}
