// For the conformance suite (TRACE_STATEMENTS=1): which statements a request
// took, as the header x-statements. Without it nothing is noted.
import { AsyncLocalStorage } from 'node:async_hooks'
import { config } from './config.js'

const requests = config.traceStatements ? new AsyncLocalStorage() : null

const STATEMENT = /^(?:(INSERT) INTO|(UPDATE)|(DELETE) FROM|(SELECT).*?\bFROM)\s+(\w+)/

export function note (sql) {
  requests?.getStore()?.push(STATEMENT.exec(sql).slice(1).filter(Boolean).join(' '))
}

export function traceStatements (app) {
  if (!requests) return
  app.addHook('onRequest', (request, reply, done) => { requests.run([], done) })
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-statements', requests.getStore().join(', '))
  })
}
