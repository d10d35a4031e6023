// A site of 2,000 pages to crawl: a tree of three children to a page, with links back,
// across and out of it, in every way of writing one. Page n % 100 == 99 is broken,
// n % 50 == 40 has moved to n + 1, n == 777 goes round in a circle.
const PAGES = 2000
const TEXT = 'A page says something, more or less, before it leads elsewhere. '

export function sitePage (id, response) {
  const n = /^[1-9][0-9]{0,3}$/.test(id) ? Number(id) : 0
  if (n < 1 || n > PAGES) return send(response, 404, 'text/plain', 'no such page')
  if (n % 100 === 99) return send(response, 500, 'text/plain', 'broken')
  if (n === 777) return moved(response, 777)
  if (n % 50 === 40) return moved(response, n + 1)
  if (n % 200 === 70) return send(response, 200, 'text/plain', `<a href="/site/${PAGES}">not a link</a>`)
  send(response, 200, 'text/html; charset=utf-8', page(n))
}

function page (n) {
  const links = [
    ...[3 * n - 1, 3 * n, 3 * n + 1].filter(child => child <= PAGES).map((child, i) => written(child, (n + i) % 5)),
    `/site/${Math.max(1, Math.floor((n + 1) / 3))}`,
    `/site/${n * 7 % PAGES + 1}`,
    '#top', 'https://example.org/', 'mailto:nobody@example.org', 'javascript:void(0)', ''
  ]
  const items = links.map((link, i) => `<li><A class='l' HREF="${link}">to &amp; fro ${i}</a>`)
  return `<!doctype html><html><head><title>Page ${n}</title><!-- <a href="/site/1999">no</a> --></head>` +
    `<body><h1>Page ${n}</h1><p>${TEXT.repeat(10 + n % 20)}</p><ul>${items.join('\n')}</ul>` +
    '<script>const text = "<a href=/site/1998>"</script></body></html>\n'
}

function written (n, way) {
  return [`/site/${n}`, `${n}`, `./${n}#part`, `../site/${n}`, `?page=${n}`][way]
}

function moved (response, n) {
  response.writeHead(301, { location: `/site/${n}`, 'content-length': 0 })
  response.end()
}

function send (response, status, type, text) {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
