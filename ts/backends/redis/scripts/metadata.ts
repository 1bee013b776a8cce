/**
 * Metadata in scripts: reading it, patching it, and writing it as the JSON that `layout.ts` describes.
 *
 * @module
 */

/** What `commit.ts` needs of metadata. */
export const patching = String.raw`
local bytesEncoding = 9

local function hex(bytes)
  return (string.gsub(bytes, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
end

-- A list of JSON, which cjson prints as an object where the list is empty.
local function list(items, print)
  local printed = {}
  for index, item in ipairs(items) do printed[index] = print(item) end
  return '[' .. table.concat(printed, ',') .. ']'
end

local function printProperty(property)
  return '[' .. cjson.encode(property[1]) .. ',' .. text(property[2]) .. ',' .. cjson.encode(property[3]) .. ']'
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
    bytes = bytes + #property[1] + (property[2] == bytesEncoding and #property[3] / 2 or #property[3])
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
  if encoding == bytesEncoding then value = hex(value) end
  local index = indexOf(properties, function(other) return other[1] == name end)
  properties[index or #properties + 1] = { name, encoding, value }
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
`;
