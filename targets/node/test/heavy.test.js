import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { build } from '../app.js'
import { answer, ENGINES as NETWORKS } from '../heavy/digits.js'
import { ENGINES, faultyLine, HEADER } from '../heavy/groupby.js'
import * as image from '../routes/image.js'
import * as ocr from '../routes/ocr.js'

const app = build()
app.register(image.routes)
app.register(ocr.routes)
after(() => app.close())

const made = name => readFileSync(new URL(`../../data/inputs/${name}`, import.meta.url))
const post = (url, payload) => app.inject({ method: 'POST', url, payload })
const table = (...lines) => [HEADER, ...lines].join('\n')

test('a thumbnail is a JPEG of the width asked for', async () => {
  const { statusCode, rawPayload } = await post('/image/thumbnail?w=100', made('photo.png'))
  assert.equal(statusCode, 200)
  assert.equal(rawPayload.subarray(0, 3).toString('hex'), 'ffd8ff')
})

test('what is no picture is refused', async () => {
  assert.equal((await post('/image/thumbnail', 'GIF89a')).statusCode, 415)
  assert.equal((await post('/image/thumbnail', made('photo.jpg').subarray(0, 9000))).statusCode, 422)
})

test('a line of text is read', async () => {
  assert.equal((await post('/image/text', made('line.png'))).json().text, 'INVOICE 20417')
})

test('every engine groups alike', () => {
  const text = table('1,d1,eu,temp,5', '2,d2,eu,temp,-7', '3,d1,us,temp,1')
  for (const engine of Object.values(ENGINES)) {
    const { rows, groups } = engine(text)
    assert.equal(rows, 3)
    assert.deepEqual(groups.sort((a, b) => a.key < b.key ? -1 : 1), [
      { key: 'eu|temp', n: 2, sum: -2, min: -7, max: 5 },
      { key: 'us|temp', n: 1, sum: 1, min: 1, max: 1 }
    ])
  }
})

test('the faulty line is found, and every engine refuses its table', () => {
  for (const line of ['1,d1,eu,temp,x', '1,d1,eu,temp', '1,d1,eu,temp,5,6', '1,d1,,temp,5']) {
    const text = table('1,d1,eu,temp,5', line, '2,d1,eu,temp,5')
    assert.equal(faultyLine(text), 3)
    for (const [name, engine] of Object.entries(ENGINES)) assert.equal(engine(text), null, `${name}: ${line}`)
  }
  assert.equal(faultyLine('ts,value\n'), 1)
  assert.equal(faultyLine(table('1,d1,eu,temp,5')), 0)
})

test('a picture of a nought is told, by both engines', async () => {
  const { pixels } = JSON.parse(readFileSync(new URL('../../data/picture.json', import.meta.url), 'utf8'))
  for (const engine of Object.values(NETWORKS)) {
    const found = answer((await engine([pixels]))[0])
    assert.equal(found.digit, 0)
    assert.ok(Math.abs(found.scores_e4.reduce((a, b) => a + b) - 10000) <= 10)
  }
})
