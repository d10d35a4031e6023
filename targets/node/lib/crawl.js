// A crawl of one site: level by level, so that what is counted does not hang on which
// page came first.
import { Parser } from 'htmlparser2'
import { get, within } from './upstream.js'

const AT_ONCE = 32
const PAGE_MS = 2000
const REDIRECTS = 3
const NO_ANSWER = 0

export async function crawl (first, depth, max) {
  const start = resolve(first, new URL(first))
  const [seen, links, result] = [new Set([start]), new Set(), { pages: 0, links: 0, bytes: 0, errors: [] }]
  for (let level = [start]; level.length > 0 && depth >= 0; depth--) {
    const next = []
    for (const page of await visitAll(level)) {
      if (page.status !== 200) {
        result.errors.push({ url: page.url, status: page.status })
        continue
      }
      result.pages += 1
      result.bytes += page.bytes
      for (const link of page.links) {
        links.add(link)
        if (seen.has(link) || seen.size >= max) continue
        seen.add(link)
        next.push(link)
      }
    }
    level = next
  }
  return { ...result, links: links.size }
}

// In the order of `urls`, though not one after the other.
async function visitAll (urls) {
  const pages = []
  let next = 0
  const work = async () => {
    while (next < urls.length) {
      const place = next++
      pages[place] = await visit(urls[place])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return pages
}

async function visit (url) {
  try {
    return await within(PAGE_MS, signal => fetchPage(url, signal))
  } catch {
    return { url, status: NO_ANSWER }
  }
}

async function fetchPage (url, signal) {
  let place = new URL(url)
  for (let redirects = 0; ; redirects++) {
    const { status, headers, body } = await get(place.origin, place.pathname + place.search, signal)
    const target = status >= 300 && status < 400 && redirects < REDIRECTS ? resolve(headers.location, place) : null
    if (target) {
      place = new URL(target)
      continue
    }
    if (status !== 200) return { url, status }
    const isHtml = (headers['content-type'] ?? '').startsWith('text/html')
    const links = isHtml ? hrefs(body.toString()).map(href => resolve(href, place)).filter(Boolean) : []
    return { url, status, bytes: body.length, links }
  }
}

// Where on this site a link leads to, without its fragment; null: elsewhere.
function resolve (href, base) {
  if (href === undefined || !URL.canParse(href, base)) return null
  const url = new URL(href, base)
  url.hash = ''
  return url.origin === base.origin ? url.href : null
}

function hrefs (text) {
  const found = []
  const parser = new Parser({
    onopentag (name, { href }) {
      if (name === 'a' && href !== undefined) found.push(href)
    }
  })
  parser.end(text)
  return found
}
