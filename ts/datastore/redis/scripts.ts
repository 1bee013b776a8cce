/**
 * What Redis does in one step for us, as scripts.
 *
 * Always holds, before and after each: an id is in the sorted set exactly when it is in the hash; an item is in the list or in the hash, never in
 * both. Time is the server's. What has a wrong type fails a script before it removes anything. A script that moves an item, or a deadline, removes it first: so a server that is out of memory, which refuses a script's first write only, lets
 * consumers keep what they have, and drain it.
 *
 * How often an item was delivered stands behind the `/` of its reservation's id. The list holds nothing but payloads, so an item that goes back to its
 * front leaves a *tally* in a list beside it: the payload's digest and that number. Our scripts keep the tallies in the order in which the items
 * lie; what others do to the list they cannot see, so an item that is taken is compared with the last tally, and one that does not fit is dropped: its
 * item is gone. At worst an item counts from 1 again.
 *
 * @module
 */
import type { RedisClient } from "../../clients/ioredis.js";
import type { QueueKeys } from "./keys.js";

/** The time in milliseconds, as `now`. */
const readTime = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** How often the item was delivered that is reserved as `id`, as `delivered`. The ids of earlier versions do not say it. */
const readDelivered = `
local delivered = (tonumber(string.match(id, '/(%d+)$')) or 1)`;

/** Fails, before anything is removed, where one of the lists is none. */
const checkLists = `
redis.call('LLEN', KEYS[1])
redis.call('LLEN', KEYS[4])`;

/** Takes back the item that is reserved as `id`, as `item`. */
const takeBack = `
local item = redis.call('HGET', KEYS[3], id)
redis.call('ZREM', KEYS[2], id)
redis.call('HDEL', KEYS[3], id)`;

/** Puts an item to the front, with its tally. */
const putBack = `
redis.call('RPUSH', KEYS[1], item)
redis.call('RPUSH', KEYS[4], redis.sha1hex(item) .. ' ' .. delivered)`;

/** Puts back to the front what lapsed, the one that lapsed first foremost; a thousand at a time, so that nobody waits long for it. */
const restore = `${readTime}
local lapsed = redis.call('ZREVRANGEBYSCORE', KEYS[2], now, '-inf', 'LIMIT', 0, 1000)
if #lapsed > 0 then${checkLists}
end
for _, id in ipairs(lapsed) do${takeBack}${readDelivered}
if item then${putBack}
end
end`;

/**
 * Takes the first item, as `item`, and how often it was delivered before, as `delivered`: the number of the tally that is its own. Where there is none, no tally
 * has an item either.
 */
const takeFirst = `
local tallies = redis.call('LLEN', KEYS[4])
local item = redis.call('RPOP', KEYS[1])
local delivered = 0
if tallies > 0 then
  if item then
    local digest = redis.sha1hex(item)
    repeat
      local tally = redis.call('RPOP', KEYS[4])
      local isOwn = tally and string.sub(tally, 1, 40) == digest
      if isOwn then delivered = tonumber(string.sub(tally, 42)) or 0 end
    until isOwn or not tally
  else
    redis.call('DEL', KEYS[4])
  end
end`;

/** How many milliseconds until the next reservation lapses, as `nextLapse`; -1: there is none. */
const readNextLapse = `
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local nextLapse = first[2] and math.max(first[2] - now, 0) or -1`;

/** Goes on only when the reservation is there and has not lapsed, with its `id`. */
const whileReserved = `${readTime}
local id = ARGV[1]
local deadline = redis.call('ZSCORE', KEYS[2], id)
if not deadline or tonumber(deadline) <= now then return 0 end`;

const scripts: Readonly<Record<keyof Scripts, string>> = {
  pushBounded: `
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then return -1 end
return redis.call('LPUSH', KEYS[1], ARGV[1])`,
  takeItem: `${restore}${takeFirst}${readNextLapse}
if tallies > 0 then nextLapse = 0 end
return {item, nextLapse}`,
  reserveItem: `${restore}
redis.call('HLEN', KEYS[3])${takeFirst}
if item then
  local deliveries = delivered + 1
  local id = ARGV[1] .. '/' .. deliveries
  local deadline = now + ARGV[2]
  redis.call('ZADD', KEYS[2], deadline, id)
  redis.call('HSET', KEYS[3], id, item)
  return {id, item, deadline, deliveries}
end${readNextLapse}
return nextLapse`,
  restoreLapsed: `${restore}${readNextLapse}
return nextLapse`,
  acknowledge: `${whileReserved}
redis.call('ZREM', KEYS[2], id)
redis.call('HDEL', KEYS[3], id)
return 1`,
  giveBack: `${whileReserved}${checkLists}${takeBack}${readDelivered}${putBack}
return 1`,
  release: `${whileReserved}${checkLists}${takeBack}${readDelivered} - 1${putBack}
return 1`,
  reject: `${whileReserved}
redis.call('LLEN', KEYS[5])${takeBack}
redis.call('LPUSH', KEYS[5], item)
return 1`,
  renew: `${whileReserved}
redis.call('ZREM', KEYS[2], id)
redis.call('ZADD', KEYS[2], now + ARGV[2], id)
return now + ARGV[2]`,
};

/** Milliseconds until the next reservation lapses; -1: there is none. */
export type NextLapse = number;

/** The scripts as methods of a client. */
export interface Scripts {
  /** Adds an item where fewer than so many wait, and gives the length; -1 otherwise. */
  pushBounded(...parameters: [...QueueKeys, text: string, maxLength: number]): Promise<number>;
  /** Puts back what lapsed and takes the first item; says that something lapses at once where there may be tallies, so that the next look is one by script too. */
  takeItem(...parameters: QueueKeys): Promise<[text: string | null, next: NextLapse]>;
  /** Puts back what lapsed and reserves the first item, by an id that begins as given. */
  reserveItem(
    ...parameters: [...QueueKeys, beginning: string, visibility: number]
  ): Promise<[id: string, text: string, deadline: number, deliveries: number] | NextLapse>;
  /** Puts back what lapsed. */
  restoreLapsed(...parameters: QueueKeys): Promise<NextLapse>;
  /** Ends a reservation; 0 when it had lapsed. */
  acknowledge(...parameters: [...QueueKeys, id: string]): Promise<0 | 1>;
  /** Ends a reservation and puts the item back to the front; 0 when it had lapsed. */
  giveBack(...parameters: [...QueueKeys, id: string]): Promise<0 | 1>;
  /** As `giveBack`, and the delivery does not count. */
  release(...parameters: [...QueueKeys, id: string]): Promise<0 | 1>;
  /** Ends a reservation and adds the item at the end of another list; 0 when it had lapsed. */
  reject(...parameters: [...QueueKeys, to: string, id: string]): Promise<0 | 1>;
  /** Gives a reservation a new deadline, which it tells; 0 when it had lapsed. */
  renew(...parameters: [...QueueKeys, id: string, visibility: number]): Promise<number>;
}

/** A client that has the scripts. */
export type ScriptedClient = RedisClient & Scripts;

/** Gives a client the scripts. */
export function withScripts(client: RedisClient): ScriptedClient {
  // One of them names a queue more.
  for (const [name, lua] of Object.entries(scripts)) client.defineCommand(name, { lua, numberOfKeys: name === "reject" ? 5 : 4 });
  return client as ScriptedClient;
}
