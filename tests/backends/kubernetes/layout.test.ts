/** A store is one object that people can read, and what its owner needs is the manifest's rights and no more. */
import { expect, test } from "vitest";
import { encodings } from "../../../ts/store/values/encoding.js";
import { backendIn, makeNamespace, objectIn, open, put, shared } from "./support.js";

const server = shared();
const bytesOf = (text: string) => new TextEncoder().encode(text);

test("values, deadlines and metadata stand in the object as texts", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace), { limits: { maxEntries: 10 } });
  const answer = await orders.commit([
    put("user:1", '{"name":"Ada","age":36}', {
      value: { encoding: encodings.object, bytes: bytesOf('{"name":"Ada","age":36}') },
      ttl: 60_000,
      metadata: {
        tags: ["admin"],
        properties: [["team", { encoding: encodings.string, bytes: bytesOf("core") }]],
        description: "the first",
      },
    }),
    put("plain", "text"),
  ]);
  expect(answer).toMatchObject({ type: "committed", number: 1, after: 0, changed: true });
  const time = answer.type === "committed" ? answer.time : 0;
  const { store, head, entries, log, replicas, metadata } = await objectIn(server, namespace, "orders");
  const iso = new Date(time).toISOString();
  expect(store).toEqual({ name: "orders", readFormat: 1, writeFormat: 1, limits: { maxEntries: 10 } });
  expect(head).toMatchObject({ number: 1, time: iso, entries: 2, logFirst: 1 });
  expect(entries).toEqual({
    "user:1": {
      kind: "object",
      value: '{"name":"Ada","age":36}',
      number: 1,
      createdAt: iso,
      updatedAt: iso,
      deadline: new Date(time + 60_000).toISOString(),
      metadata: { number: 1, tags: ["admin"], properties: [{ name: "team", kind: "string", value: "core" }], description: "the first" },
    },
    plain: { kind: "string", value: "text", number: 1, createdAt: iso, updatedAt: iso },
  });
  expect(Object.keys(log ?? {})).toEqual(["1"]);
  expect(replicas).toEqual({ [orders.replica]: { counter: 1, number: 1, after: 0, time: iso, changed: true } });
  expect(metadata.uid).toBe(orders.store.header.id);
});

test("Kubernetes keeps no notes of its own about each key", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  await orders.commit([put("key", "value")]);
  expect((await objectIn(server, namespace, "orders")).metadata.managedFields ?? []).toEqual([]);
});

test("what comes back is what was put, whatever the key and the value", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  const keys = ["", "__proto__", "constructor", "a/b~c.d", "ключ 😀", "<&>\u2028", "'\"\\\n\0", "null", "0"];
  const values: readonly [keyof typeof encodings, string][] = [
    ["string", ""],
    ["string", "\ufeff<&>\u2028\u2029\0'\"\\"],
    ["escapedString", '"\\ud83d"'],
    ["number", "1e+300"],
    ["number", "0.1"],
    ["object", '{"z":1,"a":{"__proto__":[null,true]},"":"<"}'],
    ["taggedMutableObject", '{"at":"~d1700000000000"}'],
    ["date", "-62135596800000"],
    ["bigint", "-123456789012345678901234567890"],
  ];
  const puts = keys.flatMap((key) =>
    values.map(([kind, text]) => put(`${key}${kind}${text.length}`, text, { value: { encoding: encodings[kind], bytes: bytesOf(text) } })),
  );
  puts.push(put("bytes", "", { value: { encoding: encodings.bytes, bytes: Uint8Array.from({ length: 256 }, (_, at) => at) } }));
  for (const key of keys) puts.push(put(key, key));
  await orders.commit(puts);
  const entries = await orders.entries();
  const expected = new Map(puts.flatMap((operation) => (operation.type === "put" ? [[operation.key, operation.value] as const] : [])));
  expect(entries.size).toBe(expected.size);
  for (const [key, value] of expected) expect([key, entries.get(key)?.value]).toEqual([key, value]);
  // And again for one that has not written them, after some were changed and deleted.
  await orders.commit([{ type: "delete", key: "__proto__" }, put("", "other"), { type: "clear", prefix: "null" }]);
  const other = await (await open(backendIn(server, namespace))).entries();
  expect(other).toEqual(await orders.entries());
  expect([other.has("__proto__"), other.has("constructor"), [...other.keys()].some((key) => key.startsWith("null"))]).toEqual([
    false,
    true,
    false,
  ]);
});

test("a store may be called anything, and an object that is another store's is left alone", async () => {
  const namespace = await makeNamespace(server);
  const backend = backendIn(server, namespace);
  for (const name of ["", "Orders of Ada / 7", "ключ", "x-0123456789abcdef0123456789abcdef", "a".repeat(300)]) {
    const store = await open(backend, { name });
    await store.commit([put("name", name)]);
    expect(new TextDecoder().decode((await store.entries()).get("name")?.value.bytes)).toBe(name);
  }
  await open(backend, { name: "orders" });
  const path = `/apis/holdall.dev/v1/namespaces/${namespace}/holdallstores/orders`;
  await server.request("PATCH", path, { store: { name: "invoices" } }, "application/merge-patch+json");
  await expect(open(backend, { name: "orders" })).rejects.toMatchObject({ code: "CORRUPTED" });
});
