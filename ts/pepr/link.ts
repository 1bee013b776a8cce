/**
 * What stands for Pepr's controller and the cluster when a strict store is used alone: it applies what is sent to a Holdall store, and has
 * every content received, both soon after rather than at once, as a cluster would. Keys lie in the Holdall store as in normal mode, so both
 * modes can share one.
 *
 * Where a backend keeps the store, what is received is what the backend has: operations are applied in turns, and the next turn waits until the writes of the
 * one before are durable or refused, so none of them is seen before, and no wait ends before.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import type { Report } from "../faces/callbacks.js";
import { keyPrefix } from "../faces/pepr-names.js";
import type { Connect, Connection, StrictPeprStore } from "./strict.js";
import type { PeprData, PeprItems, PeprOperation } from "./types.js";
import { unescapeToken } from "./wire.js";

function contentOf(items: PeprItems): PeprData {
  const strings = [...items.entries()].filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(strings.map(([key, value]) => [keyPrefix + key, value]));
}

function apply(items: PeprItems, operation: PeprOperation, keys: readonly string[], value: string | undefined): void {
  const names = keys.map((key) => unescapeToken(key).slice(keyPrefix.length));
  if (operation === "remove") items.deleteMany(names);
  else if (typeof value !== "string") throw new HoldallTypeError("value must be a string");
  else items.setMany(names.map((name) => [name, value]));
}

/**
 * Connects a strict store to items, or to some that are still to come; `release` is called at the end of the connection.
 *
 * @param report - hears what is refused, what listeners throw, and why items do not come
 */
export function connectTo(items: PeprItems | Promise<PeprItems>, report: Report, release: () => void | Promise<void>): Connect {
  return (store) => new Link(store, items, report, release);
}

class Link implements Connection {
  readonly #store: StrictPeprStore;
  readonly #report: Report;
  readonly #release: () => void | Promise<void>;
  readonly #queue: ((items: PeprItems) => void)[] = [];
  #items: PeprItems | undefined;
  #unsubscribe = () => {};
  /** Whether there may be something that the store has not received. */
  #isNews = false;
  #isDropped = false;
  /** Resolves when the items are there, or will never be. */
  #coming: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  constructor(store: StrictPeprStore, items: PeprItems | Promise<PeprItems>, report: Report, release: () => void | Promise<void>) {
    this.#store = store;
    this.#report = report;
    this.#release = release;
    store.registerSender((operation, keys, value) => {
      this.#queue.push((present) => apply(present, operation, keys, value));
      this.#wake();
    });
    if (items instanceof Promise)
      this.#coming = items.then(
        (present) => this.#begin(present),
        (reason) => this.#fail(reason),
      );
    else this.#begin(items);
  }

  drop(): void {
    this.#isDropped = true;
    this.#unsubscribe();
    void Promise.resolve(this.#release()).catch(this.#report);
  }

  async finish(): Promise<void> {
    // What was never written need not be waited for.
    if (this.#queue.length > 0) await this.#coming;
    await this.#running;
    this.#unsubscribe();
    this.#isDropped = true;
    await this.#release();
  }

  #begin(items: PeprItems): void {
    if (this.#isDropped) return;
    this.#items = items;
    this.#unsubscribe = items.subscribe(() => this.#tell());
    this.#tell();
  }

  /** Who has closed it does not ask any more why it never opened. */
  #fail(reason: unknown): void {
    if (!this.#isDropped) this.#report(reason);
  }

  #tell(): void {
    this.#isNews = true;
    this.#wake();
  }

  #wake(): void {
    if (this.#items !== undefined) this.#running ??= this.#run(this.#items);
  }

  async #run(items: PeprItems): Promise<void> {
    // Soon after what was sent in one go, and not within it.
    await undefined;
    while ((this.#isNews || this.#queue.length > 0) && !this.#isDropped) {
      if (this.#isNews) {
        this.#isNews = false;
        this.#attempt(() => this.#store.receive(contentOf(items)));
        await undefined;
      } else {
        for (const change of this.#queue.splice(0)) this.#attempt(() => change(items));
        if (items.flush !== undefined) await items.flush().catch(this.#report);
        this.#isNews = true;
      }
    }
    this.#running = undefined;
  }

  #attempt(change: () => void): void {
    try {
      change();
    } catch (error) {
      this.#report(error);
    }
  }
}
