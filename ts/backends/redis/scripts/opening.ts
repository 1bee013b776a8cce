/**
 * The scripts that open a store, tell its head, raise its formats, and remove it.
 *
 * @module
 */

import { replicaMemory } from "../../backend.js";
import { common } from "./shared.js";

const opening = `
local id, read, write, maxEntries, maxBytes, replica, knows, channel = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8]
local memory = ${replicaMemory}

-- Whether the user may do all that commits do is told here, and not to the first of them that needs it.
for _, hash in ipairs({ store, values, cells, metadata }) do
  requireRight('HSET', hash, '', '')
  requireRight('HDEL', hash, '')
end
for _, set in ipairs({ keys, deadlines }) do
  requireRight('ZADD', set, '0', '')
  requireRight('ZREM', set, '')
end
requireRight('XADD', log, '1-0', '', '')
requireRight('XTRIM', log, 'MINID', '1-0')
for _, key in ipairs(KEYS) do requireRight('UNLINK', key) end
requireRight('SPUBLISH', channel, '')

if redis.call('EXISTS', store) == 0 then
  for _, key in ipairs(KEYS) do
    if redis.call('EXISTS', key) == 1 then damaged('store', 'is missing, but there is data: ' .. key) end
  end
  redis.call('HSET', store, 'format', 'holdall', 'id', id, 'readFormat', text(read), 'writeFormat', text(write), 'number', '0', 'mark', id,
    'time', text(timeAfter(0)), 'bytes', '0', 'trimmed', '0', 'trimmedMark', id, 'logBytes', '0')
  if maxEntries ~= '' then redis.call('HSET', store, 'maxEntries', maxEntries) end
  if maxBytes ~= '' then redis.call('HSET', store, 'maxBytes', maxBytes) end
end

local state = redis.call('HGET', store, 'format') == 'holdall' and readStore('', replica)
if not state then damaged('store', 'is not one of Holdall') end
if state.readFormat > knows then return { 'tooNew' } end
-- What it was made with stays.
if maxEntries ~= '' and tonumber(maxEntries) ~= state.maxEntries then return { 'otherLimit', 'maxEntries', state.maxEntries and text(state.maxEntries) or '' } end
if maxBytes ~= '' and tonumber(maxBytes) ~= state.maxBytes then return { 'otherLimit', 'maxBytes', state.maxBytes and text(state.maxBytes) or '' } end

if state.writeFormat <= knows then
  local now, silent, cursor = timeAfter(state.time), {}, '0'
  repeat
    local page = redis.call('HSCAN', store, cursor, 'MATCH', 'replica:*', 'COUNT', 1000)
    cursor = page[1]
    for at = 1, #page[2], 2 do
      local time = string.match(page[2][at + 1], '^%S+ %S+ %S+ (%S+)')
      if not time then damaged('store', 'has a record that is not as it was written') end
      if tonumber(time) < now - memory and page[2][at] ~= 'replica:' .. replica then silent[#silent + 1] = page[2][at] end
    end
  until cursor == '0'
  redis.call('HDEL', store, '')
  each('HDEL', store, silent)
  -- What this replica commits is recorded from now on; so a commit that was sent again and finds no record of it is told so.
  if not state.record then redis.call('HSET', store, 'replica:' .. replica, '-1 0 0 ' .. text(now) .. ' 0') end
end
return {
  'open', state.id, text(state.readFormat), text(state.writeFormat), state.maxEntries and text(state.maxEntries) or false, state.maxBytes and text(state.maxBytes) or false,
}
`;

/** Opens a store, and makes it where it is missing; refuses what is damaged or not ours, and leaves it as it is. */
export const openScript = common + opening;

/** The head of a store: id, number, mark, time. */
export const headScript = `${common}
local state = readStore('', '')
if not state then return { 'gone' } end
return { 'head', state.id, text(state.number), state.mark, text(timeAfter(state.time)) }
`;

/** Raises the formats of a store to those given, unless it has one that is not known here. */
export const upgradeScript = `${common}
local state = readStore(ARGV[1], '')
if not state then return { 'gone' } end
if state.writeFormat > tonumber(ARGV[4]) then return { 'tooNew' } end
local read, write = math.max(state.readFormat, tonumber(ARGV[2])), math.max(state.writeFormat, tonumber(ARGV[3]))
redis.call('HSET', store, 'readFormat', text(read), 'writeFormat', text(write))
return { 'upgraded', text(read), text(write) }
`;

/** Forgets what a replica has committed last, since it will not ask again. */
export const forgetScript = `${common}
if not readStore(ARGV[1], '') then return { 'gone' } end
redis.call('HDEL', store, 'replica:' .. ARGV[2])
return { 'forgotten' }
`;

/** Removes a store with all of its keys, unless it has one that is not known here; one with entries only where that is asked for. Tells those who follow that there is something to see. */
export const removeScript = `${common}
local id, format, ifEmpty, channel = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4]
local state = readStore(id, '')
if not state then return { 'gone' } end
if redis.call('HGET', store, 'format') ~= 'holdall' then damaged('store', 'is not one of Holdall') end
if state.writeFormat > format then return { 'tooNew' } end
if ifEmpty and redis.call('ZCARD', keys) > redis.call('ZCOUNT', deadlines, '-inf', text(timeAfter(state.time))) then return { 'kept' } end
for _, key in ipairs(KEYS) do requireRight('UNLINK', key) end
requireRight('SPUBLISH', channel, '')
redis.call('UNLINK', unpack(KEYS))
redis.call('SPUBLISH', channel, '')
return { 'gone' }
`;
