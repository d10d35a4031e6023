// The database, if a feature needs one: SQLite in a file of this server's own,
// or PostgreSQL. Both offer the same:
//   query(sql, values)      rows
//   execute(sql, values)    how many rows it touched
//   transaction(work)       work({ query, execute, insertReadings }) in one transaction
// SQL numbers its values $1, $2, ... in the order in which they stand.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { config } from './config.js'

const isNeeded = ['core', 'shop', 'iot'].some(name => config.features.includes(name))
const isPostgres = config.databaseUrl !== ''
const read = name => readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8')

const { Database } = isNeeded ? await import(isPostgres ? './postgres.js' : './sqlite.js') : {}

// Makes the tables anew: once, before the first process serves.
export async function prepareTables () {
  if (!isNeeded) return
  if (!isPostgres) placeFile()
  const schema = read(isPostgres ? 'schema.postgresql.sql' : 'schema.sqlite.sql') + read('schema.sql')
  const owner = new Database(location(), config)
  await owner.prepare(schema)
  await owner.close()
}

function placeFile () {
  const folder = mkdtempSync(join(tmpdir(), 'target-'))
  process.env.DATABASE_FILE = join(folder, 'data.sqlite') // the workers inherit it
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
}

const location = () => isPostgres ? config.databaseUrl : process.env.DATABASE_FILE

// Opened with the first use, in the process that uses it.
let opened
export const database = isNeeded
  ? {
      query: (sql, values) => open().query(sql, values),
      execute: (sql, values) => open().execute(sql, values),
      transaction: work => open().transaction(work),
      close: () => opened?.close()
    }
  : null

function open () {
  opened ??= new Database(location(), config)
  return opened
}
