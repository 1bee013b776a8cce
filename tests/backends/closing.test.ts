/** What closing a store, or its backend, finds under way is done, or told as not done; none of it is lost silently, and nothing fails behind it. */
import { expect, test } from "vitest";
import type { Backend, LogSink } from "../../ts/backends/backend.js";
import { memory } from "../../ts/backends/memory/index.js";
import { type BackedStore, HoldallError, openStore } from "../../ts/index.js";
import { wrapStore } from "./wrapping.js";

/** What a store keeps under a key, as one who opens it later finds it. */
async function keptBy(backend: Backend, key: string): Promise<unknown> {
  const store = await openStore({ backend });
  const value = store.get(key);
  await store.close();
  return value;
}

// A call whose own code closed the store (its middleware, or the value's `toJSON`) returned, and so did the closing, and what it had written was lost.
test.each<[string, (store: BackedStore, close: () => void) => unknown]>([
  [
    "middleware",
    (store, close) => {
      store.use({
        write(_, next) {
          close();
          return next();
        },
      });
      return store.setAndWait("a", 1);
    },
  ],
  [
    "value",
    (store, close) =>
      store.set("a", {
        toJSON() {
          close();
          return 1;
        },
      }),
  ],
])("a write is kept when its %s closes the store", async (_, write) => {
  const backend = memory();
  const store = await openStore({ backend });
  let closing: Promise<void> | undefined;
  await write(store, () => {
    closing = store.close();
  });
  expect(closing).toBeDefined();
  await closing;
  expect(await keptBy(backend, "a")).toBe(1);
});

// Who was to follow a store again after a failure found its backend closed: an unhandled rejection, and a store that seemed to be there for ever.
test("a store whose backend is closed while it waits to follow again is closed", async () => {
  const inner = memory();
  const sinks: LogSink[] = [];
  const backend: Backend = {
    kind: inner.kind,
    capabilities: inner.capabilities,
    async open(request) {
      const store = await inner.open(request);
      return wrapStore(store, {
        follow(after, sink) {
          const following = store.follow(after, sink);
          sinks.push(sink);
          return following;
        },
      });
    },
    remove: (removal) => inner.remove(removal),
    close: () => inner.close(),
  };
  const store = await openStore({ backend });
  sinks[0]?.failed(new HoldallError("UNAVAILABLE", "The connection is cut"));
  await backend.close();
  await expect.poll(() => store.status.state).toBe("closed");
  expect(sinks).toHaveLength(1);
});
