/**
 * What a commit is checked for before it is applied, where it depends on others: that it means this history, and its conditions.
 *
 * @module
 */

import { nobody } from "../../backend.js";

/** The checks of `commit.ts`, where there are any. */
export const checking = `
if conditions ~= '' or ranges ~= '' then

if not isSame then return no({ 'conflict', text(state.number), '0' }) end

-- The versions of entries as conditions name them; 0 for what is missing or has expired.
local function versionIn(cell, now)
  if not cell then return 0 end
  local version, deadline = string.match(cell, '^([^ ]+) [^ ]+ [^ ]+ [^ ]+ ([^ ]+) ')
  if not version then damaged('cells', 'has a cell that is not as it was written') end
  if deadline ~= '-' and tonumber(deadline) <= now then return 0 end
  return tonumber(version)
end

-- The key of the first condition that does not hold.
local function failedCondition(conditions, now)
  local wanted, names, at = {}, {}, 1
  while at <= #conditions do
    local key, version
    key, version, at = struct.unpack('<I4c0d', conditions, at)
    names[#names + 1], wanted[#wanted + 1] = key, version
  end
  local found = fetch(cells, names)
  for index, key in ipairs(names) do
    if versionIn(found[index], now) ~= wanted[index] then return key end
  end
end

local function readRanges(bytes)
  local ranges, at = {}, 1
  while at <= #bytes do
    local range, bits = {}, 0
    range.prefix, bits, range.after, range.since, range.own, at = struct.unpack('<I4c0BI4c0dd', bytes, at)
    range.hasAfter, range.reverse = bit.band(bits, 1) ~= 0, bit.band(bits, 2) ~= 0
    ranges[#ranges + 1] = range
  end
  return ranges
end

-- Whether an operation changes a key in a range, or may.
local function touches(range, type, key)
  -- Where in the range the keys of a cleared prefix would lie is not looked at.
  if type == CLEAR then return begins(range.prefix, key) or begins(key, range.prefix) end
  if not begins(key, range.prefix) then return false end
  if not range.hasAfter then return true end
  if range.reverse then return less(key, range.after) end
  return less(range.after, key)
end

-- Whether something in one of the ranges has changed since its number, by another replica or by a later commit of the same one; and the key.
local function changedSince(ranges, state, replica)
  local first = state.number
  for _, range in ipairs(ranges) do
    if range.since < state.trimmed or range.since > state.number then return true end
    first = math.min(first, range.since)
  end
  while first < state.number do
    local page = redis.call('XRANGE', log, text(first + 1) .. '-0', '+', 'COUNT', 100)
    if #page == 0 then damaged('log', 'lacks a commit') end
    for _, commit in ipairs(page) do
      local fields = commit[2]
      first = tonumber(string.match(commit[1], '^%d+'))
      local sender, counter, bytes, at = fields[2], tonumber(fields[4]), fields[10], 1
      while at <= #bytes do
        local type, key, behind = readOperation(bytes, at)
        for _, range in ipairs(ranges) do
          -- What nobody sent has removed what had expired, and so was missing already.
          local isOwn = sender == '${nobody}' or (sender == replica and counter <= range.own)
          if first > range.since and not isOwn and touches(range, type, key) then return true, type ~= CLEAR and key end
        end
        at = behind
      end
    end
  end
  return false
end

local key = failedCondition(conditions, now)
if key then return no({ 'conflict', text(state.number), '1', key }) end
local isChanged, changedKey = changedSince(readRanges(ranges), state, replica)
if isChanged then return no({ 'conflict', text(state.number), '1', changedKey }) end

end
`;
