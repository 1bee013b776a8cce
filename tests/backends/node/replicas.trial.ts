/**
 * Random lives of replicas, two of a whole store and one of a scope, behind a backend that fails: they write and decide, expire, run into limits, are closed
 * and opened again, lose their engine and find the store removed. Each has a witness that hears everything; at the end all show what a fresh replica shows.
 *
 * @module
 */
import { memory } from "../../../ts/backends/memory/index.js";
import type { BackedStore } from "../../../ts/index.js";
import type { OpenStore } from "../../../ts/opener.js";
import type { Clock } from "../../../ts/testing/index.js";
import { seeded } from "../../seeded.js";
import { Flaky } from "./flaky.js";
import { Calls, codeOf, leap, outcome, tick } from "./lives.js";
import { drawDeed } from "./replicas.deeds.js";
import { Witness } from "./replicas.witness.js";

/** What happens in a life. */
export interface Plan {
  /** Whether entries expire. */
  readonly expires: boolean;
  /** Whether the store is removed now and then. */
  readonly isRemoved: boolean;
  /** Whether engines fail. */
  readonly traps: boolean;
  /** The most entries that the store takes. */
  readonly maxEntries: number | undefined;
  /** How many commits the log has. */
  readonly logCommits: number;
}

/** The scope that the last replica holds. */
const scope = "s";

/** How many things are done in a life. */
const steps = 50;

/** Longer than anything lives in the time of any replica. */
const ages = 100_000;

/** One replica, and who watches it. */
export interface Replica {
  readonly scope: string | undefined;
  store: BackedStore;
  witness: Witness;
  /** Whether it is being closed and opened again. */
  isAway: boolean;
}

/** One life. */
export class Life {
  readonly plan: Plan;
  readonly backend: Flaky;
  /** Lets the engine fail. */
  readonly trap: () => void;
  readonly #openStore: OpenStore;
  readonly #random: () => number;
  readonly #calls = new Calls();
  readonly #replicas: Replica[] = [];
  /** What a call may be rejected with in this life. */
  readonly #allowed: readonly string[];

  constructor(seed: number, openStore: OpenStore, trap: () => void) {
    const random = seeded(seed);
    this.#random = random;
    this.#openStore = openStore;
    this.trap = trap;
    this.plan = {
      expires: random() < 0.5,
      isRemoved: random() < 0.3,
      traps: random() < 0.3,
      maxEntries: random() < 0.3 ? 5 : undefined,
      logCommits: random() < 0.3 ? 4 : 1_000,
    };
    const { isRemoved, traps, logCommits } = this.plan;
    const ofBackend = seeded(random() * 2 ** 31);
    this.backend = new Flaky(memory({ log: { commits: logCommits } }), ofBackend, {
      loading: 0.1,
      refuses: ({ isRetry }) => !isRetry && ofBackend() < 0.03,
    });
    this.#allowed = [
      "QUOTA_EXCEEDED",
      "CLOSED",
      ...(isRemoved ? ["OUTCOME_UNKNOWN", "UNAVAILABLE", "CONFLICT"] : []),
      ...(traps ? ["ENGINE_FAILED"] : []),
    ];
  }

  /** Lives it. */
  async play(): Promise<void> {
    try {
      await this.#live();
    } catch (error) {
      const what = error instanceof Error ? error.message : error;
      throw new Error(`${what}\nin a life of ${JSON.stringify(this.plan)}`, { cause: error });
    }
  }

  async #live(): Promise<void> {
    for (const held of [undefined, undefined, scope]) {
      const store = await outcome(this.#open(held), "opening");
      this.#replicas.push({ scope: held, store, witness: new Witness(store, this), isAway: false });
    }
    for (let step = 0; step < steps; step++) {
      await this.#step(step);
      const isLong = this.#random() < 0.4;
      if (isLong) await tick();
      for (const { witness, store, isAway } of this.#replicas) {
        if (isAway) continue;
        witness.check();
        if (isLong) witness.checkWaiting();
        if (store.status.state === "ready") witness.feed.goOn();
        if (witness.feed.isTooOld && store.status.state === "ready" && store.status.backlog === 0) witness.followAnew();
      }
      this.#report();
    }
    await this.#calls.settled();
    await this.#comeToRest();
    await this.#compare();
    await outcome(this.backend.close(), "closing");
  }

  /** Adds a call that must come to an end. */
  decided(what: string, call: Promise<unknown>, allowed: readonly string[] = []): void {
    this.#calls.add(what, call, [...this.#allowed, ...allowed]);
  }

  /** Closes a replica, within a time or not, and opens it again; its feed goes on where it can. */
  reopen(replica: Replica, timeout?: number): void {
    replica.isAway = true;
    const { feed } = replica.witness;
    const closed = replica.store.close({ timeout }).catch((error: unknown) => {
      if (![...this.#allowed, "TIMEOUT"].includes(codeOf(error) ?? "")) throw error;
    });
    const again = closed.then(async () => {
      const store = await this.#open(replica.scope);
      Object.assign(replica, { store, witness: new Witness(store, this, feed), isAway: false });
    });
    this.decided("reopening", again);
  }

  async #step(step: number): Promise<void> {
    const random = this.#random;
    const replica = this.#replicas[Math.floor(random() * this.#replicas.length)];
    if (replica === undefined || replica.isAway) return;
    const prefix = replica.scope === undefined && random() < 0.5 ? `${scope}:` : "";
    const key = `${prefix}${"abc"[Math.floor(random() * 3)]}`;
    const act = drawDeed(this, random);
    try {
      await act({ life: this, replica, random, key, value: step });
    } catch (error) {
      if (!this.plan.traps || codeOf(error) !== "ENGINE_FAILED") throw error;
    }
  }

  /** Opens a store by a clock that is fast or slow. A loading that fails is tried again. */
  async #open(held: string | undefined): Promise<BackedStore> {
    const skew = Math.floor((this.#random() - 0.5) * ages);
    const clock: Clock = {
      now: () => Date.now() + skew,
      setTimer: (callback, span) => setTimeout(callback, span),
      clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    };
    const { maxEntries } = this.plan;
    for (;;) {
      try {
        return await this.#openStore({ backend: this.backend, clock, scope: held, maxEntries, onError: () => {} });
      } catch (error) {
        if (!["UNAVAILABLE", "ENGINE_FAILED"].includes(codeOf(error) ?? "")) throw error;
      }
    }
  }

  /** Lets everything expire that can, and everyone hear of everything. */
  async #comeToRest(): Promise<void> {
    for (let round = 0; round < (this.plan.expires ? 6 : 2); round++) {
      if (this.plan.expires) await leap(ages);
      for (const { store, witness } of this.#replicas) {
        await this.#anyhow("flush", () => store.flush());
        await this.#anyhow("sync", () => store.sync());
        witness.feed.goOn();
      }
    }
    await tick();
  }

  /** Asks until it is done: refusals of what was written are told meanwhile. */
  async #anyhow(what: string, call: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await outcome(call(), what);
      } catch (error) {
        if (tries === 100 || !this.#allowed.includes(codeOf(error) ?? "")) throw error;
        await tick();
      }
    }
  }

  /** Compares all replicas with a fresh one. */
  async #compare(): Promise<void> {
    const fresh = await outcome(this.#open(undefined), "opening");
    for (const [at, { store, scope: held, witness }] of this.#replicas.entries()) {
      const expected = shown(held === undefined ? fresh : fresh.scope(held));
      const found = shown(store);
      if (found !== expected) witness.faults.push(`shows ${found}, and a fresh replica ${expected}`);
      if (store.status.lag !== 0) witness.faults.push(`lags by ${store.status.lag}`);
      if (at === 0 && store.size > (this.plan.maxEntries ?? store.size)) witness.faults.push(`holds ${store.size} entries`);
      witness.checkEnd();
    }
    this.#report();
    for (const { store } of [...this.#replicas, { store: fresh }]) await outcome(store.close(), "closing");
  }

  /** Tells what witnesses found. */
  #report(): void {
    const faults = this.#replicas.flatMap(({ witness }, at) => witness.faults.map((fault) => `replica ${at} ${fault}`));
    if (faults.length > 0) throw new Error(faults.slice(0, 3).join("\n"));
  }
}

/** What a store shows, with what must be the same on all replicas. */
function shown(store: BackedStore): string {
  return JSON.stringify([...store.entries()].map(([key, value]) => [key, value, store.meta(key)?.version, store.meta(key)?.tags]));
}
