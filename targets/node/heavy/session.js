// One ONNX Runtime on both stacks, with one thread that does not spin while it waits.
import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import ort from 'onnxruntime-node'

export const libraries = { onnxruntime: ort.env.versions.node }
export const tensor = (data, shape) => new ort.Tensor('float32', data, shape)

export function session (file) {
  return ort.InferenceSession.create(readFileSync(file), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } }
  })
}

// Both stacks must load the same weights.
export function checkDigest (file, expected) {
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex')
  if (digest !== expected) throw new Error(`${file} has SHA-256 ${digest}, not ${expected}`)
}
