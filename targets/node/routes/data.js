// Tables and numbers: POST /data/groupby?engine=plain|frame|polars[&file=big], GET /data/product?n=.
import { readFileSync } from 'node:fs'
import { isUtf8 } from 'node:buffer'
import { ENGINES, faultyLine, HEADER } from '../heavy/groupby.js'
import { product } from '../heavy/product.js'
import { config } from '../lib/config.js'
import { Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'
import { isType, queryInteger, queryWord } from '../lib/wire.js'

const BIG = new URL('../../data/inputs/big.csv', import.meta.url)

export async function routes (app) {
  path(app, '/data/groupby', { POST: post }, { bodyLimit: config.dataBytes })
  path(app, '/data/product', { GET: multiply })
}

async function post (request) {
  const engine = queryWord(request.query, 'engine', Object.keys(ENGINES))
  const text = queryWord(request.query, 'file', ['', 'big']) ? readFileSync(BIG, 'utf8') : bodyText(request)
  const found = text.startsWith(`${HEADER}\n`) ? ENGINES[engine](text) : null
  if (!found) throw faulty(text)
  return { rows: found.rows, groups: found.groups.sort(byBytes) }
}

// Two texts of UTF-16 are in another order than their bytes where one has a character beyond U+FFFF.
function byBytes (a, b) {
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))
}

async function multiply ({ query }) {
  const n = queryInteger(query, 'n', { least: 1, most: 512, otherwise: 256 })
  return { n, check: product(n) }
}

function bodyText ({ headers, body }) {
  if (!isType(headers['content-type'], 'text/csv')) throw new Refusal(415, 'unsupported', 'the body must be text/csv')
  if (!body || !isUtf8(body)) throw new Refusal(422, 'invalid', 'the table is not UTF-8', { line: 1 })
  return body.toString()
}

function faulty (text) {
  const line = faultyLine(text) || 1
  return new Refusal(422, 'invalid', `line ${line} is not of the table`, { line })
}
