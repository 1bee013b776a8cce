/**
 * The script that applies a commit: checks everything, decides what each entry becomes, and only then writes.
 *
 * Costs a few microseconds for each operation and each key that a `clear` removes; a `clear` of everything, first in its commit, a fixed time where nothing has expired.
 *
 * @module
 */

import { checking } from "./checking.js";
import { patching } from "./metadata.js";
import { common, reading } from "./shared.js";
import { writing } from "./writing.js";

const opening = `
local id, format, replica, counter, isRetry, knownNumber, knownMark, logCommits, logBytes, channel, sending = struct.unpack('<I4c0dI4c0dBdI4c0ddI4c0d', ARGV[1])
local operations, conditions, ranges = ARGV[2], ARGV[3], ARGV[4]

local state = readStore(id, replica)
if not state then return { 'gone' } end
local isWritable = state.writeFormat <= format
local isSame = isKnown(state, knownNumber, knownMark)
local now = timeAfter(state.time)

local answered, fence = '', ''
if state.record then
  local last, number, after, time, changed
  answered, fence = string.match(state.record, '^(%S+ %S+ %S+ %S+ %S+)( ?%d*)$')
  last, number, after, time, changed = string.match(answered or '', '^(%S+) (%S+) (%S+) (%S+) (%S+)$')
  if not last then damaged('store', 'has a record that is not as it was written') end
  if tonumber(last) > counter or (tonumber(fence) or 0) > sending then return { 'unknown' } end
  if tonumber(last) == counter then
    -- The same record again: Valkey's WAIT waits for what its own connection has written, and for nothing on one that has written nothing.
    if isWritable then
      redis.call('HDEL', store, '')
      redis.call('HSET', store, 'replica:' .. replica, state.record)
    end
    return { 'committed', number, after, time, changed, '', isSame and '1' or '0' }
  end
elseif isRetry == 1 then
  return { 'unknown' }
end
if not isWritable then return { 'refused', 'FORMAT_TOO_NEW' } end

-- An answer that says no. What was sent before, on another connection, may be on its way still: it is applied no more.
local function no(answer)
  if isRetry == 1 then
    redis.call('HDEL', store, '')
    redis.call('HSET', store, 'replica:' .. replica, answered .. ' ' .. text(sending))
  end
  return answer
end

-- Nothing is written before all of it is known to be there and of its type, and at one.
local held = redis.call('HLEN', cells)
if redis.call('HLEN', values) ~= held then damaged('values', 'does not have the entries that there are cells of') end
if redis.call('ZCARD', keys) ~= held then damaged('keys', 'does not have the entries that there are cells of') end
if redis.call('XLEN', log) ~= state.number - state.trimmed then damaged('log', 'does not have the latest commits') end
`;

const deciding = String.raw`
local number, before, sent, time = text(state.number + 1), text(state.number), text(counter), text(now)
local work, changed, count, hasChanged, isWiped = {}, {}, 0, false, false
local patcher

-- Small numbers as text, each printed once: that takes longer than all else of a cell.
local decimals = {}
local function decimal(number)
  local printed = decimals[number]
  if not printed then
    printed = text(number)
    decimals[number] = printed
  end
  return printed
end

local cellPattern = '^([^ ]+) ([^ ]+) ([^ ]+) [^ ]+ ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)$'

-- What an entry is and becomes, all fields at once, since a table that grows costs more than all else. stored: it lies in the hashes; live: it is there, and
-- has not expired; dirty: it is to be written, or removed; fresh: it was made by this commit; before, size: the deadline and bytes that lie there.
local function entryOf(key, cell)
  local entry = work[key]
  if entry then return entry end
  if cell and not isWiped then
    local version, valueNumber, created, deadline, encoding, bytes, more = string.match(cell, cellPattern)
    if not version then damaged('cells', 'has a cell that is not as it was written') end
    deadline = deadline == '-' and never or tonumber(deadline)
    bytes, more = tonumber(bytes), more == '0' and 0 or tonumber(more)
    entry = {
      key = key, stored = true, live = deadline > now, dirty = false, fresh = false, version = version, number = valueNumber, created = created,
      deadline = deadline, before = deadline, encoding = encoding, bytes = bytes, more = more, size = #key + bytes + more, value = false, metadata = false,
    }
  else
    entry = {
      key = key, stored = false, live = false, dirty = false, fresh = false, version = '0', number = '0', created = time,
      deadline = never, before = never, encoding = '0', bytes = 0, more = 0, size = 0, value = false, metadata = false,
    }
  end
  work[key] = entry
  return entry
end

local function mark(entry)
  if entry.dirty then return end
  count = count + 1
  changed[count], entry.dirty = entry, true
end

local function remove(entry)
  entry.live, hasChanged = false, true
  mark(entry)
end

local function deadlineOf(entry, ttl)
  if ttl == 0 then return never end
  if ttl == -2 then return entry.live and entry.deadline or never end
  return ttl < 0 and -ttl or now + ttl
end

-- Patches the metadata of a live entry; whether that changed something.
local function annotate(entry, patch)
  local present = entry.metadata or (not entry.fresh and redis.call('HGET', metadata, entry.key))
  patcher = patcher or makePatcher()
  local printed, bytes = patcher(present, patch)
  if not printed then return false end
  entry.metadata, entry.more = '{"number":' .. number .. ',' .. printed, bytes
  return true
end

local function put(entry, encoding, value, ttl, patch)
  local deadline = ttl == 0 and never or deadlineOf(entry, ttl)
  if deadline <= now then
    if entry.live then remove(entry) end
    return
  end
  if not entry.live then
    entry.live, entry.fresh, entry.created, entry.metadata, entry.more = true, true, time, false, 0
  end
  entry.number, entry.deadline, entry.encoding, entry.value, entry.bytes = number, deadline, decimal(encoding), value, #value
  hasChanged = true
  mark(entry)
  if patch then annotate(entry, patch) end
end

local function touch(entry, ttl)
  if not entry.live then return end
  local deadline = deadlineOf(entry, ttl)
  if deadline <= now then return remove(entry) end
  entry.number, entry.deadline, hasChanged = number, deadline, true
  mark(entry)
end

local function clear(prefix)
  if prefix == '' and next(work) == nil and not isWiped and redis.call('ZCOUNT', deadlines, '-inf', time) == 0 then
    isWiped = held > 0
    hasChanged = hasChanged or isWiped
    return
  end
  for key, entry in pairs(work) do
    if entry.live and begins(key, prefix) then remove(entry) end
  end
  if isWiped then return end
  local from = '[' .. prefix
  repeat
    local page = redis.call('ZRANGEBYLEX', keys, from, prefix == '' and '+' or '(' .. prefix .. '\255', 'LIMIT', 0, 1000)
    local found = fetch(cells, page)
    for index, key in ipairs(page) do
      local isNew = not work[key]
      local entry = entryOf(key, found[index])
      if isNew and entry.live then remove(entry) end
      from = '(' .. key
    end
  until #page < 1000
end

local function expire(entry, version)
  if entry.stored and not entry.live and not entry.dirty and tonumber(entry.version) == version then remove(entry) end
end

local types, names, encodings, contents, quantities, patches, steps, at = {}, {}, {}, {}, {}, {}, 0, 1
while at <= #operations do
  steps = steps + 1
  types[steps], names[steps], at, encodings[steps], contents[steps], quantities[steps], patches[steps] = readOperation(operations, at)
end
local found = fetch(cells, names)
for step = 1, steps do
  local type, key = types[step], names[step]
  local entry = type ~= CLEAR and entryOf(key, found[step])
  if type == PUT then put(entry, encodings[step], contents[step], quantities[step], patches[step])
  elseif type == DELETE then
    if entry.live then remove(entry) end
  elseif type == CLEAR then clear(key)
  elseif type == TOUCH then touch(entry, quantities[step])
  elseif type == ANNOTATE then
    if entry.live and annotate(entry, patches[step]) then
      hasChanged = true
      mark(entry)
    end
  else expire(entry, quantities[step]) end
end
`;

/** Applies a commit; see `commit.ts` beside the scripts for what it is given and answers. */
export const commitScript = common + reading + opening + checking + patching + deciding + writing;
