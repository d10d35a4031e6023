// The primary of WORKERS processes: hands them connections in turn (Node's own
// round robin), starts one anew that died, and ends with the last of them.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { config } from './config.js'

const ready = new Set()
let port = config.port
let listening = false
let stopping = false

// The socket is closed with the last worker; so that the next one is where that one was, a port
// of the system's choice is chosen here, once.
export async function supervise () {
  port ||= await freePort()
  for (let index = 0; index < config.workers; index++) start(index)
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

async function freePort () {
  const server = createServer().listen(0, config.host)
  await once(server, 'listening')
  const { port } = server.address()
  await once(server.close(), 'close')
  return port
}

function start (index) {
  const worker = cluster.fork({ WORKER: index, PORT: port })
  worker.on('message', message => hear(index, message))
  worker.on('exit', () => replace(index))
}

function hear (index, message) {
  if (message.failed) {
    end(message.failed)
  } else if (message.ready) {
    ready.add(index)
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
