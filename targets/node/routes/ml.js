// A small network: POST /ml/digits?engine=plain|onnx.
import { answer, ENGINES } from '../heavy/digits.js'
import { libraries } from '../heavy/session.js'
import { Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'
import { jsonBody, queryWord } from '../lib/wire.js'

export { libraries }

const MOST = 32 // pictures at once

export async function routes (app) {
  path(app, '/ml/digits', { POST: post })
}

async function post (request) {
  const engine = ENGINES[queryWord(request.query, 'engine', Object.keys(ENGINES))]
  const { pixels, batch } = jsonBody(request)
  if (batch === undefined) {
    if (!isPicture(pixels)) throw new Refusal(422, 'invalid', 'pixels are not valid', { field: 'pixels' })
    return answer((await engine([pixels]))[0])
  }
  const right = Array.isArray(batch) && batch.length >= 1 && batch.length <= MOST && batch.every(isPicture)
  if (!right) throw new Refusal(422, 'invalid', 'the batch is not valid', { field: 'batch' })
  return { results: (await engine(batch)).map(answer) }
}

function isPicture (value) {
  return Array.isArray(value) && value.length === 64 && value.every(x => Number.isInteger(x) && x >= 0 && x <= 16)
}
