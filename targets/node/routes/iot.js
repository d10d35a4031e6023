// Devices that send readings in batches, and what their readings were by the minute.
import { database } from '../lib/database.js'
import { notFound, Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'
import { isObject, isWhole, jsonBody, queryInteger } from '../lib/wire.js'

const DEVICE = /^[a-z0-9-]{1,64}$/
const METRIC = /^[a-z0-9_]{1,32}$/
const MINUTE_MS = 60_000
const MOST_READINGS = 1000
const MOST_MINUTES = 1440

export async function routes (app) {
  path(app, '/api/readings', { POST: store })
  path(app, '/api/devices/:id/summary', { GET: summary })
}

async function store (request, reply) {
  const { device, readings } = jsonBody(request)
  check(device, readings)
  await database.transaction(async tx => {
    await tx.execute('INSERT INTO device (id) VALUES ($1) ON CONFLICT DO NOTHING', [device])
    await tx.insertReadings(device, readings)
  })
  return reply.code(202).send({ stored: readings.length })
}

function check (device, readings) {
  const invalid = details => new Refusal(422, 'invalid', `${Object.keys(details)[0]} is not valid`, details)
  if (typeof device !== 'string' || !DEVICE.test(device)) throw invalid({ field: 'device' })
  if (!Array.isArray(readings) || readings.length < 1 || readings.length > MOST_READINGS) {
    throw invalid({ field: 'readings' })
  }
  const index = readings.findIndex(reading => !isReading(reading))
  if (index >= 0) throw invalid({ index })
}

function isReading (reading) {
  if (!isObject(reading)) return false
  const { ts, metric, value } = reading
  return isWhole(ts, 0, Number.MAX_SAFE_INTEGER) && typeof metric === 'string' && METRIC.test(metric) &&
    isWhole(value, -(2 ** 31), 2 ** 31 - 1)
}

// Minutes since the epoch, from the first to before the second.
async function summary (request) {
  const device = request.params.id
  if (!DEVICE.test(device)) throw notFound()
  const { metric } = request.query
  if (typeof metric !== 'string' || !METRIC.test(metric)) throw new Refusal(400, 'bad_request', 'metric is not valid')
  const from = queryInteger(request.query, 'from', { least: 0, most: 9_999_999_999 })
  const to = queryInteger(request.query, 'to', { least: from, most: from + MOST_MINUTES })
  const [known] = await database.query('SELECT id FROM device WHERE id = $1', [device])
  if (!known) throw notFound()
  const buckets = await database.query(
    'SELECT ts / 60000 AS minute, count(*) AS n, min(value) AS min, max(value) AS max, sum(value) AS sum ' +
    'FROM reading WHERE device_id = $1 AND metric = $2 AND ts >= $3 AND ts < $4 GROUP BY ts / 60000 ORDER BY 1',
    [device, metric, from * MINUTE_MS, to * MINUTE_MS])
  return { device, buckets }
}
