/**
 * What Redis does in one step for us, as scripts.
 *
 * Always holds, before and after each: an id is in the sorted set exactly when it is in the hash; an item is in the list or in the hash, never in
 * both. Time is the server's. What has a wrong type fails a script before it removes anything. A script that moves an item removes it first: so a server that is out of memory, which refuses a script's first write only, lets
 * consumers drain it.
 *
 * @module
 */
import type { RedisClient } from "../../clients/ioredis.js";
import type { QueueKeys } from "./keys.js";

/** The time in milliseconds, as `now`. */
const readTime = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Puts back to the front what lapsed, the one that lapsed first foremost; a thousand at a time, so that nobody waits long for it. Asks for a length only to
 * fail, before anything is removed, where the list is none.
 */
const restore = `${readTime}
local lapsed = redis.call('ZREVRANGEBYSCORE', KEYS[2], now, '-inf', 'LIMIT', 0, 1000)
if #lapsed > 0 then redis.call('LLEN', KEYS[1]) end
for _, id in ipairs(lapsed) do
  local item = redis.call('HGET', KEYS[3], id)
  redis.call('ZREM', KEYS[2], id)
  redis.call('HDEL', KEYS[3], id)
  if item then redis.call('RPUSH', KEYS[1], item) end
end`;

/** How many milliseconds until the next reservation lapses, as `nextLapse`; -1: there is none. */
const readNextLapse = `
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local nextLapse = first[2] and math.max(first[2] - now, 0) or -1`;

/** Goes on only when the reservation is there and has not lapsed. */
const whileReserved = `${readTime}
local deadline = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not deadline or tonumber(deadline) <= now then return 0 end`;

const scripts: Readonly<Record<keyof Scripts, string>> = {
  pushBounded: `
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then return -1 end
return redis.call('LPUSH', KEYS[1], ARGV[1])`,
  takeItem: `${restore}
local item = redis.call('RPOP', KEYS[1])${readNextLapse}
return {item, nextLapse}`,
  reserveItem: `${restore}
redis.call('HLEN', KEYS[3])
local item = redis.call('RPOP', KEYS[1])
if item then
  local deadline = now + ARGV[2]
  redis.call('ZADD', KEYS[2], deadline, ARGV[1])
  redis.call('HSET', KEYS[3], ARGV[1], item)
  return {item, deadline}
end${readNextLapse}
return nextLapse`,
  restoreLapsed: `${restore}${readNextLapse}
return nextLapse`,
  acknowledge: `${whileReserved}
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
return 1`,
  giveBack: `${whileReserved}
local item = redis.call('HGET', KEYS[3], ARGV[1])
redis.call('LLEN', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('RPUSH', KEYS[1], item)
return 1`,
  renew: `${whileReserved}
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
return now + ARGV[2]`,
};

/** Milliseconds until the next reservation lapses; -1: there is none. */
export type NextLapse = number;

/** The scripts as methods of a client. */
export interface Scripts {
  /** Adds an item where fewer than so many wait, and gives the length; -1 otherwise. */
  pushBounded(...parameters: [...QueueKeys, text: string, maxLength: number]): Promise<number>;
  /** Puts back what lapsed and takes the first item. */
  takeItem(...parameters: QueueKeys): Promise<[text: string | null, next: NextLapse]>;
  /** Puts back what lapsed and reserves the first item: it and the deadline. */
  reserveItem(...parameters: [...QueueKeys, id: string, visibility: number]): Promise<[text: string, deadline: number] | NextLapse>;
  /** Puts back what lapsed. */
  restoreLapsed(...parameters: QueueKeys): Promise<NextLapse>;
  /** Ends a reservation; 0 when it had lapsed. */
  acknowledge(...parameters: [...QueueKeys, id: string]): Promise<0 | 1>;
  /** Ends a reservation and puts the item back to the front; 0 when it had lapsed. */
  giveBack(...parameters: [...QueueKeys, id: string]): Promise<0 | 1>;
  /** Gives a reservation a new deadline, which it tells; 0 when it had lapsed. */
  renew(...parameters: [...QueueKeys, id: string, visibility: number]): Promise<number>;
}

/** A client that has the scripts. */
export type ScriptedClient = RedisClient & Scripts;

/** Gives a client the scripts. */
export function withScripts(client: RedisClient): ScriptedClient {
  for (const [name, lua] of Object.entries(scripts)) client.defineCommand(name, { lua, numberOfKeys: 3 });
  return client as ScriptedClient;
}
