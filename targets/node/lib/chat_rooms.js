// The rooms of the chat: in this process's memory, or in Redis, where several
// processes share them.
import { config } from './config.js'

const nothing = async () => {}

export const { room, peek, openRooms = nothing, closeRooms = nothing } =
  await import(config.redisUrl ? './shared_rooms.js' : './rooms.js')
