/**
 * Random lives of two replicas behind a backend that fails, loses answers, delays and refuses. What is known of each call when it is made is kept beside
 * it; at the end everything must have settled as it had to, and nothing but what was accepted is there.
 *
 * @module
 */
import { expect } from "vitest";
import type { CommitRequest } from "../../../ts/backends/backend.js";
import { memory } from "../../../ts/backends/memory/index.js";
import type { BackedStore } from "../../../ts/index.js";
import type { OpenStore } from "../../../ts/opener.js";
import { seeded } from "../../seeded.js";
import { Flaky } from "./flaky.js";
import { Calls, outcome, tick } from "./lives.js";

/** What the backend refuses, alone. */
const bad = "bad";

function isBad({ operations }: CommitRequest): boolean {
  return operations.some((operation) => operation.type === "put" && new TextDecoder().decode(operation.value.bytes) === bad);
}

/** One replica, what it was told to do, and what must come of it. */
class Life {
  readonly store: BackedStore;
  readonly #name: string;
  readonly #random: () => number;
  /** What must become of each call. */
  readonly calls = new Calls();
  /** What nobody else writes, and must be there at the end. */
  readonly own = new Map<string, number>();
  /** How much was added to the counter that all share. */
  added = 0;
  #number = 0;

  constructor(store: BackedStore, name: string, random: () => number) {
    this.store = store;
    this.#name = name;
    this.#random = random;
    store.watch((change) => {
      if (change.key.startsWith(`${name}:own`) && change.type === "set" && random() < 0.3) this.#write(this.#random() < 0.2);
    });
  }

  /** Does something. */
  step(): void {
    const { store, calls } = this;
    const draw = this.#random();
    if (draw < 0.4) this.#write(this.#random() < 0.2);
    else if (draw < 0.6) this.#add(store.increment("counter", 1, { retries: 1_000 }));
    else if (draw < 0.7) this.#add(store.transaction((tx) => tx.increment("counter"), { retries: 1_000 }));
    else if (draw < 0.85) calls.add("flush", Promise.allSettled([store.flush(), store.acknowledged(), store.acknowledged()]));
    else calls.add("sync", store.sync());
  }

  /** Ends it, in the midst of what is on its way; what is asked for behind that is refused. */
  async end(): Promise<void> {
    const closing = this.store.close();
    expect(() => this.store.set("late", 1)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    // A refusal that nobody had heard of is told here.
    await closing.catch((error: unknown) => expect(error).toMatchObject({ code: "QUOTA_EXCEEDED" }));
  }

  /** Writes what the backend takes, or what it refuses, and waits for that very write, or does not. */
  #write(isRefused: boolean): void {
    const number = ++this.#number;
    const key = isRefused ? `${this.#name}:bad${number % 3}` : `${this.#name}:own${number % 4}`;
    const value = isRefused ? bad : number;
    if (!isRefused) this.own.set(key, number);
    const draw = this.#random();
    if (draw < 0.4) this.#must(this.store.setAndWait(key, value), isRefused);
    else {
      this.store.set(key, value);
      if (draw < 0.7) this.#must(this.store.acknowledged(), isRefused);
    }
  }

  #must(call: Promise<void>, isRefused: boolean): void {
    if (isRefused) {
      const refused = call.then(() => Promise.reject(new Error("What is bad was taken")));
      this.calls.add("a write", refused, ["QUOTA_EXCEEDED"]);
    } else this.calls.add("a write", call);
  }

  #add(call: Promise<number>): void {
    const counted = call.then(() => {
      this.added += 1;
    });
    this.calls.add("an increment", counted);
  }
}

/** How often somebody does something in a life. */
const steps = 60;

/** Plays one life by a seed. */
export async function playLife(seed: number, openStore: OpenStore): Promise<void> {
  const random = seeded(seed);
  const backend = new Flaky(memory(), seeded(random() * 2 ** 31), { refuses: isBad });
  const open = () => outcome(openStore({ backend }), "opening");
  const lives = [new Life(await open(), "a", random), new Life(await open(), "b", random)];
  for (let step = 0; step < steps; step++) {
    lives[Math.floor(random() * lives.length)]?.step();
    if (random() < 0.3) await tick();
  }
  // Listeners write as long as what they wrote is told.
  for (const { calls } of lives) await calls.settled();
  await outcome(Promise.all(lives.map((life) => life.end())), "closing");
  const after = await open();
  const expected = new Map(lives.flatMap(({ own }) => [...own]));
  const added = lives.reduce((sum, life) => sum + life.added, 0);
  if (added > 0) expected.set("counter", added);
  expect([...after.entries()]).toEqual([...expected].sort(([one], [other]) => (one < other ? -1 : 1)));
  await outcome(after.close(), "closing");
  await backend.close();
}
