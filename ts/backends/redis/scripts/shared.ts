/**
 * The Lua that scripts share: the keys of a store by their names, numbers and texts, cells, and the operations of a commit.
 *
 * Always holds: a script reads and checks everything before it writes anything, since Redis keeps what a script wrote before it failed.
 *
 * @module
 */

/** Names for the keys of a store, in the order of `layout.ts`, and what every script uses. Texts are compared by their bytes: Lua's `<` minds the locale. */
export const common = `
local store, keys, values, cells, metadata, deadlines, log = unpack(KEYS)
local never = math.huge

local function damaged(what, detail)
  error({ err = 'CORRUPTED ' .. what .. ' ' .. detail })
end

-- A number as text, exact and without an exponent. Whole ones, as most are, are printed in a third or half of the time; %d only for those that a long of 32 bits holds.
local function text(number)
  return string.format(number % 1 ~= 0 and '%.17g' or number < 2147483648 and '%d' or '%.0f', number)
end

local function begins(key, prefix)
  return string.sub(key, 1, #prefix) == prefix
end

local function less(one, other)
  for at = 1, math.min(#one, #other) do
    local a, b = string.byte(one, at), string.byte(other, at)
    if a ~= b then return a < b end
  end
  return #one < #other
end

-- Calls a command with a long list of arguments, in pieces that Lua's stack holds. Pairs stay together.
local function each(command, key, list)
  for at = 1, #list, 4000 do
    redis.call(command, key, unpack(list, at, math.min(at + 3999, #list)))
  end
end

-- The fields of a hash for a list of names, in their order; those that are missing are false.
local function fetch(hash, names)
  if #names == 0 then return {} end
  local found = redis.call('HMGET', hash, unpack(names, 1, math.min(#names, 4000)))
  for at = 4001, #names, 4000 do
    local last = math.min(at + 3999, #names)
    local part = redis.call('HMGET', hash, unpack(names, at, last))
    for index = at, last do found[index] = part[index - at + 1] end
  end
  return found
end

-- What a script wrote before a command was forbidden to it stays, and rights may be taken away at any time: so each script looks at them before it writes.
local function requireRight(command, key, ...)
  if not redis.acl_check_cmd(command, key, ...) then error({ err = 'NOPERM ' .. command .. ' on ' .. key .. ' is not allowed' }) end
end

-- The time in milliseconds, which never goes back in a store, whatever the server's clock does.
local function timeAfter(last)
  local time = redis.call('TIME')
  return math.max(time[1] * 1000 + math.floor(time[2] / 1000), last)
end

-- What is kept of a store as a whole, and what a replica committed last; nothing when there is no store, or another than is asked for.
local function readStore(id, replica)
  local fields = redis.call('HMGET', store, 'id', 'readFormat', 'writeFormat', 'maxEntries', 'maxBytes', 'number', 'mark', 'time', 'bytes', 'trimmed', 'trimmedMark',
    'logBytes', 'replica:' .. replica)
  if not fields[1] or (id ~= '' and fields[1] ~= id) then return end
  local state = {
    id = fields[1], readFormat = tonumber(fields[2]), writeFormat = tonumber(fields[3]), maxEntries = tonumber(fields[4]), maxBytes = tonumber(fields[5]),
    number = tonumber(fields[6]), mark = fields[7], time = tonumber(fields[8]), bytes = tonumber(fields[9]), trimmed = tonumber(fields[10]), trimmedMark = fields[11],
    logBytes = tonumber(fields[12]), record = fields[13],
  }
  local isWhole = state.readFormat and state.writeFormat and state.number and state.mark and state.time and state.bytes and state.trimmed and state.trimmedMark and state.logBytes
  if not isWhole then damaged('store', 'is not whole') end
  return state
end

-- Whether a commit that somebody knows is one of this history: false as well where the log no longer tells. Without a mark, only whether the log reaches it.
local function isKnown(state, number, mark)
  if mark == '' then return number >= state.trimmed and number <= state.number end
  if number == state.number then return mark == state.mark end
  if number == state.trimmed then return mark == state.trimmedMark end
  if number < state.trimmed or number > state.number then return false end
  local found = redis.call('XRANGE', log, text(number) .. '-0', text(number) .. '-0')
  if #found == 0 then damaged('log', 'lacks a commit') end
  return found[1][2][8] == mark
end
`;

/** Reading the operations of a commit (`operations.ts` gives the bytes). */
export const reading = `
local function readText(bytes, at)
  return struct.unpack('<I4c0', bytes, at)
end

local function readValue(bytes, at)
  return struct.unpack('<BI4c0', bytes, at)
end

local function readProperty(bytes, at)
  local name, encoding, value
  name, at = readText(bytes, at)
  encoding, value, at = readValue(bytes, at)
  return { name, encoding, value }, at
end

local function readMany(read, bytes, at)
  local count, list = 0, {}
  count, at = struct.unpack('<I4', bytes, at)
  for index = 1, count do list[index], at = read(bytes, at) end
  return list, at
end

local function readPatch(bytes, at, bits)
  local patch = {}
  if bit.band(bits, 1) ~= 0 then patch.tags, at = readMany(readText, bytes, at) end
  if bit.band(bits, 2) ~= 0 then patch.properties, at = readMany(readProperty, bytes, at) end
  if bit.band(bits, 4) ~= 0 then
    patch.hasDescription, at = true, at + 1
    if string.byte(bytes, at - 1) ~= 0 then patch.description, at = readText(bytes, at) end
  end
  if bit.band(bits, 8) ~= 0 then patch.addTag, at = readText(bytes, at) end
  if bit.band(bits, 16) ~= 0 then patch.removeTag, at = readText(bytes, at) end
  if bit.band(bits, 32) ~= 0 then patch.setProperty, at = readProperty(bytes, at) end
  if bit.band(bits, 64) ~= 0 then patch.removeProperty, at = readText(bytes, at) end
  return patch, at
end

local PUT, DELETE, CLEAR, TOUCH, ANNOTATE, EXPIRE = 0, 1, 2, 3, 4, 5

-- The operation at a place: its type, its key or prefix, the place behind it, and what else it has: encoding, value, ttl or version, patch.
local function readOperation(bytes, at)
  local type = string.byte(bytes, at)
  if type == PUT then
    local _, key, encoding, value, ttl, bits, behind = struct.unpack('<BI4c0BI4c0dB', bytes, at)
    local patch
    if bits ~= 0 then patch, behind = readPatch(bytes, behind, bits) end
    return type, key, behind, encoding, value, ttl, patch
  end
  local _, key, behind = struct.unpack('<BI4c0', bytes, at)
  if type == DELETE or type == CLEAR then return type, key, behind end
  if type == TOUCH or type == EXPIRE then
    local number
    number, behind = struct.unpack('<d', bytes, behind)
    return type, key, behind, nil, nil, number
  end
  if type ~= ANNOTATE then damaged('log', 'has an operation of no known type') end
  local patch
  patch, behind = readPatch(bytes, behind + 1, string.byte(bytes, behind))
  return type, key, behind, nil, nil, nil, patch
end
`;
