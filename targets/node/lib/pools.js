// Where a kernel runs: on the event loop, or handed over to one of two pools.
// A process of Node.js that works in parallel uses worker threads, so both are
// of these; `thread` and `pool` differ in size.
import { Piscina } from 'piscina'
import { config } from './config.js'
import { runKernel } from './kernels.js'

const filename = new URL('../workers/kernel.js', import.meta.url).href
const pools = {}

export const MODES = ['inline', 'thread', 'pool']

// Before the first request, so that none waits for a thread to start.
export async function startPools () {
  pools.thread = pool(config.cpuThreads)
  pools.pool = pool(config.cpuPool)
  await Promise.all(Object.values(pools).flatMap(each =>
    Array.from({ length: each.maxThreads }, () => each.run({ kernel: 'fib', n: 1 }))))
}

export async function stopPools () {
  await Promise.all(Object.values(pools).map(each => each.destroy()))
}

function pool (threads) {
  return new Piscina({ filename, minThreads: threads, maxThreads: threads })
}

export function compute (mode, kernel, n) {
  return mode === 'inline' ? runKernel(kernel, n) : pools[mode].run({ kernel, n })
}
