/**
 * Who hears of changes. It listens to the store only while somebody listens to it, hands each listener a copy of its own, and lets none of
 * them stop another. Cost: the whole content is copied for each listener on each commit, as Pepr's shape of a listener asks.
 *
 * @module
 */

import { callSafely, type Report } from "../faces/callbacks.js";
import type { Unsubscribe } from "../store/types/index.js";
import type { PeprData, PeprItems, PeprListener, PeprUnsubscribe } from "./types.js";

/** The listeners of one namespace. */
export class Subscribers {
  readonly #namespace: PeprItems;
  readonly #snapshot: () => PeprData;
  readonly #report: Report;
  readonly #listeners = new Map<object, PeprListener>();
  #unsubscribe: Unsubscribe | undefined;
  #held = 0;
  #missed = false;

  constructor(namespace: PeprItems, snapshot: () => PeprData, report: Report) {
    this.#namespace = namespace;
    this.#snapshot = snapshot;
    this.#report = report;
  }

  /** Adds a listener; the same function twice is two listeners. */
  add(listener: PeprListener): PeprUnsubscribe {
    const identity = {};
    this.#listeners.set(identity, listener);
    this.#unsubscribe ??= this.#namespace.subscribe(() => this.#tell());
    return () => {
      if (this.#listeners.delete(identity) && this.#listeners.size === 0) this.#release();
    };
  }

  /** Makes several commits look like one: listeners are told at the end, once, if there was any. */
  asOne(changes: () => void): void {
    this.#held += 1;
    try {
      changes();
    } finally {
      this.#held -= 1;
      if (this.#held === 0 && this.#missed) this.#tell();
    }
  }

  /** Forgets all listeners. */
  close(): void {
    this.#listeners.clear();
    this.#release();
  }

  #release(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #tell(): void {
    this.#missed = this.#held > 0;
    if (this.#missed) return;
    const data = this.#snapshot();
    for (const [identity, listener] of [...this.#listeners]) {
      if (this.#listeners.has(identity)) void callSafely(() => listener(Object.fromEntries(Object.entries(data))), this.#report);
    }
  }
}
