// SQLite by Node's own module. Its calls block, so one connection reads and one
// writes; transactions queue for the latter, as one may pause between statements.
import { DatabaseSync } from 'node:sqlite'
import { Refusal } from './errors.js'
import { note } from './trace.js'

const BUSY = 5

class Connection {
  #statements = new Map()

  constructor (path, { databaseWaitMs }) {
    this.handle = new DatabaseSync(path, { timeout: databaseWaitMs })
    this.handle.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384')
  }

  async query (sql, values = []) {
    return call(() => this.#prepared(sql).all(...values))
  }

  async execute (sql, values = []) {
    return call(() => Number(this.#prepared(sql).run(...values).changes))
  }

  async insertReadings (device, readings) {
    const insert = this.#prepared('INSERT INTO reading (device_id, metric, ts, value) VALUES ($1, $2, $3, $4)')
    for (const { metric, ts, value } of readings) insert.run(device, metric, ts, value)
  }

  #prepared (sql) {
    note(sql)
    let found = this.#statements.get(sql)
    if (!found) {
      found = this.handle.prepare(sql.replace(/\$\d+/g, '?'))
      this.#statements.set(sql, found)
    }
    return found
  }
}

export class Database {
  #reader
  #writer
  #last = Promise.resolve() // of those who write

  constructor (path, settings) {
    this.#writer = new Connection(path, settings)
    this.#reader = new Connection(path, settings)
  }

  async prepare (schema) {
    this.#writer.handle.exec(schema)
  }

  query (sql, values) {
    return this.#reader.query(sql, values)
  }

  execute (sql, values) {
    return this.#inTurn(() => this.#writer.execute(sql, values))
  }

  transaction (work) {
    return this.#inTurn(async () => {
      call(() => this.#writer.handle.exec('BEGIN IMMEDIATE'))
      try {
        const result = await work(this.#writer)
        call(() => this.#writer.handle.exec('COMMIT'))
        return result
      } catch (error) {
        if (this.#writer.handle.isTransaction) this.#writer.handle.exec('ROLLBACK')
        throw error
      }
    })
  }

  async close () {
    await this.#last
    this.#reader.handle.close()
    this.#writer.handle.close()
  }

  #inTurn (work) {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => {})
    return mine
  }
}

function call (work) {
  try {
    return work()
  } catch (error) {
    if (error.errcode === BUSY) throw new Refusal(503, 'overloaded', 'the database is busy')
    throw error
  }
}
