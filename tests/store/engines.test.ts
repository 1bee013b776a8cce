/** A plain store made before the first backed one is on an engine of its own; the two merge and compare all the same. */
import { expect, test } from "vitest";
import { memory } from "../../ts/backends/memory/index.js";
import { createStore, openStore } from "../../ts/index.js";

test("stores of different engines merge, with a base too, and are compared", async () => {
  const plain = createStore();
  plain.set("user:a", 1, { tags: ["t"] });
  plain.set("user:b", 2);
  const base = plain.clone();
  const backed = await openStore({ backend: memory() });

  expect(await backed.merge(plain.scope("user"), "error")).toMatchObject({ added: ["a", "b"] });
  expect([backed.get("a"), backed.hasTag("a", "t")]).toEqual([1, true]);

  backed.set("a", 10);
  await backed.flush();
  expect(plain.scope("user").diff(backed)).toMatchObject({ changed: ["a"] });
  expect(plain.scope("user").merge(backed, { strategy: "error", base: base.scope("user") })).toMatchObject({ overwritten: ["a"] });
  expect([plain.get("user:a"), plain.hasTag("user:a", "t"), plain.get("user:b")]).toEqual([10, true, 2]);
  await backed.close();
});
