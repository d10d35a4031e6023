// What the server does beyond its core, as FEATURES names it. A feature is a
// module of routes/ that is loaded before the server listens, with all that it
// needs; what is not named costs neither time nor memory.
import { config } from './config.js'

const KNOWN = ['cpu', 'image', 'ocr', 'data', 'ml']

export const features = await Promise.all(config.features.filter(name => name !== 'core').map(load))

async function load (name) {
  if (!KNOWN.includes(name)) throw new Error(`FEATURES: no feature "${name}"; there are core, ${KNOWN.join(', ')}`)
  try {
    const { routes, start, libraries = {} } = await import(`../routes/${name}.js`)
    await start?.()
    return { name, routes, libraries }
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error(`the feature "${name}" needs packages that are not installed; run scripts/setup-targets --heavy`)
    process.exit(1)
  }
}
