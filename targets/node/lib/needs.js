// What a module of routes/ may need: see lib/features.js.
export const ONE_PROCESS = 'one process'
