// The five kernels of /cpu, in plain JavaScript. django/core/kernels.py is the
// same, line for line; targets/README.md says in words what each computes.
import { createHash } from 'node:crypto'

// The limits are those of the contract, the presets what a request without n gets.
export const KERNELS = {
  sieve: { run: sieve, most: 10_000_000, preset: 200_000 },
  matrix: { run: matrix, most: 256, preset: 64 },
  hash: { run: hash, most: 1_000_000, preset: 2_000 },
  json: { run: json, most: 100_000, preset: 1_000 },
  fib: { run: fib, most: 32, preset: 20 }
}

export const runKernel = (kernel, n) => String(KERNELS[kernel].run(n))

// Park and Miller's generator: every product is below 2^46, exact in a double.
function numbers (x = 1) {
  return () => (x = 16807 * x % 2147483647)
}

function sieve (n) {
  const composite = new Uint8Array(n + 1)
  let count = 0
  for (let i = 2; i <= n; i++) {
    if (composite[i]) continue
    count++
    for (let j = i * i; j <= n; j += i) composite[j] = 1
  }
  return count
}

function matrix (n) {
  const next = numbers()
  const a = square(n, next)
  const b = square(n, next)
  let check = 0
  for (let i = 0; i < n; i++) {
    const row = new Array(n).fill(0)
    for (let k = 0; k < n; k++) {
      const factor = a[i][k]
      const other = b[k]
      for (let j = 0; j < n; j++) row[j] += factor * other[j]
    }
    for (let j = 0; j < n; j++) check += row[j] * (1 + (i + j) % 7)
  }
  return check
}

function square (n, next) {
  return Array.from({ length: n }, () => Array.from({ length: n }, () => next() % 1000))
}

function hash (n) {
  let digest = Buffer.alloc(32)
  for (let i = 0; i < n; i++) digest = createHash('sha256').update(digest).digest()
  return digest.toString('hex')
}

function json (n) {
  const kept = JSON.parse(table(n))
    .filter(row => row.active)
    .map(row => ({ id: row.id, name: row.name, double: row.score * 2 }))
  return `${kept.length}:${JSON.stringify(kept).length}`
}

// The text to parse is made once: it is the input, not the work.
const made = { n: 0, text: '' }

function table (n) {
  if (made.n !== n) {
    const next = numbers()
    const rows = Array.from({ length: n }, (_, i) => {
      const score = next() % 100000
      return `{"id":${i},"name":"user${i}","score":${score},"active":${score % 2 === 1},"tags":["a","b"]}`
    })
    Object.assign(made, { n, text: `[${rows.join(',')}]` })
  }
  return made.text
}

function fib (n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2)
}
