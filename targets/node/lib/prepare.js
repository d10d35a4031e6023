// What is made anew before the first process serves: the tables, and what Redis
// holds. What replicas share is made by the first of them.
import { config } from './config.js'
import { prepareTables } from './database.js'

export async function prepare () {
  const isFirst = (process.env.REPLICA ?? '0') === '0'
  try {
    if (isFirst || !config.databaseUrl) await prepareTables()
    if (isFirst && config.redisUrl) await prepareRooms()
  } catch (error) {
    console.error(`cannot prepare the data: ${error.message || error.code || error}`)
    process.exit(1)
  }
}

async function prepareRooms () {
  const { default: Redis } = await import('ioredis')
  const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 0 })
  redis.on('error', () => {}) // the command fails by itself
  for await (const keys of redis.scanStream({ match: `${config.namespace}:*`, count: 1000 })) {
    if (keys.length > 0) await redis.del(keys)
  }
  await redis.quit()
}
