/**
 * Whether the content has been loaded, and who wants to hear of it. Each callback runs once: at the load, or soon after when registered
 * later, never within its own registration.
 *
 * Who waits for readiness waits for the callbacks to end, but for one within a callback, to whom it means that the content is there: a
 * callback that waited for all callbacks would wait for itself for ever.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import { callSafely, type Report } from "../faces/callbacks.js";
import type { PeprData, PeprListener } from "./types.js";
import { Within } from "./within.js";

/** The load of one store. */
export class Readiness {
  readonly #snapshot: () => PeprData;
  readonly #report: Report;
  readonly #running = new Set<Promise<void>>();
  readonly #within = new Within();
  readonly #ended: Promise<void>;
  #callbacks: PeprListener[] = [];
  #state: "waiting" | "loaded" | "closed" = "waiting";
  #end!: { load(): void; close(error: unknown): void };

  constructor(snapshot: () => PeprData, report: Report) {
    this.#snapshot = snapshot;
    this.#report = report;
    this.#ended = new Promise((load, close) => {
      this.#end = { load, close };
    });
    // Nobody may be waiting when the store closes.
    this.#ended.catch(() => undefined);
  }

  /** Whether the content is there. */
  get loaded(): boolean {
    return this.#state === "loaded";
  }

  /** The content is there: runs the callbacks, each with its own copy. Calling it again does nothing. */
  load(): void {
    if (this.#state !== "waiting") return;
    this.#state = "loaded";
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) this.#run(callback);
    this.#end.load();
  }

  /** Runs a callback once, at the load or soon. */
  onReady(callback: PeprListener): void {
    if (this.#state === "waiting") {
      this.#callbacks.push(callback);
      return;
    }
    this.#track(Promise.resolve().then(() => (this.#state === "loaded" ? this.#call(callback) : undefined)));
  }

  /** Fulfils when the content is there and every callback registered so far has ended; within a callback, at once. */
  async whenReady(): Promise<void> {
    if (this.#within.isHere) return;
    await this.#ended;
    await Promise.all(this.#running);
  }

  /** No callback runs any more; who waits for the load hears why. */
  close(reason: unknown = new HoldallError("CLOSED", "the store was closed before it was ready")): void {
    this.#state = "closed";
    this.#callbacks = [];
    this.#end.close(reason);
  }

  #run(callback: PeprListener): void {
    const running = this.#call(callback);
    if (running !== undefined) this.#track(running);
    else this.#settle();
  }

  #call(callback: PeprListener): Promise<void> | undefined {
    return callSafely(() => this.#within.run(() => callback(this.#snapshot())), this.#report);
  }

  #settle(): void {
    if (this.#running.size === 0) this.#within.end();
  }

  #track(running: Promise<void>): void {
    this.#running.add(running);
    running.then(() => {
      this.#running.delete(running);
      this.#settle();
    });
  }
}
