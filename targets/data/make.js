// Makes the files that the reference servers serve, into made/ beside this file: the
// application's pages and assets, with a gzip and a brotli form of each, a feed, and
// two media files. The same bytes on every machine, but for the compressed forms,
// which depend on the libraries' versions; both stacks serve the same files.
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'

const made = new URL('made/', import.meta.url)
const COMPRESS_FROM = 1024
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  bin: 'application/octet-stream',
  mp4: 'video/mp4'
}

// x' = 16807 x mod 2147483647: exact in the numbers of every language.
let x = 1
const draw = below => { x = 16807 * x % 2147483647; return x % below }

const WORDS = ('answer arrive array balance basket between branch bright buffer button carry change circle ' +
  'client close colour column copper corner count cover create cursor danger delay detail dinner direct ' +
  'distance double engine enter equal event evening factor family figure filter finger follow forest frame ' +
  'garden gather glass graph handle happen harbour history island journey kitchen ladder language letter ' +
  'listen margin market matter measure meeting message middle minute mirror moment morning mountain music ' +
  'narrow nature number object office orange order origin paper parent party pattern pencil people picture ' +
  'planet plenty pocket point promise quarter question queue railway reader reason record render request ' +
  'result return river route sample school season second server shadow signal silver simple single sister ' +
  'square station stone stream street string summer supper symbol system table target thread ticket title ' +
  'token travel triangle tunnel update value velvet vessel village visit volume water weather window winter').split(' ')

const word = () => WORDS[draw(WORDS.length)]
const words = count => Array.from({ length: count }, word).join(' ')

const files = {}

function write (folder, name, content) {
  writeFileSync(new URL(`${folder}/${name}`, made), content)
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`
  return { path: `${folder}/${name}`, size: content.length, etag }
}

function keep (folder, name, content) {
  const extension = name.split('.').at(-1)
  const file = { ...write(folder, name, content), type: TYPES[extension], encodings: {} }
  if (folder === 'site' && content.length >= COMPRESS_FROM) {
    file.encodings.br = write(folder, `${name}.br`, brotliCompressSync(content))
    file.encodings.gzip = write(folder, `${name}.gz`, gzipSync(content, { level: 9 }))
  }
  files[folder] ??= {}
  files[folder][name] = file
}

// NAME.HASH.EXTENSION: a name that stands for these bytes for ever.
function keepAsset (name, extension, text) {
  const content = Buffer.from(text)
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8)
  keep('site', `${name}.${hash}.${extension}`, content)
  return `/assets/${name}.${hash}.${extension}`
}

function script (functions) {
  let text = ''
  for (let n = 0; n < functions; n++) {
    const [first, second] = [word(), word()]
    text += `export function ${first}${n} (${second}, ${word()}) {\n` +
      `  const ${word()} = ${second}.${word()}(${draw(1000)}, '${words(3)}')\n` +
      `  if (!${second}.${word()}) return ${second}.${word()}.map(each => each.${word()} + ${draw(100)})\n` +
      `  return { ${word()}: ${second}, ${word()}: '${words(2)}' }\n}\n\n`
  }
  return text
}

function sheet (rules) {
  let text = ''
  for (let n = 0; n < rules; n++) {
    text += `.${word()}-${word()} > .${word()} {\n  margin: ${draw(32)}px ${draw(32)}px;\n` +
      `  color: #${(draw(0xffffff)).toString(16).padStart(6, '0')};\n}\n`
  }
  return text
}

function drawing (lines) {
  let text = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">\n'
  for (let n = 0; n < lines; n++) {
    text += `  <path d="M${draw(512)} ${draw(512)}L${draw(512)} ${draw(512)}" stroke="#${draw(10)}${draw(10)}${draw(10)}"/>\n`
  }
  return text + '</svg>\n'
}

function page (assets) {
  const [vendor, app, style, logo] = assets
  return '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Orders</title>\n' +
    `<link rel="stylesheet" href="${style}">\n<script type="module" src="${vendor}"></script>\n` +
    `<script type="module" src="${app}"></script>\n</head>\n<body>\n<img src="${logo}" alt="">\n` +
    `<main id="app"></main>\n<noscript>${words(150)}</noscript>\n</body>\n</html>\n`
}

function feed (count) {
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1, title: words(5), body: words(40), likes: draw(1000), at: 1763900000000 + i * 60000
  }))
}

// Bytes that do not repeat: each block is the hash of its number.
function film (bytes) {
  const blocks = []
  for (let n = 0; n < bytes / 32; n++) blocks.push(createHash('sha256').update(String(n)).digest())
  return Buffer.concat(blocks).subarray(0, bytes)
}

rmSync(made, { recursive: true, force: true })
for (const folder of ['site', 'media']) mkdirSync(new URL(folder, made), { recursive: true })
const assets = [keepAsset('vendor', 'js', script(700)), keepAsset('app', 'js', script(200)),
  keepAsset('style', 'css', sheet(250)), keepAsset('logo', 'svg', drawing(60))]
keep('site', 'index.html', Buffer.from(page(assets)))
keep('media', 'film.mp4', film(16 * 1024 * 1024))
keep('media', 'clip.bin', film(100_000))
writeFileSync(new URL('feed.json', made), JSON.stringify(feed(1000)))
writeFileSync(new URL('manifest.json', made), JSON.stringify(files, null, 1) + '\n')
