// The equal settings of ../settings.env. A missing or malformed value ends the
// start: a silent default would make the two stacks differ unseen.
import { fileURLToPath } from 'node:url'

process.loadEnvFile(fileURLToPath(new URL('../../settings.env', import.meta.url)))

function whole (name) {
  const text = process.env[name] ?? ''
  if (!/^[0-9]{1,10}$/.test(text)) throw new Error(`${name} must be a whole number, not "${text}"`)
  return Number(text)
}

// What is neither SQLite nor PostgreSQL must not be taken for one of them. It is not told: it may hold a password.
function database () {
  const text = process.env.DATABASE_URL
  if (!/^(postgres(ql)?:\/\/.*)?$/.test(text)) throw new Error('DATABASE_URL must be empty or begin with postgresql://')
  return text
}

// Where the services are: STUB_URL is all of them that have no URL of their own.
function upstreams (...names) {
  return Object.fromEntries(names.map(name => [name, process.env[`${name.toUpperCase()}_URL`] || process.env.STUB_URL]))
}

export const config = Object.freeze({
  host: process.env.HOST,
  port: process.env.PORT ? whole('PORT') : 0,
  workers: whole('WORKERS'),
  alone: process.env.WORKERS === '1' && process.env.REPLICA === undefined, // all that serves
  // Of several, also of several replicas, which one this is
  worker: Number(process.env.REPLICA ?? 0) * whole('WORKERS') + Number(process.env.WORKER ?? 0),
  supervised: process.env.WORKERS !== '1' || process.env.SUPERVISED === '1', // started anew when it dies
  backlog: whole('BACKLOG'),
  keepAliveSeconds: whole('KEEP_ALIVE_SECONDS'),
  bodyBytes: whole('BODY_BYTES'),
  headerBytes: whole('HEADER_BYTES'),
  wsMessageBytes: whole('WS_MESSAGE_BYTES'),
  wsPingSeconds: whole('WS_PING_SECONDS'),
  wsPongSeconds: whole('WS_PONG_SECONDS'),
  wsCloseSeconds: whole('WS_CLOSE_SECONDS'),
  readerMessages: whole('READER_MESSAGES'),
  readerBytes: whole('READER_BYTES'),
  historyKept: whole('HISTORY_KEPT'),
  historyWelcome: whole('HISTORY_WELCOME'),
  readBytes: whole('READ_BYTES'),
  gzipLevel: whole('GZIP_LEVEL'),
  gzipBytes: whole('GZIP_BYTES'),
  databaseUrl: database(),
  namespace: process.env.NAMESPACE,
  databasePool: whole('DATABASE_POOL'),
  databaseWaitMs: whole('DATABASE_WAIT_MS'),
  redisUrl: process.env.REDIS_URL,
  traceStatements: process.env.TRACE_STATEMENTS === '1', // for the conformance suite
  requestSeconds: whole('REQUEST_SECONDS'),
  faults: process.env.FAULTS === '1',
  tuned: process.env.TUNED === '1',
  http2: process.env.HTTP2 === '1',
  upstreamPool: whole('UPSTREAM_POOL'),
  upstreamKeepMs: whole('UPSTREAM_KEEP_SECONDS') * 1000,
  upstreams: upstreams('users', 'catalogue', 'prices', 'stock', 'leaf'),
  docBytes: whole('DOC_BYTES'),
  docRevs: whole('DOC_REVS'),
  matchPlayers: whole('MATCH_PLAYERS'),
  features: process.env.FEATURES.split(','),
  cpuThreads: whole('CPU_THREADS'),
  cpuPool: whole('CPU_POOL'),
  nativeThreads: whole('UV_THREADPOOL_SIZE'), // libuv reads it itself
  imageBytes: whole('IMAGE_BYTES'),
  dataBytes: whole('DATA_BYTES'),
  drainMs: whole('DRAIN_MS'),
  stopMs: whole('STOP_MS')
})
