// Tables: POST /data/groupby?engine=plain|frame|polars[&file=big].
import { readFileSync } from 'node:fs'
import { isUtf8 } from 'node:buffer'
import { ENGINES, faultyLine, HEADER } from '../heavy/groupby.js'
import { config } from '../lib/config.js'
import { Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'
import { isType, queryWord } from '../lib/wire.js'

const BIG = new URL('../../data/inputs/big.csv', import.meta.url)

export async function routes (app) {
  path(app, '/data/groupby', { POST: post }, { bodyLimit: config.dataBytes })
}

async function post (request) {
  const engine = queryWord(request.query, 'engine', Object.keys(ENGINES))
  const text = queryWord(request.query, 'file', ['', 'big']) ? readFileSync(BIG, 'utf8') : bodyText(request)
  const found = text.startsWith(`${HEADER}\n`) ? ENGINES[engine](text) : null
  if (!found) throw faulty(text)
  return { rows: found.rows, groups: found.groups.sort((a, b) => a.key < b.key ? -1 : 1) }
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
