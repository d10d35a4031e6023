// The primary of WORKERS processes: hands them connections in turn (Node's own
// round robin), starts one anew that died, and ends with the last of them.
import cluster from 'node:cluster'
import { config } from './config.js'

const ready = new Set()
let port
let listening = false
let stopping = false

export function supervise () {
  for (let index = 0; index < config.workers; index++) start(index)
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function start (index) {
  const worker = cluster.fork({ WORKER: index })
  worker.on('message', message => hear(index, message))
  worker.on('exit', () => replace(index))
}

function hear (index, message) {
  if (message.failed) {
    end(message.failed)
  } else if (message.ready) {
    ready.add(index)
    port = message.ready
    announce()
  }
}

// Only when all serve: whoever waits for this line finds every process ready.
function announce () {
  if (listening || ready.size < config.workers) return
  listening = true
  console.log(`listening on ${port}`)
}

function replace (index) {
  if (stopping) {
    if (Object.keys(cluster.workers).length === 0) process.exit(0)
  } else if (ready.delete(index)) {
    start(index)
  } else {
    end(`worker ${index} ended before it was ready`)
  }
}

function end (message) {
  if (stopping) return
  stopping = true
  console.error(message)
  for (const worker of Object.values(cluster.workers)) worker.kill('SIGKILL')
  process.exit(1)
}

function stop () {
  if (stopping) return
  stopping = true
  for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM')
}
