/**
 * What the promises of backed stores are tried with: a place, and replicas on it, each by a connection of its own.
 *
 * @module
 */

import type { Backend, Capabilities } from "../../../backends/backend.js";
import type { OpenStore } from "../../../opener.js";
import type { BackedStore, OpenOptions } from "../../../replica/types.js";
import type { Change, Milliseconds } from "../../../store/types/index.js";
import { type ManualClock, manualClock } from "../../manual-clock.js";
import { arrives, same } from "../asserting.js";
import type { BackendPlace, BackendSuiteOptions } from "../backend/options.js";

/** Options of `storeSuite`. */
export interface StoreSuiteOptions extends BackendSuiteOptions {
  /** `openStore` of `holdall`, or of another entry. */
  readonly openStore: OpenStore;
  /** What is tried: the store, a scope of it, or a replica that holds the scope only. Default `"store"`. */
  readonly view?: "store" | "scope" | "held scope" | undefined;
}

/** A promise of a backed store. */
export interface StorePromise {
  /** The sentence. */
  readonly name: string;
  /** Whether a store on this backend gives it. Default: all do. */
  readonly isGiven?: (capabilities: Capabilities) => boolean;
  /** Rejects where it is not kept. */
  readonly attempt: (trial: StoreTrial) => Promise<void>;
}

/** How a test opens a store. */
export type TrialOptions = Partial<Omit<OpenOptions, "backend">> & { readonly backend?: Backend };

const scopeName = "suite";

/** What one test is given. */
export class StoreTrial {
  readonly #options: StoreSuiteOptions;
  readonly #place: BackendPlace;
  readonly #clock: ManualClock;
  readonly #connections: Backend[] = [];
  readonly #stores: BackedStore[] = [];
  /** The replicas that scopes are scopes of: a scope ends alone. */
  readonly #owners = new Map<BackedStore, BackedStore>();

  private constructor(options: StoreSuiteOptions, place: BackendPlace, clock: ManualClock) {
    this.#options = options;
    this.#place = place;
    this.#clock = clock;
  }

  /** Runs a test on a place of its own. */
  static async run(options: StoreSuiteOptions, test: (trial: StoreTrial) => Promise<void>): Promise<void> {
    const clock = manualClock(1_700_000_000_000);
    const trial = new StoreTrial(options, await options.create(clock), clock);
    try {
      await test(trial);
    } finally {
      // What a test has left refused is its own.
      await Promise.allSettled(trial.#stores.map((store) => store.close()));
      await Promise.all(trial.#connections.map((connection) => connection.close()));
      await trial.#place.dispose?.();
    }
  }

  /** Whether what is tried is a whole store. */
  get isWhole(): boolean {
    return (this.#options.view ?? "store") === "store";
  }

  /** What the backend says that it can do. */
  get capabilities(): Capabilities {
    return this.#options.capabilities;
  }

  /** Connects to the place, as another process would. */
  async connect(): Promise<Backend> {
    const connection = await this.#place.connect({});
    this.#connections.push(connection);
    return connection;
  }

  /** Opens the whole store, by a connection of its own where none is given. */
  async openWhole({ backend, ...options }: TrialOptions = {}): Promise<BackedStore> {
    return this.#open({ ...options, backend: backend ?? (await this.connect()) });
  }

  /** Opens what is tried. */
  async open({ backend, ...options }: TrialOptions = {}): Promise<BackedStore> {
    const connection = backend ?? (await this.connect());
    const { view = "store" } = this.#options;
    if (view === "held scope") return this.#open({ ...options, backend: connection, scope: scopeName });
    const store = await this.#open({ ...options, backend: connection });
    if (view === "store") return store;
    const scope = store.scope(scopeName);
    this.#owners.set(scope, store);
    return scope;
  }

  /** Closes the replica of what `open` gave. */
  async close(store: BackedStore): Promise<void> {
    await (this.#owners.get(store) ?? store).close();
  }

  /** Lets everybody's time pass. */
  async pass(span: Milliseconds): Promise<void> {
    if (this.#options.abilities?.clock) {
      this.#clock.advance(span);
      return;
    }
    // The backend's time is its own: it has to come.
    await new Promise((resolve) => setTimeout(resolve, span + 5));
  }

  async #open(options: OpenOptions): Promise<BackedStore> {
    const clock = this.#options.abilities?.clock ? { clock: this.#clock } : {};
    const store = await this.#options.openStore({ ...clock, ...options });
    this.#stores.push(store);
    return store;
  }
}

/** What a store shows. */
export function contents(store: BackedStore): Record<string, unknown> {
  return Object.fromEntries(store.entries());
}

/** Holds stores to show the same once everything has arrived. */
export async function agree(stores: readonly BackedStore[], expected: Record<string, unknown>, what: string): Promise<void> {
  for (const store of stores) {
    await arrives(store.sync(), `${what}: the store catches up`);
    same(contents(store), expected, what);
  }
}

/** Changes that a store has told, as short texts. */
export function heardBy(store: BackedStore): string[] {
  const heard: string[] = [];
  store.watch((change: Change) =>
    heard.push(`${change.origin} ${change.type} ${change.key} ${describe(change.previous)}→${describe(change.value)}`),
  );
  return heard;
}

function describe(value: unknown): string {
  return value === undefined ? "" : String(value);
}
