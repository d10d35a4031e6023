// The page of an application and what it asks for: /, /assets/{name}, /api/feed.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { coding, isHeld } from '../lib/conditions.js'
import { config } from '../lib/config.js'
import { notFound } from '../lib/errors.js'
import { feedPage, PAGES } from '../lib/feed.js'
import { sendCoded, siteFile } from '../lib/files.js'
import { path } from '../lib/methods.js'
import { FEED, write } from '../lib/schemas.js'
import { queryInteger } from '../lib/wire.js'

const PAGE = 'index.html'

export async function routes (app) {
  path(app, '/', { GET: sendPage })
  path(app, '/assets/:name', { GET: sendAsset })
  path(app, '/api/feed', { GET: sendFeed })
}

async function sendPage (request, reply) {
  return sendCoded(request, reply.header('cache-control', 'no-cache'), siteFile(PAGE))
}

// A path that no route knows, but that a browser wants as a page: the application knows it.
function isPage ({ method, url, headers }) {
  return (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html') &&
    !/^\/(api|assets|ws)(\/|$)/.test(decodeURIComponent(url.split('?', 1)[0]))
}

export const fallback = { takes: isPage, send: sendPage }

async function sendAsset (request, reply) {
  const { name } = request.params
  if (name === PAGE) throw notFound()
  const file = siteFile(name)
  return sendCoded(request, reply.header('cache-control', 'public, max-age=31536000, immutable'), file)
}

// The tag is a weak one: it stands for the entries, packed or not.
async function sendFeed (request, reply) {
  const page = queryInteger(request.query, 'page', { least: 1, most: PAGES, otherwise: 1 })
  const body = Buffer.from(write(reply, feedPage(page), FEED))
  const etag = `W/"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`
  reply.header('cache-control', 'no-cache').header('vary', 'Accept-Encoding').header('etag', etag)
  if (isHeld(request.headers['if-none-match'], etag)) return reply.code(304).send()
  reply.type('application/json; charset=utf-8')
  if (body.length < config.gzipBytes || !coding(request.headers['accept-encoding'], ['gzip'])) return reply.send(body)
  return reply.header('content-encoding', 'gzip').send(gzipSync(body, { level: config.gzipLevel }))
}
