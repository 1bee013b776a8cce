/** The object is a durable format: what this version writes is what released versions have written, and is read for ever. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodings } from "../../../ts/store/values/encoding.js";
import { manualClock } from "../../../ts/testing/index.js";
import { backendIn, follow, makeNamespace, objectIn, open, put, shared } from "./support.js";

const server = shared();
const golden = join(import.meta.dirname, "..", "..", "golden", "kubernetes-1", "orders.json");
const clock = manualClock(Date.UTC(2026, 10, 28, 4, 28, 32, 123));
const value = (encoding: number, text: string) => ({ encoding, bytes: new TextEncoder().encode(text) });

/** What the golden object was made by. */
const commits = [
  [
    put("user:1", "", {
      value: value(encodings.object, '{"name":"Ada","born":1815}'),
      ttl: 3_600_000,
      metadata: { tags: ["admin", "first"], properties: [["team", value(encodings.string, "core")]], description: "the first" },
    }),
    put("plain", 'a text, <quoted> & "so"'),
    put("gone", "soon"),
  ],
  [
    { type: "delete", key: "gone" },
    put("bytes", "", { value: { encoding: encodings.bytes, bytes: Uint8Array.of(0, 127, 255) } }),
    put("fraction", "", { value: value(encodings.number, "0.1"), ttl: { deadline: 1_900_000_000_000.5 } }),
    put("lone", "", { value: value(encodings.escapedString, '"\\ud83d"') }),
    { type: "annotate", key: "plain", metadata: { addTag: "read" } },
  ],
] as const;

test("what is written is the golden object", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace, { clock }), { replica: "golden", limits: { maxEntries: 100 } });
  for (const operations of commits) await orders.commit(operations);
  const { metadata: _, ...object } = await objectIn(server, namespace, "orders");
  await expect(`${JSON.stringify(object, null, 2)}\n`).toMatchFileSnapshot(golden);
});

test("the golden object is read, its log too, and goes on", async () => {
  const namespace = await makeNamespace(server);
  const object = { ...JSON.parse(readFileSync(golden, "utf8")), metadata: { name: "orders" } };
  await server.request("POST", `/apis/holdall.dev/v1/namespaces/${namespace}/holdallstores`, object);
  const read = await open(backendIn(server, namespace, { clock }));
  const other = await makeNamespace(server);
  const written = await open(backendIn(server, other, { clock }), { replica: "golden" });
  for (const operations of commits) await written.commit(operations);
  expect(await read.entries()).toEqual(await written.entries());
  const following = follow(read, 0);
  await expect.poll(() => following.through).toBe(2);
  expect(following.heard.map(({ replica, counter, time }) => [replica, counter, time])).toEqual([
    ["golden", 1, clock.now()],
    ["golden", 2, clock.now()],
  ]);
  expect(await read.commit([put("next", "x")])).toMatchObject({ type: "committed", number: 3, after: 2 });
});
