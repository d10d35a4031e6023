// Count, sum, least and greatest value for each region and metric of a table in
// CSV, by one of three engines. Each answers the whole table or null: the caller
// then looks for the line that is at fault.
import { fromCSV, op } from 'arquero'
import pl from 'nodejs-polars'

export const ENGINES = { plain, frame, polars }
export const HEADER = 'ts,device,region,metric,value'
const COLUMNS = HEADER.split(',')

function plain (text) {
  const groups = new Map()
  let rows = 0
  for (const line of text.trimEnd().split('\n').slice(1)) {
    const { region, metric, value } = fields(line) ?? {}
    if (region === undefined) return null
    const key = `${region}|${metric}`
    const group = groups.get(key)
    if (group) {
      group.n++
      group.sum += value
      if (value < group.min) group.min = value
      if (value > group.max) group.max = value
    } else {
      groups.set(key, { key, n: 1, sum: value, min: value, max: value })
    }
    rows++
  }
  return { rows, groups: [...groups.values()] }
}

const WHOLE = /^-?[0-9]{1,15}$/

function fields (line) {
  const [ts, device, region, metric, value, more] = line.split(',')
  if (more !== undefined || !device || !region || !metric) return null
  return WHOLE.test(ts) && WHOLE.test(value) ? { region, metric, value: Number(value) } : null
}

// The number of the first line that is not one of the table, from 1.
export function faultyLine (text) {
  const lines = text.trimEnd().split('\n')
  if (lines[0] !== HEADER) return 1
  const index = lines.slice(1).findIndex(line => !fields(line))
  return index < 0 ? 0 : index + 2
}

const group = (region, metric, rest) => ({ key: `${region}|${metric}`, ...rest })

const whole = field => WHOLE.test(field) ? Number(field) : NaN
const TYPES = { autoType: false, parse: { ts: whole, value: whole } } // or a region of 007 would be a number

// Arquero leaves out fields that are too many, and takes what is missing for null.
function frame (text) {
  const table = fromCSV(text.trimEnd(), TYPES)
  const commas = text.split(',').length - 1
  if (commas !== (COLUMNS.length - 1) * (table.numRows() + 1)) return null
  for (const name of COLUMNS) {
    const right = name === 'ts' || name === 'value' ? Number.isSafeInteger : field => field !== null
    if (!table.array(name).every(right)) return null
  }
  const grouped = table.groupby('region', 'metric').rollup({
    n: op.count(), sum: op.sum('value'), min: op.min('value'), max: op.max('value')
  })
  const groups = grouped.objects().map(({ region, metric, n, sum, min, max }) =>
    group(region, metric, { n, sum, min, max }))
  return { rows: table.numRows(), groups }
}

const DTYPES = { ts: pl.Int64, device: pl.Utf8, region: pl.Utf8, metric: pl.Utf8, value: pl.Int64 }

function polars (text) {
  try {
    const table = pl.readCSV(text, { dtypes: DTYPES, truncateRaggedLines: false })
    if (table.columns.join() !== HEADER || table.nullCount().row(0).some(count => count > 0)) return null
    const value = () => pl.col('value')
    const grouped = table.groupBy('region', 'metric').agg(
      value().count().alias('n'), value().sum().alias('sum'), value().min().alias('min'), value().max().alias('max'))
    const groups = grouped.rows().map(([region, metric, ...numbers]) => {
      const [n, sum, min, max] = numbers.map(Number)
      return group(region, metric, { n, sum, min, max })
    })
    return { rows: table.height, groups }
  } catch {
    return null
  }
}
