// What the server does beside status and echo, as FEATURES names it: the core, and more. Each is a
// module of routes/, loaded before the server listens, with all that it needs;
// what is not named costs neither time nor memory. A module may have
//   routes     a Fastify plugin
//   match      of sockets: the path and query to what to do with one, or null
//   fallback   what answers paths that no route knows: takes(request), send(request, reply)
//   start      what is to be done before the server listens
//   libraries  their versions, for /about
import { config } from './config.js'

const CORE = ['chat', 'collab', 'game', 'iot', 'memory', 'shop', 'spa', 'streaming']
const MORE = ['cpu', 'crawler', 'errors', 'gateway', 'services', 'image', 'ocr', 'data', 'ml']

// Left out, and not even loaded, where several serve: these live in the memory of one process.
const ONE_PROCESS = ['collab', 'game', 'memory', ...(config.redisUrl ? [] : ['chat'])]
const isServed = name => config.alone || !ONE_PROCESS.includes(name)

const names = config.features.flatMap(name => name === 'core' ? CORE : [known(name)])
export const features = await Promise.all(names.filter(isServed).map(load))

function known (name) {
  if ([...CORE, ...MORE].includes(name)) return name
  throw new Error(`FEATURES: no feature "${name}"; there are core, ${MORE.join(', ')}`)
}

async function load (name) {
  try {
    const module = await import(`../routes/${name}.js`)
    await module.start?.()
    return { name, libraries: {}, ...module }
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error(`the feature "${name}" needs packages that are not installed; run scripts/setup-targets --heavy`)
    process.exit(1)
  }
}
