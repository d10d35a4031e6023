// A crawler: POST /crawl {"start":URL,"depth":2,"max":500}.
import { config } from '../lib/config.js'
import { crawl } from '../lib/crawl.js'
import { Refusal } from '../lib/errors.js'
import { path } from '../lib/methods.js'
import { isWhole, jsonBody } from '../lib/wire.js'

// A page of this machine, or a path of the upstream.
const START = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(\/[\x21-\x7e]*)?$/
const PATH = /^\/[\x21-\x7e]*$/

export async function routes (app) {
  path(app, '/crawl', { POST: post })
}

async function post (request) {
  const { start, depth, max, parser = 'native' } = jsonBody(request)
  const bad = field => new Refusal(422, 'invalid', `${field} is not valid`, { field })
  const url = typeof start === 'string' && PATH.test(start) ? config.upstreams.leaf + start : start
  if (typeof url !== 'string' || !START.test(url) || !URL.canParse(url)) throw bad('start')
  if (!isWhole(depth, 0, 10)) throw bad('depth')
  if (!isWhole(max, 1, 2000)) throw bad('max')
  if (parser !== 'native' && parser !== 'plain') throw bad('parser') // one and the same here
  return crawl(url, depth, max)
}
