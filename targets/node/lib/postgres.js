// PostgreSQL by node-postgres: a pool of connections, statements unnamed, each
// answered before the next is sent.
import pg from 'pg'
import { Refusal } from './errors.js'
import { note } from './trace.js'

const INT8 = 20

pg.types.setTypeParser(INT8, Number) // they stay below 2^53 here

class Connection {
  #client

  constructor (client) {
    this.#client = client // or the pool itself
  }

  async query (sql, values) {
    note(sql)
    return (await this.#client.query(sql, values)).rows
  }

  async execute (sql, values) {
    note(sql)
    return (await this.#client.query(sql, values)).rowCount
  }

  async insertReadings (device, readings) {
    const column = name => readings.map(reading => reading[name])
    await this.execute('INSERT INTO reading (device_id, metric, ts, value) ' +
      'SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::integer[])',
    [device, column('metric'), column('ts'), column('value')])
  }
}

export class Database {
  #pool
  #schema // ours alone: nothing else in the database is touched

  constructor (url, { namespace, databasePool, databaseWaitMs }) {
    this.#schema = namespace
    this.#pool = new pg.Pool({
      connectionString: url,
      max: databasePool,
      connectionTimeoutMillis: databaseWaitMs,
      idleTimeoutMillis: 0,
      options: `-c search_path=${namespace}`
    })
    this.#pool.on('error', () => {}) // an idle connection was lost: the next request takes another
  }

  async prepare (schema) {
    await this.#pool.query(`DROP SCHEMA IF EXISTS ${this.#schema} CASCADE; CREATE SCHEMA ${this.#schema}; ${schema}`)
  }

  query (sql, values) {
    return this.#with(connection => connection.query(sql, values))
  }

  execute (sql, values) {
    return this.#with(connection => connection.execute(sql, values))
  }

  transaction (work) {
    return this.#with(async (connection, client) => {
      await client.query('BEGIN')
      try {
        const result = await work(connection)
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK')
        throw error
      }
    })
  }

  close () {
    return this.#pool.end()
  }

  async #with (work) {
    const client = await this.#take()
    let lost
    try {
      return await work(new Connection(client), client)
    } catch (error) {
      lost = error instanceof Refusal || error.severity === 'ERROR' ? undefined : error
      throw error
    } finally {
      client.release(lost) // one that may be in the middle of something is not used again
    }
  }

  async #take () {
    try {
      return await this.#pool.connect()
    } catch {
      throw new Refusal(503, 'overloaded', 'no connection to the database')
    }
  }
}
