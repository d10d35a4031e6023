// A product of two square matrices in the arrays that a language has for numbers:
// typed arrays here, numpy on the other stack. lib/kernels.js has it in plain arrays.
export function product (n) {
  const [a, b] = squares(n)
  const c = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]
      for (let j = 0; j < n; j++) c[i * n + j] += factor * b[k * n + j]
    }
  }
  let check = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) check += c[i * n + j] * (1 + (i + j) % 7)
  }
  return String(check)
}

// The two matrices are drawn once: they are the input, not the work.
const drawn = { n: 0, pair: [] }

function squares (n) {
  if (drawn.n !== n) {
    let x = 1
    const square = () => Float64Array.from({ length: n * n }, () => (x = 16807 * x % 2147483647) % 1000)
    Object.assign(drawn, { n, pair: [square(), square()] })
  }
  return drawn.pair
}
