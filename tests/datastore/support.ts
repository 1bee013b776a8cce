/**
 * What the tests of the DataStore share: both kinds of it as one subject, whose time passes by hand, and errors as values.
 *
 * On Redis nothing sleeps for a deadline either: time passes by moving every deadline that lies on the server.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { DataStore, type DataStoreOptions } from "../../ts/datastore/index.js";
import { manualClock } from "../../ts/testing/index.js";
import { type RedisServer, startRedis } from "../servers/redis.js";

/** What a test is told once for memory and once for Redis. */
export interface Subject {
  /** Whether it is on Redis. */
  readonly isRedis: boolean;
  /** A DataStore, closed after the test. On Redis each call gives another on the same data; in memory all of a test are one. */
  open(options?: DataStoreOptions): DataStore;
  /** Resolves when so many of its calls wait where items come: on Redis at the server, whose word is asked for; in memory they do so at once. */
  waiting(count: number): Promise<void>;
  /** Lets time pass: deadlines come closer. On Redis, where connections are closed by it, nobody may wait meanwhile. */
  pass(seconds: number): Promise<void>;
}

const moveDeadlines = `
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key)['ok']
  if kind == 'zset' then
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -ARGV[1], id) end
  elseif kind == 'string' and redis.call('PTTL', key) > 0 then
    local left = redis.call('PTTL', key) - ARGV[1]
    if left > 0 then redis.call('PEXPIRE', key, left) else redis.call('DEL', key) end
  end
end
return 'moved'`;

/** A server for a test file, and DataStores on it, which are closed after each test and find it empty before. */
export function redisForTests(startOptions: Parameters<typeof startRedis>[0] = { durable: false }): {
  readonly server: () => RedisServer;
  readonly subject: Subject;
} {
  let server: RedisServer;
  const opened: DataStore[] = [];
  beforeAll(async () => {
    server = await startRedis(startOptions);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((data) => data.close()));
    await server.cli("FLUSHALL");
  });
  afterAll(() => server.stop());
  const subject: Subject = {
    isRedis: true,
    open(options) {
      const data = new DataStore({ port: server.port, ...options });
      opened.push(data);
      return data;
    },
    async waiting(count) {
      const blocked = async () => /^blocked_clients:(\d+)/m.exec(await server.cli("INFO", "clients"))?.[1];
      await expect.poll(blocked).toBe(String(count));
    },
    async pass(seconds) {
      expect(await server.cli("EVAL", moveDeadlines, "0", String(seconds * 1_000))).toBe("moved");
      // What they have heard of deadlines, they may believe for a moment; a new connection has heard nothing.
      await Promise.all(opened.map((data) => data.connection.close()));
    },
  };
  return { server: () => server, subject };
}

/** Tells promises twice: of a DataStore in memory, and of one on Redis. */
export function describeBoth(promises: (subject: Subject) => void): void {
  describe("in memory", () => {
    let clock = manualClock(1_000_000);
    let data: DataStore | undefined;
    afterEach(async () => {
      await data?.close();
      data = undefined;
      clock = manualClock(1_000_000);
    });
    promises({
      isRedis: false,
      open(options) {
        data ??= DataStore.memory({ clock, maxLength: options?.maxLength });
        return data;
      },
      waiting: async () => void (await isPending(new Promise(() => {}), 0)),
      pass: async (seconds) => clock.advance(seconds * 1_000),
    });
  });
  describe("on Redis", () => promises(redisForTests().subject));
}

/** Whether a promise is still pending after what has been set in motion has had time to arrive. */
export async function isPending(promise: Promise<unknown>, milliseconds = 40): Promise<boolean> {
  const later = new Promise((resolve) => setTimeout(resolve, milliseconds, isPending));
  return (await Promise.race([promise, later])) === isPending;
}
