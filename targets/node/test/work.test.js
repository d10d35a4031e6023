import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { build } from '../app.js'
import { KERNELS, runKernel } from '../lib/kernels.js'
import { MODES } from '../lib/pools.js'
import { routes, start } from '../routes/cpu.js'

const app = build()
app.register(routes)
await start()
after(() => app.close())

const get = async url => (await app.inject(url)).json()

test('each kernel is a function of n alone', () => {
  for (const kernel of Object.keys(KERNELS)) {
    assert.equal(runKernel(kernel, 9), runKernel(kernel, 9))
    assert.notEqual(runKernel(kernel, 9), runKernel(kernel, 12))
  }
})

test('kernels find what is known', () => {
  assert.equal(runKernel('sieve', 1), '0')
  assert.equal(runKernel('sieve', 1000), '168')
  assert.equal(runKernel('fib', 20), '6765')
  // printf of 32 zero bytes, through sha256sum
  assert.equal(runKernel('hash', 1), '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925')
})

test('a kernel answers alike wherever it runs', async () => {
  for (const mode of MODES) {
    assert.deepEqual(await get(`/cpu/sieve?n=1000&mode=${mode}`), { kernel: 'sieve', n: 1000, check: '168' })
  }
})

test('n and mode are held to the contract', async () => {
  for (const query of ['n=0', 'n=33', 'n=x', 'n=1&n=2', 'mode=fork', 'mode=', 'mode=pool&mode=pool']) {
    assert.equal((await get(`/cpu/fib?${query}`)).error?.code, 'bad_request', query)
  }
})

test('a session is kept until it is deleted', async () => {
  const status = async (method, url) => (await app.inject({ method, url })).statusCode
  assert.equal(await status('GET', '/session/a'), 404)
  assert.equal(await status('PUT', '/session/a?kib=2'), 204)
  assert.deepEqual(await get('/session/a'), { id: 'a', kib: 2, check: '28' })
  assert.equal(await status('PUT', '/session/a?kib=1'), 204)
  assert.deepEqual(await get('/session/a'), { id: 'a', kib: 1, check: '6' })
  assert.equal(await status('DELETE', '/session/a'), 204)
  assert.equal(await status('DELETE', '/session/a'), 404)
})
