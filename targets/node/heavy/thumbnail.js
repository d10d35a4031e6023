// Pictures by sharp: libvips. One thread each and no cache, as on the other stack.
import sharp from 'sharp'
import { Refusal } from '../lib/errors.js'

export const MOST_PIXELS = 25_000_000
const QUALITY = 80
const MAGIC = [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.from('\xff\xd8\xff', 'latin1')]

sharp.concurrency(1)
sharp.cache(false)

export const libraries = { sharp: sharp.versions.sharp, libvips: sharp.versions.vips }

const undecodable = () => new Refusal(422, 'invalid', 'the picture cannot be read')

// Told by its first bytes; the header is read, and judged, before any pixel.
export async function open (body) {
  if (!MAGIC.some(magic => body.subarray(0, magic.length).equals(magic))) {
    throw new Refusal(415, 'unsupported', 'the picture must be PNG or JPEG')
  }
  const picture = sharp(body, { limitInputPixels: false })
  const { width, height } = await picture.metadata().catch(() => { throw undecodable() })
  if (width * height > MOST_PIXELS) throw new Refusal(422, 'invalid', 'the picture has too many pixels')
  return { picture, width, height }
}

export async function thumbnail (body, width) {
  const { picture, width: fullWidth, height: fullHeight } = await open(body)
  const height = Math.max(1, Math.floor(fullHeight * width / fullWidth + 0.5))
  return picture
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .jpeg({ quality: QUALITY, chromaSubsampling: '4:2:0', progressive: false, optimiseCoding: false, mozjpeg: false })
    .toBuffer()
    .catch(() => { throw undecodable() })
}

// Red, green and blue of each pixel.
export async function pixels (body) {
  const { picture, width, height } = await open(body)
  const data = await picture.flatten({ background: '#ffffff' }).toColourspace('srgb').raw().toBuffer()
    .catch(() => { throw undecodable() })
  return { data, width, height }
}
