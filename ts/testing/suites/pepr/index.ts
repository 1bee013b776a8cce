/**
 * The suite of Pepr's face on backed stores: that its waits mean what they say on a backend, as tests for any runner.
 *
 * @module
 */

import type { Milliseconds } from "../../../store/types/index.js";
import { arrives, holds, rejects, same } from "../asserting.js";
import type { SuiteTest } from "../backend/options.js";
import { type StorePromise, type StoreSuiteOptions, StoreTrial } from "../store/trial.js";

/** What the suite uses of a Pepr store. */
export interface PeprItemStore {
  /** The value of a key, or `null`. */
  getItem(key: string): string | null;
  /** Sets a value. */
  setItem(key: string, value: string): void;
  /** Removes a key. */
  removeItem(key: string): void;
  /** Removes all keys. */
  clear(): void;
  /** Sets a value, and resolves when it is durable. */
  setItemAndWait(key: string, value: string, options?: { readonly timeout?: Milliseconds }): Promise<"ok">;
  /** Removes a key, and resolves when that is durable. */
  removeItemAndWait(key: string): Promise<"ok">;
  /** Hears the whole content after each change. */
  subscribe(listener: (data: Record<string, string>) => void): () => void;
  /** Fulfils when the content is loaded. */
  ready(): Promise<void>;
  /** Fulfils when all is durable. */
  flush(): Promise<void>;
}

/** Options of `peprSuite`. */
export interface PeprSuiteOptions extends Omit<StoreSuiteOptions, "view"> {
  /** `peprStore` of `holdall/pepr`. */
  peprStore(options: { readonly store: never; readonly capability?: string }): PeprItemStore;
}

type PeprPromise = Omit<StorePromise, "attempt"> & {
  readonly attempt: (trial: StoreTrial, open: (capability?: string) => Promise<PeprItemStore>) => Promise<void>;
};

const promises: readonly PeprPromise[] = [
  {
    name: "a wait resolves when the write is durable, and others see it",
    async attempt(_trial, open) {
      const [one, other] = [await open(), await open()];
      await Promise.all([one.ready(), other.ready()]);
      const seen = new Promise<Record<string, string>>((resolve) => other.subscribe(resolve));
      same(await arrives(one.setItemAndWait("a", "1"), "the wait for a write"), "ok", "what it resolves to");
      same(one.getItem("a"), "1", "what the writer reads");
      same(await arrives(seen, "another replica hears of it"), { a: "1" }, "what it hears");
      same(await arrives(one.removeItemAndWait("a"), "the wait for a removal"), "ok", "what it resolves to");
      same(one.getItem("a"), null, "what is left");
    },
  },
  {
    name: "removing what is missing resolves at once, and clearing an empty store is no error",
    async attempt(_trial, open) {
      const one = await open();
      same(await arrives(one.removeItemAndWait("missing"), "the wait"), "ok", "what it resolves to");
      one.clear();
      await arrives(one.flush(), "the flush");
    },
  },
  {
    name: "four writes, a clear and what comes after it arrive in order",
    async attempt(trial, open) {
      const [one, whole] = [await open(), await trial.openWhole()];
      for (const value of ["1", "2", "3"]) one.setItem("a", value);
      one.setItem("", "empty keys and values too");
      one.clear();
      one.setItem("b", "");
      await arrives(one.flush(), "the flush");
      await whole.sync();
      same([one.getItem("a"), one.getItem(""), one.getItem("b")], [null, null, ""], "what is left");
      same(whole.size, 1, "how many entries the store has");
    },
  },
  {
    name: "a refused write rejects its wait alone, as Pepr says it",
    isGiven: ({ limits }) => limits,
    async attempt(trial, open) {
      await trial.openWhole({ maxEntries: 1 });
      const one = await open();
      const fits = one.setItemAndWait("a", "1");
      const refused = one.setItemAndWait("b", "2");
      await rejects(arrives(refused, "the wait is answered"), "QUOTA_EXCEEDED", "what does not fit");
      await refused.catch(({ message }: Error) => holds(message.startsWith("MAX_WAIT_TIME elapsed: Key b"), `the message: ${message}`));
      same(await fits, "ok", "what fits");
      same([one.getItem("a"), one.getItem("b")], ["1", null], "what is left");
    },
  },
  {
    name: "capabilities never see each other, whatever their names",
    async attempt(_trial, open) {
      const names = ["a", "a-b", "ab", "a:b"];
      const stores = await Promise.all(names.map((name) => open(name)));
      await Promise.all(stores.map((store, at) => store.setItemAndWait("key", String(at))));
      stores[0]?.clear();
      await stores[0]?.flush();
      same(
        stores.map((store) => store.getItem("key")),
        [null, "1", "2", "3"],
        "what each holds",
      );
    },
  },
];

/**
 * Lists what Pepr's face promises on a backend, as tests that any runner can run.
 *
 * @example
 * ```ts
 * import { openStore } from "holdall";
 * import { memory } from "holdall/backends/memory";
 * import { peprStore } from "holdall/pepr";
 * import { peprSuite } from "holdall/testing";
 *
 * const tests = peprSuite({
 *   openStore,
 *   peprStore,
 *   capabilities: memory().capabilities,
 *   create() {
 *     const place = memory();
 *     return { connect: () => place };
 *   },
 * });
 * // With a runner: for (const { name, run } of tests) test(name, run);
 * await tests[0]?.run();
 * ```
 */
export function peprSuite(options: PeprSuiteOptions): readonly SuiteTest[] {
  return promises
    .filter(({ isGiven }) => isGiven?.(options.capabilities) ?? true)
    .map(({ name, attempt }) => ({
      name,
      run: () =>
        StoreTrial.run(options, (trial) =>
          attempt(trial, async (capability) => {
            const store = (await trial.openWhole()) as never;
            return options.peprStore(capability === undefined ? { store } : { store, capability });
          }),
        ),
    }));
}
