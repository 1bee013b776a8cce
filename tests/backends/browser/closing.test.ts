/** What is under way when a database is closed comes to its end, and whoever asked for it hears so. */
import { expect, test } from "vitest";
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { HoldallError, openStore, removeStore } from "../../../ts/index.js";
import { newDatabase } from "./support.js";

/** Resolves when the next transaction that writes has begun. */
function writing(): Promise<void> {
  const { transaction } = IDBDatabase.prototype;
  return new Promise((resolve) => {
    IDBDatabase.prototype.transaction = function (...given) {
      if (given[1] === "readwrite") {
        IDBDatabase.prototype.transaction = transaction;
        resolve();
      }
      return transaction.apply(this, given);
    };
  });
}

// It was done, and reported as UNAVAILABLE: the channel that tells other tabs had been closed before the transaction was complete.
test("a removal that is going on when its backend is closed is done, and told so", async () => {
  const database = newDatabase();
  const backend = indexedDb({ database });
  const store = await openStore({ backend, name: "s" });
  await store.setAndWait("a", 1);
  await store.close();
  const begun = writing();
  const removal = removeStore({ backend, name: "s" });
  await begun;
  const closing = backend.close();
  expect(await removal).toBe(true);
  await closing;
  const other = indexedDb({ database });
  expect((await openStore({ backend: other, name: "s" })).size).toBe(0);
  await other.close();
});

test("a store that is being made when its backend is closed is told as closed", async () => {
  const backend = indexedDb({ database: newDatabase() });
  const begun = writing();
  const opening = openStore({ backend, name: "s" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await begun;
  await backend.close();
  const error = await opening;
  expect(error).toBeInstanceOf(HoldallError);
  expect(error).toMatchObject({ code: "CLOSED" });
});
