/**
 * Random lives of two replicas behind a backend that fails, loses answers, delays and refuses. What is known of each call when it is made is kept beside
 * it; at the end everything must have settled as it had to, and nothing but what was accepted is there.
 *
 * @module
 */
import { expect } from "vitest";
import type { Backend, BackendStore, CommitAnswer, CommitRequest, OpenRequest } from "../../../ts/backends/backend.js";
import { memory } from "../../../ts/backends/memory/index.js";
import { type BackedStore, HoldallError, openStore } from "../../../ts/index.js";
import { seeded } from "../../seeded.js";

/** What the backend refuses, alone. */
const bad = "bad";

/** A memory that is reached by a way that fails now and then. */
class Flaky implements Backend {
  readonly kind = "flaky";
  readonly capabilities = memory().capabilities;
  readonly #behind = memory();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  async open(request: OpenRequest): Promise<BackendStore> {
    const store = await this.#behind.open(request);
    return {
      header: store.header,
      isWritable: true,
      load: () => store.load(),
      commit: (commit) => this.#commit(store, commit),
      follow: (after, sink) => store.follow(after, sink),
      head: () => store.head(),
      upgrade: () => store.upgrade(),
      close: () => store.close(),
    };
  }

  remove: Backend["remove"] = (removal) => this.#behind.remove(removal);

  close(): Promise<void> {
    return this.#behind.close();
  }

  async #commit(store: BackendStore, request: CommitRequest): Promise<CommitAnswer> {
    await this.#someTime();
    if (this.#random() < 0.05) throw new HoldallError("UNAVAILABLE", "It did not arrive");
    const isBad = request.operations.some(
      (operation) => operation.type === "put" && new TextDecoder().decode(operation.value.bytes) === bad,
    );
    if (isBad) return { type: "refused", code: "QUOTA_EXCEEDED", message: "It is bad" };
    const answer = await store.commit(request);
    await this.#someTime();
    if (this.#random() < 0.05) throw new HoldallError("UNAVAILABLE", "The answer is lost");
    return answer;
  }

  async #someTime(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 3); turns > 0; turns--) await new Promise((resolve) => setTimeout(resolve));
  }
}

/** One replica, what it was told to do, and what must come of it. */
class Life {
  readonly store: BackedStore;
  readonly #name: string;
  readonly #random: () => number;
  /** What must become of each call. */
  readonly settling: Promise<unknown>[] = [];
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
    const { store } = this;
    const draw = this.#random();
    if (draw < 0.4) this.#write(this.#random() < 0.2);
    else if (draw < 0.6) this.#add(store.increment("counter", 1, { retries: 1_000 }));
    else if (draw < 0.7) this.#add(store.transaction((tx) => tx.increment("counter"), { retries: 1_000 }));
    else if (draw < 0.85) this.settling.push(Promise.allSettled([store.flush(), store.acknowledged(), store.acknowledged()]));
    else this.settling.push(store.sync());
  }

  /** Ends it, in the midst of what is on its way; what is asked for behind that is refused. */
  async end(): Promise<void> {
    const closing = store(this).close();
    expect(() => this.store.set("late", 1)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    // A refusal that nobody had heard of is told here.
    await closing.catch((error: unknown) => expect(error).toMatchObject({ code: "QUOTA_EXCEEDED" }));
  }

  /** Writes what the backend takes, or what it refuses, and waits for that very write, or does not. */
  #write(isBad: boolean): void {
    const number = ++this.#number;
    const [key, value, code] = isBad
      ? ([`${this.#name}:bad${number % 3}`, bad, "QUOTA_EXCEEDED"] as const)
      : ([`${this.#name}:own${number % 4}`, number, undefined] as const);
    if (!isBad) this.own.set(key, number);
    const draw = this.#random();
    if (draw < 0.4) this.#must(this.store.setAndWait(key, value), code);
    else {
      this.store.set(key, value);
      if (draw < 0.7) this.#must(this.store.acknowledged(), code);
    }
  }

  #must(call: Promise<unknown>, code: string | undefined): void {
    const settled = call.then(
      () => expect(code).toBe(undefined),
      (error: unknown) => {
        if (!(error instanceof HoldallError) || error.code !== code) throw error;
      },
    );
    settled.catch(() => {});
    this.settling.push(settled);
  }

  #add(call: Promise<unknown>): void {
    const settled = call.then(() => {
      this.added += 1;
    });
    settled.catch(() => {});
    this.settling.push(settled);
  }
}

const store = (life: Life) => life.store;

/** Plays one life by a seed. */
export async function playLife(seed: number, steps: number): Promise<void> {
  const random = seeded(seed);
  const backend = new Flaky(random);
  const lives = await Promise.all(["a", "b"].map(async (name) => new Life(await openStore({ backend }), name, random)));
  for (let step = 0; step < steps; step++) {
    lives[Math.floor(random() * lives.length)]?.step();
    if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve));
  }
  // Listeners write as long as what they wrote is told.
  for (const { settling } of lives) for (let at = 0; at < settling.length; at++) await settling[at];
  await Promise.all(lives.map((life) => life.end()));
  const after = await openStore({ backend });
  const expected = new Map(lives.flatMap(({ own }) => [...own]));
  const added = lives.reduce((sum, life) => sum + life.added, 0);
  if (added > 0) expected.set("counter", added);
  expect([...after.entries()]).toEqual([...expected].sort(([one], [other]) => (one < other ? -1 : 1)));
  await after.close();
  await backend.close();
}
