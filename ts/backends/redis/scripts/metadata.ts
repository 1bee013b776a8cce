/**
 * Metadata in scripts: reading it, patching it, and writing it as the JSON that `layout.ts` describes.
 *
 * @module
 */

/** What `commit.ts` needs of metadata. */
export const patching = String.raw`
-- Makes what patches metadata, when it is first needed: a script makes its functions anew each time it runs, and most commits need none of these.
local function makePatcher()

local function hex(bytes)
  return (string.gsub(bytes, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
end

local sequences = {
  '[\194-\223][\128-\191]', '\224[\160-\191][\128-\191]', '[\225-\236\238\239][\128-\191][\128-\191]', '\237[\128-\159][\128-\191]',
  '\240[\144-\191][\128-\191][\128-\191]', '[\241-\243][\128-\191][\128-\191][\128-\191]', '\244[\128-\143][\128-\191][\128-\191]',
}

-- Whether bytes are UTF-8, as JSON has to be.
local function isUnicode(bytes)
  if not string.find(bytes, '[\128-\255]') then return true end
  for _, sequence in ipairs(sequences) do bytes = string.gsub(bytes, sequence, '.') end
  return not string.find(bytes, '[\128-\255]')
end

-- A list of JSON, which cjson prints as an object where the list is empty.
local function list(items, print)
  local printed = {}
  for index, item in ipairs(items) do printed[index] = print(item) end
  return '[' .. table.concat(printed, ',') .. ']'
end

local function printProperty(property)
  local ending = property[4] and ',"hex"]' or ']'
  return '[' .. cjson.encode(property[1]) .. ',' .. text(property[2]) .. ',' .. cjson.encode(property[3]) .. ending
end

-- All of it but its number.
local function printMetadata(metadata)
  return '"tags":' .. list(metadata.tags, cjson.encode) .. ',"properties":' .. list(metadata.properties, printProperty)
    .. ',"description":' .. (metadata.description and cjson.encode(metadata.description) or 'null') .. '}'
end

-- Its content in an order of its own, since properties are the same in any order.
local function contentOf(metadata)
  local properties = {}
  for index, property in ipairs(metadata.properties) do properties[index] = printProperty(property) end
  table.sort(properties, less)
  return table.concat({ list(metadata.tags, cjson.encode), table.concat(properties, ','), metadata.description and cjson.encode(metadata.description) or '' }, ' ')
end

local function parseMetadata(json)
  if not json then return { tags = {}, properties = {} } end
  local isRead, metadata = pcall(cjson.decode, json)
  if not isRead or type(metadata.tags) ~= 'table' or type(metadata.properties) ~= 'table' then damaged('metadata', 'is not as it was written') end
  if metadata.description == cjson.null then metadata.description = nil end
  return metadata
end

-- What it counts against maxBytes: tags, names and values of properties, description.
local function bytesOf(metadata)
  local bytes = metadata.description and #metadata.description or 0
  for _, tag in ipairs(metadata.tags) do bytes = bytes + #tag end
  for _, property in ipairs(metadata.properties) do
    bytes = bytes + #property[1] + #property[3] / (property[4] and 2 or 1)
  end
  return bytes
end

local function indexOf(items, matches)
  for index, item in ipairs(items) do
    if matches(item) then return index end
  end
end

local function setProperty(properties, property)
  local name, encoding, value = unpack(property)
  local index = indexOf(properties, function(other) return other[1] == name end)
  properties[index or #properties + 1] = isUnicode(value) and { name, encoding, value } or { name, encoding, hex(value), 'hex' }
end

local function removeFrom(items, matches)
  local index = indexOf(items, matches)
  if index then table.remove(items, index) end
end

-- Changes metadata in place.
local function applyPatch(metadata, patch)
  if patch.tags then metadata.tags = patch.tags end
  if patch.properties then
    metadata.properties = {}
    for _, property in ipairs(patch.properties) do setProperty(metadata.properties, property) end
  end
  if patch.hasDescription then metadata.description = patch.description end
  if patch.addTag and not indexOf(metadata.tags, function(tag) return tag == patch.addTag end) then
    table.insert(metadata.tags, indexOf(metadata.tags, function(tag) return less(patch.addTag, tag) end) or #metadata.tags + 1, patch.addTag)
  end
  if patch.removeTag then removeFrom(metadata.tags, function(tag) return tag == patch.removeTag end) end
  if patch.setProperty then setProperty(metadata.properties, patch.setProperty) end
  if patch.removeProperty then removeFrom(metadata.properties, function(property) return property[1] == patch.removeProperty end) end
end

-- Metadata as it is patched, printed, and its bytes; nothing where that changes nothing.
return function(present, patch)
  local patched = parseMetadata(present)
  local before = contentOf(patched)
  applyPatch(patched, patch)
  if contentOf(patched) ~= before then return printMetadata(patched), bytesOf(patched) end
end

end
`;
