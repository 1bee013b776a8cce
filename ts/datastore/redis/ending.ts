/**
 * The end of a session, and what may be waited for until then. (An `AbortSignal` would warn of a leak where more than ten wait.)
 *
 * @module
 */
import type { Milliseconds } from "../../store/types/index.js";
import { closed } from "../refusals.js";

/** Comes once. */
export class Ending {
  readonly #listeners = new Set<() => void>();
  #hasCome = false;

  /** Whether it has come. */
  get hasCome(): boolean {
    return this.#hasCome;
  }

  /** It comes: tells everybody. */
  come(): void {
    this.#hasCome = true;
    for (const listener of [...this.#listeners]) listener();
  }

  /** @throws `CLOSED` when it has come. */
  check(): void {
    if (this.#hasCome) throw closed();
  }

  /** Calls back when it comes; until the function is called that this returns. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Settles as the promise does, or rejects with `CLOSED` if the end comes first. */
  async unless<T>(promise: Promise<T>): Promise<T> {
    let forget: (() => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      const end = () => reject(closed());
      if (this.#hasCome) end();
      forget = this.listen(end);
    });
    try {
      return await Promise.race([promise, ended]);
    } finally {
      forget?.();
    }
  }

  /** Waits for a time, and leaves no timer behind. Rejects with `CLOSED` when the end comes. */
  async pause(span: Milliseconds): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, span);
    });
    try {
      await this.unless(passed);
    } finally {
      clearTimeout(timer);
    }
  }
}
