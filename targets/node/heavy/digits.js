// The digit of a picture of 8 by 8: a network of 64, 32 and 10, computed in plain
// code or by ONNX Runtime, from the same weights.
import { readFileSync } from 'node:fs'
import { session, tensor } from './session.js'

const place = name => new URL(`../../data/${name}`, import.meta.url)
const { w1, b1, w2, b2 } = JSON.parse(readFileSync(place('digits.json'), 'utf8'))
const network = await session(place('digits.onnx'))

export const ENGINES = { plain, onnx }

async function plain (pictures) {
  return pictures.map(pixels => softmax(layer(layer(pixels, w1, b1).map(relu), w2, b2)))
}

async function onnx (pictures) {
  const pixels = tensor(Float32Array.from(pictures.flat()), [pictures.length, 64])
  const { scores: { data } } = await network.run({ pixels })
  return pictures.map((_, i) => Array.from(data.subarray(10 * i, 10 * i + 10)))
}

const relu = x => x > 0 ? x : 0

function layer (input, weights, biases) {
  const sums = [...biases]
  for (let i = 0; i < input.length; i++) {
    const row = weights[i]
    for (let j = 0; j < sums.length; j++) sums[j] += input[i] * row[j]
  }
  return sums
}

function softmax (logits) {
  const most = Math.max(...logits)
  const powers = logits.map(x => Math.exp(x - most))
  const sum = powers.reduce((a, b) => a + b)
  return powers.map(x => x / sum)
}

export function answer (scores) {
  return { digit: scores.indexOf(Math.max(...scores)), scores_e4: scores.map(x => Math.floor(x * 10000 + 0.5)) }
}
