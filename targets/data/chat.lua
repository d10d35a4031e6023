-- The chat of several processes: what happens in a room happens here, in one step, and is published
-- in the order in which it happened. Both stacks run this text.
--
-- KEYS  seq, history and members of the room; held: who is in which room through one process
-- ARGV  verb, and then
--   say    room's channel, messages kept, JSON before the number, JSON after it    -> the number
--   join   channel, room, user, process's channel, token, history told          -> 0
--   leave  room's channel, room, user                                              -> 0
--   read                                                              -> seq, messages (newest first)
--
-- On a room's channel: m and a message, p and a notice of presence. On a process's channel: the
-- token of who joins, a blank and the welcome. A process hears both on one connection, so whatever
-- comes behind the welcome happened after it, and whatever came before is in it.

local seq_key, history_key, members_key, held_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local verb, channel = ARGV[1], ARGV[2]

local function seq()
    return redis.call('GET', seq_key) or '0'
end

local function announce(room, user, event)
    redis.call('PUBLISH', channel, 'p{"type":"presence","room":"' .. room .. '","user":"' .. user ..
        '","event":"' .. event .. '","members":' .. redis.call('HLEN', members_key) .. '}')
end

local function say(kept, before, after)
    local number = redis.call('INCR', seq_key)
    local message = before .. number .. after
    redis.call('LPUSH', history_key, message)
    redis.call('LTRIM', history_key, 0, kept - 1)
    redis.call('PUBLISH', channel, 'm' .. message)
    return number
end

local function welcome(room, user, last)
    local members = redis.call('HKEYS', members_key)
    table.sort(members)
    local history = {}
    for i, message in ipairs(redis.call('LRANGE', history_key, 0, last - 1)) do
        table.insert(history, 1, message)
    end
    return '{"type":"welcome","room":"' .. room .. '","user":"' .. user .. '","seq":' .. seq() ..
        ',"members":["' .. table.concat(members, '","') .. '"],"history":[' .. table.concat(history, ',') .. ']}'
end

local function join(room, user, process, token, last)
    redis.call('HINCRBY', held_key, room .. ' ' .. user, 1)
    if redis.call('HINCRBY', members_key, user, 1) == 1 then
        announce(room, user, 'join')
    end
    redis.call('PUBLISH', process, token .. ' ' .. welcome(room, user, last))
    return 0
end

local function leave(room, user)
    if redis.call('HINCRBY', held_key, room .. ' ' .. user, -1) < 1 then
        redis.call('HDEL', held_key, room .. ' ' .. user)
    end
    if redis.call('HINCRBY', members_key, user, -1) < 1 then
        redis.call('HDEL', members_key, user)
        announce(room, user, 'leave')
    end
    return 0
end

if verb == 'say' then
    return say(ARGV[3], ARGV[4], ARGV[5])
elseif verb == 'join' then
    return join(ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7])
elseif verb == 'leave' then
    return leave(ARGV[3], ARGV[4])
end
return {seq(), redis.call('LRANGE', history_key, 0, -1)}
