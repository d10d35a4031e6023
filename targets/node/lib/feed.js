// The feed of the page: a thousand entries, twenty to a page.
import { readFileSync } from 'node:fs'

const PER_PAGE = 20
export const PAGES = 50

let entries // read with the first request: who serves no feed does not hold it

export function feedPage (page) {
  entries ??= JSON.parse(readFileSync(new URL('../../data/made/feed.json', import.meta.url)))
  return { page, pages: PAGES, items: entries.slice((page - 1) * PER_PAGE, page * PER_PAGE) }
}
