/**
 * Carries out a plan on a backed store, and keeps account of it. Runs on any platform.
 *
 * @module
 */
import type { BackedStore, ChangeFeed, Clock } from "../../../ts/index.js";
import { type Account, balances, type Increment, members, type Swap, type ToldCommit, total } from "./accounts.js";
import type { Step } from "./plan.js";

/** How many steps may be under way. */
const mostAtOnce = 8;

/** A clock that is off. */
export function skewed(skew: number): Clock & { now(): number } {
  return {
    now: () => Date.now() + skew,
    setTimer: (callback, span) => setTimeout(callback, span),
    clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  };
}

/** Makes what the plans need. To be done before any writer begins. */
export async function prepare(store: BackedStore): Promise<void> {
  store.setMany(balances.map((key) => [key, total / balances.length]));
  await store.flush();
}

/** Somebody who writes to a store. */
export class Writer {
  readonly #name: string;
  readonly #store: BackedStore;
  readonly #commits: ToldCommit[] = [];
  readonly #heard: { key: string; version: number }[] = [];
  readonly #increments: Increment[] = [];
  readonly #swaps: Swap[] = [];
  readonly #sums: number[] = [];
  readonly #reading: Promise<void>;
  readonly #feed: ChangeFeed;

  constructor(name: string, store: BackedStore) {
    this.#name = name;
    this.#store = store;
    this.#feed = store.changes();
    this.#reading = this.#read();
    store.watch(({ key, version }) => {
      // Of a write of one's own that is pending it is 0.
      if (version > 0) this.#heard.push({ key, version });
    });
    store.subscribe(({ changes }) => {
      if (!changes.some(({ key }) => key.startsWith("balance:"))) return;
      this.#sums.push(balances.reduce((sum, key) => sum + (store.get<number>(key) ?? 0), 0));
    });
  }

  /** Does all steps, some at once, and waits for them. */
  async work(steps: readonly Step[]): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (const [at, step] of steps.entries()) {
      const doing = this.#do(step, `${this.#name}.${at}`);
      underWay.add(doing);
      void doing.finally(() => underWay.delete(doing)).catch(() => undefined);
      if (step.isAwaited) await doing;
      while (underWay.size >= mostAtOnce) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    await this.#store.flush();
  }

  /** Waits until all up to a cursor is here, and tells everything. */
  async account(cursor: string): Promise<Account> {
    const store = this.#store;
    await store.sync({ after: cursor });
    const last = Number.parseInt(cursor.split(".").at(-1) ?? "", 36);
    while ((this.#commits.at(-1)?.version ?? 0) < last) await new Promise((resolve) => setTimeout(resolve));
    await this.#feed.return();
    await this.#reading;
    return {
      writer: this.#name,
      // What has expired may be removed behind the end, and who tells later hears more of that.
      commits: this.#commits.filter(({ version }) => version <= last),
      heard: this.#heard,
      increments: this.#increments,
      swaps: this.#swaps,
      sums: this.#sums,
      contents: [...store.entries()].map(([key, value]) => ({ key, value, version: store.meta(key)?.version ?? 0 })),
    };
  }

  async #read(): Promise<void> {
    for await (const { version, changes } of this.#feed) {
      this.#commits.push({ version, changes: changes.map(({ key, value }) => ({ key, value })) });
    }
  }

  async #do(step: Step, stamp: string): Promise<void> {
    const store = this.#store;
    switch (step.type) {
      case "set":
        return step.isAwaited ? store.setAndWait(step.key, stamp) : store.set(step.key, stamp);
      case "delete":
        return void store.delete(step.key);
      case "clear":
        return void store.scope("plain").clear();
      case "pass":
        return store.set(step.key, stamp, { ttl: step.ttl });
      case "increment": {
        const { key, by } = step;
        this.#increments.push({ key, by, sum: await store.increment(key, by) });
        return;
      }
      case "swap":
        return this.#swap(step.key, stamp);
      case "stamp": {
        const keys = members.map((member) => `group:${step.group}:${member}`);
        if (!step.byTransaction) return store.setMany(keys.map((key) => [key, stamp]));
        return store.transaction(
          (tx) => {
            for (const key of keys) tx.set(key, stamp);
          },
          { retries: 100 },
        );
      }
      default: {
        const [from, to] = [balances[step.from] as string, balances[step.to] as string];
        return store.transaction(
          (tx) => {
            tx.increment(from, -step.amount);
            tx.increment(to, step.amount);
          },
          { retries: 100 },
        );
      }
    }
  }

  async #swap(key: string, value: string): Promise<void> {
    // Who has one of its own pending knows no version to compare with.
    const expected = this.#store.meta(key)?.version ?? 0;
    try {
      this.#swaps.push({ key, expected, version: await this.#store.compareAndSet(key, value, { version: expected }) });
    } catch (error) {
      if ((error as { code?: string }).code !== "CONFLICT") throw error;
    }
  }
}
