// The routes that FEATURES asks for. Only these are loaded: what a server does
// not serve costs it no start-up time and no memory.
import { existsSync } from 'node:fs'
import { config } from './config.js'

const place = name => new URL(`../routes/${name}.js`, import.meta.url)

for (const name of config.features) {
  if (!existsSync(place(name))) throw new Error(`FEATURES names "${name}", which is not there`)
}

// A module has `routes`, a Fastify plugin, and `match` if it has sockets.
export const modules = await Promise.all(['status', 'echo', ...config.features].map(name => import(place(name))))

// What to do with a socket that asks for this path, or null for 404.
export function match (pathname, query) {
  for (const module of modules) {
    const accept = module.match?.(pathname, query)
    if (accept) return accept
  }
  return null
}
