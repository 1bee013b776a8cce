/**
 * The scripts that tell what a store holds and what its log says. They write nothing.
 *
 * @module
 */

import { common, reading } from "./shared.js";

const news = `
local id, after, known, mark, scope, maxBytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5], tonumber(ARGV[6])
local state = readStore(id, '')
if not state then return { 'gone' } end
-- What is known includes all before it. A log that no longer reaches back, or goes less far, is a gap too.
if after > known or after < state.trimmed or not isKnown(state, known, mark) then return { 'gap' } end
local afterMark = state.mark

-- The operations on keys of the scope, in their order.
local function within(operations)
  if scope == '' then return operations end
  local kept, at = {}, 1
  while at <= #operations do
    local type, key, behind = readOperation(operations, at)
    if begins(key, scope) or (type == CLEAR and begins(scope, key)) then kept[#kept + 1] = string.sub(operations, at, behind - 1) end
    at = behind
  end
  return table.concat(kept)
end

local answer, bytes, read = { 'news', '', '', text(timeAfter(state.time)) }, 0, 0
while after < state.number and bytes < maxBytes and read < maxBytes * 16 do
  local page = redis.call('XRANGE', log, text(after + 1) .. '-0', '+', 'COUNT', 10)
  if #page == 0 then damaged('log', 'lacks a commit') end
  for _, commit in ipairs(page) do
    local fields = commit[2]
    local operations = within(fields[10])
    after, afterMark = tonumber(string.match(commit[1], '^%d+')), fields[8]
    if operations ~= '' then
      for _, part in ipairs({ text(after), fields[6], fields[2], fields[4], operations }) do answer[#answer + 1] = part end
    end
    bytes, read = bytes + #operations, read + #fields[10]
    if bytes >= maxBytes then break end
  end
end
answer[2], answer[3] = text(after), afterMark
table.insert(answer, 5, after < state.number and '1' or '0')
return answer
`;

/** The commits after one that is known, as far as they concern a scope; some hundred kilobytes at once, and whether there are more. */
export const newsScript = common + reading + news;

/** The entries of a scope from a place in the order of keys on: key, cell, value and metadata of each, some hundred kilobytes at once. */
export const scanScript = `${common}
local id, from, to, maxBytes = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if not readStore(id, '') then return { 'gone' } end
local page = redis.call('ZRANGEBYLEX', keys, from, to, 'LIMIT', 0, 1000)
if #page == 0 then return { 'entries', '0' } end
local found = redis.call('HMGET', cells, unpack(page))
local names, bytes = {}, 0
for index, key in ipairs(page) do
  if not found[index] then damaged('cells', 'lacks one of an entry that keys names') end
  names[index] = key
  bytes = bytes + #key + (tonumber(string.match(found[index], '(%d+) %S+$')) or 0)
  if bytes >= maxBytes then break end
end
local contents = redis.call('HMGET', values, unpack(names))
local more = redis.call('HMGET', metadata, unpack(names))
local answer = { 'entries', (#names < #page or #page == 1000) and '1' or '0' }
for index, key in ipairs(names) do
  if not contents[index] then damaged('values', 'lacks one of an entry that keys names') end
  for _, part in ipairs({ key, found[index], contents[index] }) do answer[#answer + 1] = part end
  answer[#answer + 1] = more[index]
end
return answer
`;
