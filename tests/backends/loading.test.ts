/** What is committed while a store is loaded may be in what was loaded: nobody who comes with a cursor from before passes over it. */
import { expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../ts/backends/backend.js";
import { memory } from "../../ts/backends/memory/index.js";
import { openStore } from "../../ts/index.js";
import { wrapStore } from "./wrapping.js";

/** A backend that does something between the head of a loading and its entries, and tells nothing of the log before something else. */
function interrupted(behind: Backend, meanwhile: () => Promise<unknown>, told: Promise<void>): Backend {
  return {
    kind: "interrupted",
    capabilities: behind.capabilities,
    async open(request) {
      const store = await behind.open(request);
      return wrapStore(store, {
        async load() {
          const { head, parts } = await store.load();
          await meanwhile();
          return { head, parts };
        },
        follow: (after, sink) => store.follow(after, { ...sink, commits: (...news) => void told.then(() => sink.commits(...news)) }),
      });
    },
    remove: (removal) => behind.remove(removal),
    close: () => behind.close(),
  };
}

test("a cursor from before what was committed meanwhile is too old; a feed that begins then goes on from what is shown", async () => {
  const backend = memory();
  onTestFinished(() => backend.close());
  const writer = await openStore({ backend });
  await writer.setAndWait("a", 1);
  const before = writer.changes().cursor;
  let isTold = false;
  const told = new Promise<void>((resolve) => {
    setTimeout(() => {
      isTold = true;
      resolve();
    }, 20);
  });
  const reader = await openStore({ backend: interrupted(backend, () => writer.setAndWait("a", 2), told) });
  // A commit that was there in part is there whole.
  expect([isTold, reader.get("a"), reader.status.cursor]).toEqual([true, 2, writer.status.cursor]);

  const [late, anew] = [reader.changes({ since: before }), reader.changes()];
  await expect(late.next()).rejects.toMatchObject({ code: "CURSOR_TOO_OLD" });
  await writer.setAndWait("a", 3);
  await reader.sync();
  expect((await anew.next()).value?.changes).toMatchObject([{ key: "a", previous: 2, value: 3 }]);
  // From where both know everything, a cursor of one is one of the other.
  const both = writer.changes().cursor;
  await writer.setAndWait("a", 4);
  await reader.sync();
  expect((await reader.changes({ since: both }).next()).value?.changes).toMatchObject([{ key: "a", previous: 3, value: 4 }]);
  await Promise.all([writer.close(), reader.close()]);
});
