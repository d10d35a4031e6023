// What is loaded at the start: it is paid for in time and memory.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const SHOW = "const { features } = await import('./lib/features.js'); console.log(features.map(each => each.name).join())"
const cwd = new URL('..', import.meta.url)

async function served (env) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SHOW],
    { cwd, env: { ...process.env, FEATURES: 'core', ...env } })
  return stdout.trim()
}

test('where several serve nothing is loaded that lives in one process', async () => {
  assert.equal(await served({ WORKERS: '1' }), 'chat,collab,game,iot,memory,shop,spa,streaming')
  assert.equal(await served({ WORKERS: '2', REDIS_URL: '' }), 'iot,shop,spa,streaming')
})

test('a feature that nobody knows is named', async () => {
  await assert.rejects(served({ FEATURES: 'core,chess' }), /no feature "chess"; there are core, cpu, /)
})
