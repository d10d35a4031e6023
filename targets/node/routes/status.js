// Is it up, and what exactly is it: /healthz and /about.
import { readFileSync } from 'node:fs'
import { config } from '../lib/config.js'
import { features } from '../lib/features.js'
import { lifecycle } from '../lib/lifecycle.js'
import { path } from '../lib/methods.js'
import { openStreams } from '../lib/streams.js'
import { sockets } from '../lib/sockets.js'

const libraries = Object.fromEntries(
  ['fastify', 'ws', 'piscina', 'pg', 'ioredis', ...(config.tuned ? ['fast-json-stringify'] : [])].map(name => [name, versionOf(name)]))

const stack = config.tuned ? 'node-tuned' : 'node'

function versionOf (name) {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return JSON.parse(readFileSync(manifest)).version
}

export async function routes (app) {
  path(app, '/healthz', { GET: healthz })
  path(app, '/about', { GET: async () => about(app) })
}

async function healthz (request, reply) {
  const ok = lifecycle.ready && !lifecycle.draining
  return reply.code(ok ? 200 : 503).send({
    status: ok ? 'ok' : 'unavailable', stack, workers: config.workers, worker: config.worker, pid: process.pid
  })
}

function about (app) {
  return {
    stack,
    runtime: `Node.js ${process.versions.node}`,
    server: `node:http, llhttp ${process.versions.llhttp}, libuv ${process.versions.uv}`,
    libraries: Object.assign({}, libraries, ...features.map(feature => feature.libraries)),
    features: features.map(feature => feature.name),
    settings: settingsInForce(app),
    open: { streams: openStreams() }
  }
}

// Read from the objects that obey them wherever these can be asked.
function settingsInForce (app) {
  return {
    workers: config.workers,
    backlog: config.backlog,
    keep_alive_seconds: app.server.keepAliveTimeout / 1000,
    body_bytes: app.initialConfig.bodyLimit,
    header_bytes: config.headerBytes,
    tcp_nodelay: 1,
    access_log: 0,
    ws_message_bytes: sockets.options.maxPayload,
    ws_deflate: sockets.options.perMessageDeflate ? 1 : 0,
    ws_ping_seconds: config.wsPingSeconds,
    ws_pong_seconds: config.wsPongSeconds,
    ws_close_seconds: sockets.options.closeTimeout / 1000,
    reader_messages: config.readerMessages,
    reader_bytes: config.readerBytes,
    history_kept: config.historyKept,
    history_welcome: config.historyWelcome,
    read_bytes: config.readBytes,
    gzip_level: config.gzipLevel,
    gzip_bytes: config.gzipBytes,
    database: config.databaseUrl ? 'postgresql' : 'sqlite',
    database_pool: config.databasePool,
    database_wait_ms: config.databaseWaitMs,
    broker: config.redisUrl ? 'redis' : 'none',
    request_seconds: app.server.requestTimeout / 1000,
    upstream_pool: config.upstreamPool,
    upstream_keep_seconds: config.upstreamKeepMs / 1000,
    doc_bytes: config.docBytes,
    doc_revs: config.docRevs,
    match_players: config.matchPlayers,
    features: config.features.join(','),
    cpu_threads: config.cpuThreads,
    cpu_pool: config.cpuPool,
    native_threads: config.nativeThreads,
    image_bytes: config.imageBytes,
    data_bytes: config.dataBytes,
    drain_ms: config.drainMs,
    stop_ms: config.stopMs,
    malloc_arena_max: Number(process.env.MALLOC_ARENA_MAX)
  }
}
