/** A commit of more entries than one call of the script takes, and numbers that are no whole ones. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { directTo, openReplica, put, textIn, urlOf } from "./support.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ durable: false });
});
afterAll(() => server.stop());

test("each of nine thousand entries goes on from what lies there of it", async () => {
  const backend = redis({ url: urlOf(server), prefix: "many" });
  const replica = await openReplica(backend);
  const from = (first: number, text: string) => Array.from({ length: 9_000 - first }, (_, at) => put(`key-${first + at}`, text));
  await replica.number(...from(6_000, "early"));
  const early = await replica.contents();
  // Time goes on, so that it shows who was made when.
  const direct = directTo(server);
  await direct.hincrby("many:{s}:store", "time", 60_000);
  direct.disconnect();
  await replica.number(...from(0, "late"));
  const contents = await replica.contents();
  expect(contents.size).toBe(9_000);
  for (const [key, entry] of contents) {
    expect(textIn(entry)).toBe("late");
    expect(entry.createdAt === early.get(key)?.createdAt).toBe(early.has(key));
  }
  // Whatever does not go together is refused by the next commit.
  await replica.number(put("key-0", "later"));
  await backend.close();
});

test("a deadline within a millisecond is kept as it is", async () => {
  const backend = redis({ url: urlOf(server), prefix: "fraction" });
  const replica = await openReplica(backend);
  await replica.number(put("a", "1", 60_000.5));
  const entry = (await replica.contents()).get("a");
  expect((entry?.deadline ?? 0) - (entry?.updatedAt ?? 0)).toBe(60_000.5);
  await backend.close();
});
