/**
 * What the tests of transactions share.
 *
 * @module
 */
import { expect } from "vitest";
import type { HoldallError, Store, Transaction } from "../../ts/index.js";

/** What a promise is rejected with. */
export const rejection = (promise: Promise<unknown>): Promise<HoldallError> =>
  promise.then(
    () => expect.fail("it was not rejected"),
    (error: HoldallError) => error,
  );

/** Runs a body, then a change of the store, then commits. */
export function interleaved(
  store: Store,
  body: (tx: Transaction) => unknown,
  change: (store: Store) => unknown,
): Promise<HoldallError | "done"> {
  const done = store.transaction(async (tx) => {
    body(tx);
    await Promise.resolve();
  });
  change(store);
  return done.then(
    () => "done",
    (error: HoldallError) => error,
  );
}
