// The process: one socket, one line when it listens, and an orderly end. With
// WORKERS over 1, or SUPERVISED=1, this is also the primary of as many processes.
import cluster from 'node:cluster'
import { config } from './lib/config.js'
import { prepare } from './lib/prepare.js'

if (cluster.isPrimary) await prepare()
if (cluster.isPrimary && config.supervised) {
  const { supervise } = await import('./lib/primary.js')
  await supervise()
} else {
  const { serve } = await import('./lib/serve.js')
  await serve()
}
