// Work for the processor: GET /cpu/{kernel}?n=&mode=inline|thread|pool.
import { KERNELS } from '../lib/kernels.js'
import { path } from '../lib/methods.js'
import { compute, MODES, startPools, stopPools } from '../lib/pools.js'
import { queryInteger, queryWord } from '../lib/wire.js'

export const start = startPools

export async function routes (app) {
  app.addHook('onClose', stopPools)
  for (const kernel of Object.keys(KERNELS)) path(app, `/cpu/${kernel}`, { GET: run(kernel) })
}

function run (kernel) {
  const { most, preset } = KERNELS[kernel]
  return async ({ query }) => {
    const n = queryInteger(query, 'n', { least: 1, most, otherwise: preset })
    const mode = queryWord(query, 'mode', MODES)
    return { kernel, n, check: await compute(mode, kernel, n) }
  }
}
