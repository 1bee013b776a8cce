/**
 * Pepr's `Storage` as it is, quirks included, for programs that rely on them:
 * - `""` reads as `null`; values that a controller received and that are no strings are handed through, functions and objects as `null`;
 * - snapshots have the keys as they are stored, with `v2-`;
 * - nothing written is read before it has been received;
 * - waits end on what they see, whoever wrote it, and reject with a string;
 * - `onReady` callbacks registered after the first content never run; one that throws makes all run again at the next;
 * - a listener that throws stops the later ones, and the error reaches who called `receive`;
 * - `clear` sends all keys in one operation.
 *
 * The one thing beside Pepr's: it is connected to a Holdall store (link.ts) until a controller registers, when made by `peprStore`.
 *
 * @module
 */

import { platformClock } from "../clock.js";
import { HoldallError } from "../errors.js";
import { keyPrefix } from "../faces/pepr-names.js";
import type { Clock, Milliseconds } from "../store/types/index.js";
import { copyDeep } from "./copy.js";
import type { PeprData, PeprSender, PeprUnsubscribe } from "./types.js";
import { escapeToken } from "./wire.js";

/** How long Pepr waits; not adjustable there. */
const longestWait: Milliseconds = 15_000;

/** The connection of a strict store to items elsewhere. */
export interface Connection {
  /** Ends it now: what was sent and is not applied yet is given up. */
  drop(): void;
  /** Ends it when all that was sent is applied, durable and received. */
  finish(): Promise<void>;
}

/** What connects a strict store to items elsewhere. */
export type Connect = (store: StrictPeprStore) => Connection;

/**
 * A Pepr store with Pepr's exact behaviour (`peprStore({ compat: "strict" })`). `new StrictPeprStore()` is connected to nothing, as Pepr's
 * own: writes throw a `TypeError` before `registerSender`.
 */
export class StrictPeprStore {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, (data: PeprData) => void>();
  readonly #readyCallbacks: ((data: PeprData) => void)[] = [];
  #data: PeprData = {};
  #send!: PeprSender;
  #closing: Promise<void> | undefined;
  #nextListener = 0;
  #isReady = false;
  #connection: Connection | undefined;

  /** Pepr's own takes nothing; `peprStore` gives a clock and a connection. */
  constructor(options: { readonly clock?: Clock | undefined; readonly connect?: Connect | undefined } = {}) {
    this.#clock = options.clock ?? platformClock;
    if (options.connect !== undefined) this.#connection = options.connect(this);
  }

  /** Hands every later write to this sender; ends the connection to a Holdall store. For Pepr's controller. */
  registerSender = (send: PeprSender): void => {
    this.#connection?.drop();
    this.#connection = undefined;
    this.#send = send;
  };

  /** Takes the whole content, and tells everybody. For Pepr's controller. */
  receive = (data: PeprData): void => {
    this.#data = data || {};
    if (!this.#isReady) {
      for (const callback of this.#readyCallbacks) callback(copyDeep(this.#data));
      this.#isReady = true;
    }
    for (const id of [...this.#listeners.keys()]) {
      const listener = this.#listeners.get(id);
      if (this.#listeners.has(id)) (listener as (data: PeprData) => void)(copyDeep(this.#data));
    }
  };

  /** The value received for a key, or `null` when there is none or it is `""`. */
  getItem = (key: string): string | null => {
    const value: unknown = this.#data[`${keyPrefix}${key}`] || null;
    return typeof value === "object" || typeof value === "function" ? null : (value as string);
  };

  /** Sends the removal of all keys received, as one operation. */
  clear = (): void => {
    const keys = Object.keys(this.#data);
    if (keys.length > 0) this.#dispatch("remove", keys.map(escapeToken));
  };

  /** Sends the removal of a key. */
  removeItem = (key: string): void => {
    this.#dispatch("remove", [keyPrefix + escapeToken(key)]);
  };

  /** Sends a value. */
  setItem = (key: string, value: string): void => {
    this.#dispatch("add", [keyPrefix + escapeToken(key)], value);
  };

  /** Sends a value; resolves `"ok"` when a content shows it, rejects with a string after 15 s. */
  setItemAndWait = (key: string, value: string): Promise<string> => {
    this.setItem(key, value);
    return this.#waitFor(
      (data) => data[`${keyPrefix}${key}`] === value,
      () => `MAX_WAIT_TIME elapsed: Key ${key} not seen in ${longestWait / 1000}s`,
    );
  };

  /** Sends the removal of a key; resolves `"ok"` when a content lacks it, rejects with a string after 15 s. */
  removeItemAndWait = (key: string): Promise<string> => {
    this.removeItem(key);
    return this.#waitFor(
      (data) => !Object.hasOwn(data, `${keyPrefix}${key}`),
      () => `MAX_WAIT_TIME elapsed: Key ${key} still seen after ${longestWait / 1000}s`,
    );
  };

  /** Hears every content received. */
  subscribe = (listener: (data: PeprData) => void): PeprUnsubscribe => {
    const id = this.#nextListener;
    this.#nextListener += 1;
    this.#listeners.set(String(id), listener);
    return () => this.unsubscribe(id);
  };

  /** Runs a callback at the first content received, and never when that has been. */
  onReady = (callback: (data: PeprData) => void): void => {
    this.#readyCallbacks.push(callback);
  };

  /** Ends the subscription with this number: they count from 0, the waits' own included. */
  unsubscribe = (id: number): void => {
    this.#listeners.delete(String(id));
  };

  /**
   * Ends the connection to a Holdall store, when all that was written is applied there, and durable where a backend keeps it: rejects with a string when that takes longer
   * than 15 s, after ending it all the same. What was received stays readable; writes throw `CLOSED` at once. Idempotent.
   */
  close = async (): Promise<void> => {
    const connection = this.#connection;
    this.#connection = undefined;
    this.registerSender(() => {
      throw new HoldallError("CLOSED", "the store is closed");
    });
    this.#closing ??= connection && this.#finish(connection);
    await this.#closing;
  };

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #dispatch(operation: "add" | "remove", keys: string[], value?: string): void {
    this.#send(operation, keys, value);
  }

  #finish(connection: Connection): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(() => {
        connection.drop();
        reject(`MAX_WAIT_TIME elapsed: Not every write was durable in ${longestWait / 1000}s`);
      }, longestWait);
      connection
        .finish()
        .finally(() => this.#clock.clearTimer(timer))
        .then(resolve, reject);
    });
  }

  #waitFor(seen: (data: PeprData) => boolean, describeTimeout: () => string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(() => {
        unsubscribe();
        reject(describeTimeout());
      }, longestWait);
      const unsubscribe = this.subscribe((data) => {
        if (!seen(data)) return;
        unsubscribe();
        this.#clock.clearTimer(timer);
        resolve("ok");
      });
    });
  }
}
