// What a worker thread of the pools runs.
import { runKernel } from '../lib/kernels.js'

export default ({ kernel, n }) => runKernel(kernel, n)
