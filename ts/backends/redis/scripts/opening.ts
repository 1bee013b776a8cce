/**
 * The scripts that open a store, tell its head, and raise its formats.
 *
 * @module
 */

import { common } from "./shared.js";

const opening = `
local id, read, write, maxEntries, maxBytes, replica, knows = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])

if redis.call('EXISTS', header) == 0 then
  for _, key in ipairs(KEYS) do
    if redis.call('EXISTS', key) == 1 then damaged('header', 'is missing, but there is data: ' .. key) end
  end
  redis.call('HSET', header, 'format', 'holdall', 'id', id, 'readFormat', text(read), 'writeFormat', text(write))
  if maxEntries ~= '' then redis.call('HSET', header, 'maxEntries', maxEntries) end
  if maxBytes ~= '' then redis.call('HSET', header, 'maxBytes', maxBytes) end
  redis.call('HSET', head, 'number', '0', 'mark', id, 'time', text(timeAfter(0)), 'bytes', '0', 'trimmed', '0', 'trimmedMark', id, 'logBytes', '0')
end

local about = redis.call('HMGET', header, 'format', 'id', 'readFormat', 'writeFormat', 'maxEntries', 'maxBytes')
if about[1] ~= 'holdall' or not about[2] or not tonumber(about[3]) or not tonumber(about[4]) then damaged('header', 'is not one of Holdall') end
if tonumber(about[3]) > knows then return { 'tooNew' } end
-- What it was made with stays.
if maxEntries ~= '' and maxEntries ~= about[5] then return { 'otherLimit', 'maxEntries', about[5] } end
if maxBytes ~= '' and maxBytes ~= about[6] then return { 'otherLimit', 'maxBytes', about[6] } end
local state = readHead()

-- What this replica commits is recorded from now on; so a commit that was sent again and finds no record of it is told so.
if tonumber(about[4]) <= knows and redis.call('HEXISTS', replicas, replica) == 0 then
  redis.call('ZCARD', silence)
  redis.call('HDEL', head, '')
  redis.call('HSET', replicas, replica, '-1 0 0 0 0')
  redis.call('ZADD', silence, text(timeAfter(state.time)), replica)
end
return { 'open', about[2], about[3], about[4], about[5], about[6] }
`;

/** Opens a store, and makes it where it is missing; refuses what is damaged or not ours, and leaves it as it is. */
export const openScript = common + opening;

/** The head of a store: id, number, mark, time. */
export const headScript = `${common}
local id = redis.call('HGET', header, 'id')
if not id then return { 'gone' } end
local state = readHead()
return { 'head', id, text(state.number), state.mark, text(timeAfter(state.time)) }
`;

/** Raises the formats of a store to those given, unless it has one that is not known here. */
export const upgradeScript = `${common}
local formats = redis.call('HMGET', header, 'id', 'readFormat', 'writeFormat')
if formats[1] ~= ARGV[1] then return { 'gone' } end
if tonumber(formats[3]) > tonumber(ARGV[4]) then return { 'tooNew' } end
local read, write = math.max(tonumber(formats[2]), tonumber(ARGV[2])), math.max(tonumber(formats[3]), tonumber(ARGV[3]))
redis.call('HSET', header, 'readFormat', text(read), 'writeFormat', text(write))
return { 'upgraded', text(read), text(write) }
`;

/** Forgets what a replica has committed last, since it will not ask again. */
export const forgetScript = `${common}
if redis.call('HGET', header, 'id') ~= ARGV[1] then return { 'gone' } end
redis.call('HDEL', replicas, ARGV[2])
redis.call('ZREM', silence, ARGV[2])
return { 'forgotten' }
`;
