/**
 * The opening of a capability's store, by somebody who cannot wait for it: what may pass is tried again for as long as it takes, and told where somebody has to mend it.
 *
 * @module
 */
import type { Backend } from "../backends/backend.js";
import { Unauthenticated } from "../backends/kubernetes/failures.js";
import { type ErrorCode, HoldallError } from "../errors.js";
import type { Report } from "../faces/callbacks.js";
import { type BackedStore, openStore } from "../index.js";
import { Pauses } from "../replica/pauses.js";
import type { Milliseconds } from "../store/types/index.js";

const firstPause: Milliseconds = 50;
const longestPause: Milliseconds = 10_000;

/** What may pass: a server that does not answer, and a kind that is not defined, or not as it should be, until somebody defines it. */
const passing: readonly ErrorCode[] = ["UNAVAILABLE", "NOT_SUPPORTED"];

/**
 * How long a cluster may take to know a kind. Pepr's controller defines it and starts the module in the same moment; it is known two seconds later where there is one
 * API server, and five more where there are several.
 */
const definitionPatience: Milliseconds = 10_000;

/** A store that is opened as soon as that is possible. */
export class Opening {
  /** The store; rejects when it will never be opened. */
  readonly store: Promise<BackedStore>;
  readonly #backend: Backend;
  readonly #report: Report;
  readonly #pauses = new Pauses(firstPause, longestPause);
  readonly #told = new Set<ErrorCode>();
  #isClosed = false;
  #trouble: unknown;
  /** Since when the cluster has said that it does not know the kind. */
  #undefinedSince: Milliseconds | undefined;

  /** @param report - hears once of each thing that somebody has to mend, and of what the store tells nobody else */
  constructor(backend: Backend, capability: string, report: Report) {
    this.#backend = backend;
    this.#report = report;
    this.store = this.#open(capability);
  }

  /** Why it has not been opened yet, when that is known. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** Ends it, as soon as all that was written is durable. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pauses.end();
    const store = await this.store.catch(() => undefined);
    await store?.close().catch(this.#report);
    await this.#backend.close();
  }

  async #open(name: string): Promise<BackedStore> {
    for (let tries = 0; !this.#isClosed; tries++) {
      try {
        const store = await openStore({ backend: this.#backend, name, onError: this.#report });
        this.#trouble = undefined;
        return store;
      } catch (error) {
        if (!(error instanceof HoldallError && passing.includes(error.code))) throw error;
        this.#note(error);
        await this.#pauses.pause(tries);
      }
    }
    throw new HoldallError("CLOSED", "the store was closed before it was opened");
  }

  #note(error: HoldallError): void {
    this.#trouble = error;
    const now = performance.now();
    this.#undefinedSince = error.code === "NOT_SUPPORTED" ? (this.#undefinedSince ?? now) : undefined;
    const isUndefined = this.#undefinedSince !== undefined && now - this.#undefinedSince >= definitionPatience;
    const isToMend = error instanceof Unauthenticated || isUndefined;
    if (!isToMend || this.#isClosed || this.#told.has(error.code)) return;
    this.#told.add(error.code);
    this.#report(error);
  }
}
