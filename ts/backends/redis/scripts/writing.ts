/**
 * The writing half of a commit: limits, the log and its trimming, the entries that changed, and the message to those who follow.
 *
 * Always holds: the log's entry is the first thing that is written, so that a server which refuses it (no memory) has changed nothing; and what the
 * user may not do is found before that.
 *
 * @module
 */

import { nobody, sweptAtOnce } from "../../backend.js";
import { pushedBytes } from "../messages.js";

/** What `commit.ts` ends with. */
export const writing = `
local entries, bytes, isGrowing = isWiped and 0 or held, isWiped and 0 or state.bytes, false
for index = 1, count do
  local entry = changed[index]
  if entry.live then
    isGrowing = isGrowing or entry.value or entry.metadata
    entries, bytes = entries + 1, bytes + #entry.key + entry.bytes + entry.more
  end
  if entry.stored then entries, bytes = entries - 1, bytes - entry.size end
end

local maxEntries, maxBytes = state.maxEntries or never, state.maxBytes or never
local function isAbove()
  return (entries > maxEntries and entries > held) or (bytes > maxBytes and bytes > state.bytes)
end

-- What has expired takes no room. Some of it goes in place of the commit, as a commit that nobody sent, so that who follows is told; the commit is to be sent again.
local isSweep, sender = false, replica
if hasChanged and not isWiped and isAbove() then
  local due = redis.call('ZRANGEBYSCORE', deadlines, '-inf', time, 'LIMIT', 0, ${sweptAtOnce})
  if #due > 0 then
    isSweep, sender, counter, sent, names, steps, isGrowing = true, '${nobody}', 0, '0', due, #due, false
    work, changed, count, entries, bytes = {}, {}, 0, held, state.bytes
    local parts, found = {}, fetch(cells, due)
    for index, key in ipairs(due) do
      local entry = entryOf(key, found[index])
      if entry.live or not entry.stored then damaged('deadlines', 'does not have the deadlines of the cells') end
      parts[index] = struct.pack('<BI4c0d', EXPIRE, #key, key, tonumber(entry.version))
      entries, bytes = entries - 1, bytes - entry.size
      remove(entry)
    end
    operations = table.concat(parts)
  end
end
if isAbove() then return no({ 'refused', 'QUOTA_EXCEEDED' }) end

-- A server that is out of memory refuses the first write of a script, if that may need some, and none after it: so what only removes goes through.
local function beginWriting()
  if not isGrowing then redis.call('HDEL', store, '') end
end

if not hasChanged then
  beginWriting()
  redis.call('HSET', store, 'replica:' .. replica, sent .. ' ' .. before .. ' ' .. before .. ' ' .. time .. ' 0' .. fence)
  return { 'committed', before, before, time, '0', state.mark, isSame and '1' or '0' }
end

-- How far the log is trimmed: a hundredth at once, so that most commits need not look.
local trimmed, trimmedMark, logged = state.trimmed, state.trimmedMark, state.logBytes + #operations
local target = state.number + 1 - logCommits
local excess = math.max(target - trimmed, 0)
if excess <= logCommits / 100 then target, excess = 0, 0 end
while trimmed < state.number and (trimmed < target or logged > logBytes) do
  local page = redis.call('XRANGE', log, text(trimmed + 1) .. '-0', '+', 'COUNT', math.max(1, math.min(excess, 100)))
  if #page == 0 then damaged('log', 'lacks a commit') end
  for _, commit in ipairs(page) do
    trimmed, trimmedMark, logged = tonumber(string.match(commit[1], '^%d+')), commit[2][8], logged - #commit[2][10]
    if trimmed == state.number then break end
  end
end

local newValues, newCells, newKeys, newDeadlines, newMetadata = {}, {}, {}, {}, {}
local goneKeys, goneDeadlines, goneMetadata = {}, {}, {}
local valueCount, cellCount, keyCount = 0, 0, 0
local opening, times, immortal = number .. ' ', ' ' .. time .. ' ', ' ' .. time .. ' - '
for index = 1, count do
  local entry = changed[index]
  local key, isMortal = entry.key, entry.deadline ~= never
  if entry.live then
    if entry.value then
      newValues[valueCount + 1], newValues[valueCount + 2], valueCount = key, entry.value, valueCount + 2
    end
    local ending = entry.encoding .. ' ' .. decimal(entry.bytes) .. ' ' .. decimal(entry.more)
    newCells[cellCount + 1], newCells[cellCount + 2], cellCount = key, opening .. entry.number .. ' ' .. entry.created
      .. (isMortal and times .. text(entry.deadline) .. ' ' or immortal) .. ending, cellCount + 2
    if not entry.stored then
      newKeys[keyCount + 1], newKeys[keyCount + 2], keyCount = '0', key, keyCount + 2
    end
    if isMortal then
      newDeadlines[#newDeadlines + 1] = text(entry.deadline)
      newDeadlines[#newDeadlines + 1] = key
    elseif entry.before ~= never then goneDeadlines[#goneDeadlines + 1] = key end
    if entry.metadata then
      newMetadata[#newMetadata + 1] = key
      newMetadata[#newMetadata + 1] = entry.metadata
    elseif entry.fresh and entry.stored then goneMetadata[#goneMetadata + 1] = key end
  elseif entry.stored then
    goneKeys[#goneKeys + 1] = key
    if entry.before ~= never then goneDeadlines[#goneDeadlines + 1] = key end
    goneMetadata[#goneMetadata + 1] = key
  end
end
if (#newMetadata > 0 or #goneMetadata > 0) and redis.call('HLEN', metadata) == 0 then goneMetadata = {} end
if #newDeadlines > 0 or #goneDeadlines > 0 then redis.call('ZCARD', deadlines) end

-- Opening has looked at the rights to each key; commands may have been forbidden since.
requireRight('HSET', store, '', '')
requireRight('SPUBLISH', channel, '')
if keyCount > 0 or #newDeadlines > 0 then requireRight('ZADD', keys, '0', '') end
if #goneKeys > 0 or #goneMetadata > 0 then requireRight('HDEL', values, '') end
if #goneKeys > 0 or #goneDeadlines > 0 then requireRight('ZREM', keys, '') end
if isWiped then requireRight('UNLINK', keys) end
if trimmed > state.trimmed then requireRight('XTRIM', log, 'MINID', '1-0') end

local made = string.sub(redis.sha1hex(state.mark .. ' ' .. number .. ' ' .. sender .. ' ' .. sent .. ' ' .. time), 1, 16)
beginWriting()
local added = redis.pcall('XADD', log, number .. '-0', 'replica', sender, 'counter', sent, 'time', time, 'mark', made, 'operations', operations)
if type(added) == 'table' and added.err then
  requireRight('XADD', log, '1-0', '', '')
  return no(added)
end
if trimmed > state.trimmed then redis.call('XTRIM', log, 'MINID', text(trimmed + 1) .. '-0') end
if isWiped then redis.call('UNLINK', keys, values, cells, metadata, deadlines) end
each('HSET', values, newValues)
each('HSET', cells, newCells)
each('ZADD', keys, newKeys)
each('ZADD', deadlines, newDeadlines)
each('HSET', metadata, newMetadata)
each('HDEL', values, goneKeys)
each('HDEL', cells, goneKeys)
each('ZREM', keys, goneKeys)
each('ZREM', deadlines, goneDeadlines)
each('HDEL', metadata, goneMetadata)

local record = {}
if not isSweep then record = { 'replica:' .. replica, sent .. ' ' .. number .. ' ' .. before .. ' ' .. time .. ' 1' .. fence } end
redis.call('HSET', store, 'number', number, 'mark', made, 'time', time, 'bytes', text(bytes), 'trimmed', text(trimmed), 'trimmedMark', trimmedMark,
  'logBytes', text(logged), unpack(record))

local told = struct.pack('<dddI4c0I4c0I4c0', state.number + 1, now, counter, #state.mark, state.mark, #made, made, #sender, sender)
if #operations <= ${pushedBytes} then told = told .. struct.pack('<BI4c0', 1, #operations, operations)
else
  -- What all its keys begin with tells a replica of a scope whether a commit that is not sent along concerns it.
  local shared = names[1]
  for step = 2, steps do
    while not begins(names[step], shared) do shared = string.sub(shared, 1, -2) end
  end
  told = told .. struct.pack('<BI4c0', 0, #shared, shared)
end
redis.call('SPUBLISH', channel, told)
return isSweep and { 'swept' } or { 'committed', number, before, time, '1', made, isSame and '1' or '0' }
`;
