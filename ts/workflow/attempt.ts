/**
 * One try of a node: its phases, its time limit, and what can end it from outside.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import type { Milliseconds, Transaction } from "../store/types/index.js";
import { type RunName, runView, storeScope } from "./layout.js";
import type { Place } from "./place.js";
import type { Instance } from "./plan.js";
import { Timer } from "./timer.js";
import type { CommitContext, NodeCode, NodeContext, NodePhases } from "./types/index.js";

/** The phases of a node, however it is written. */
export function phasesOf(code: NodeCode): NodePhases {
  return typeof code === "function" ? { exec: code } : code;
}

/** One try of a node. */
export class Attempt {
  /** What the node is given beside its input. */
  readonly context: NodeContext;
  readonly #abort = new AbortController();
  readonly #timer: Timer;
  readonly #checkTime: () => void;
  #stopReason: HoldallError | undefined;

  constructor(place: Place, name: RunName, instance: Instance, attempt: number, timeout: Milliseconds | undefined) {
    const { node, item, name: instanceName } = instance;
    this.context = {
      run: name.id,
      graph: name.graph,
      node,
      item,
      instance: instanceName,
      attempt,
      signal: this.#abort.signal,
      store: runView(place.reader, name).scope(storeScope),
      shared: place.sharedReader,
    };
    const { clock } = place;
    const expire = () =>
      this.#abort.abort(new HoldallError("TIMEOUT", `Node ${JSON.stringify(instanceName)} took longer than ${timeout} ms`));
    this.#timer = new Timer(clock, expire);
    const deadline = clock.now() + (timeout ?? Number.POSITIVE_INFINITY);
    this.#checkTime = () => {
      // No timer rings while a phase keeps the thread.
      if (clock.now() > deadline) expire();
      this.#abort.signal.throwIfAborted();
    };
    if (timeout !== undefined) this.#timer.set(timeout);
  }

  /** Nothing that it does counts any more. */
  stop(reason: HoldallError): void {
    this.#stopReason ??= reason;
    this.#abort.abort(reason);
    this.end();
  }

  /** Why it was ended from outside, where it was. */
  get stopReason(): HoldallError | undefined {
    return this.#stopReason;
  }

  /** It is over: leaves no timer behind. */
  end(): void {
    this.#timer.clear();
  }

  /** The context of what commits. */
  contextWith(shared: Transaction | undefined): CommitContext {
    return { ...this.context, shared };
  }

  /** What a phase gives; rejects as soon as the try is over, whatever the phase still does, gives or throws. */
  async phase<R>(work: () => R): Promise<Awaited<R>> {
    this.#abort.signal.throwIfAborted();
    try {
      const result = work();
      return isPromise(result) ? await this.#orAborted(result) : (result as Awaited<R>);
    } finally {
      this.#checkTime();
    }
  }

  async #orAborted<R>(result: R): Promise<Awaited<R>> {
    const { signal } = this.#abort;
    let abort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
    });
    try {
      return await Promise.race([result, aborted]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

function isPromise(result: unknown): boolean {
  return typeof (result as PromiseLike<unknown> | undefined)?.then === "function";
}
