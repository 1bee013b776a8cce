/**
 * Waiting for a value: a watcher of one key, a timer and a signal, all of which go when any of them decides.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import { after } from "./alarm.js";
import { checkFunction, checkOptions, checkSignal, ttlNever, ttlNumber } from "./arguments.js";
import { detailsOf } from "./exchange.js";
import { atOnce } from "./promises.js";
import type { DeepReadonly, WaitOptions, WaitPredicate } from "./types/index.js";
import { coreOf, prefixWithin, type StoreView } from "./view.js";

const isThere = (value: unknown) => value !== undefined;
const keepNothing = () => undefined;

/** The value of a key as soon as a predicate holds of it. Every refusal is a rejection. */
export function waitFor<T>(
  view: StoreView,
  key: string,
  condition: WaitPredicate<T> | WaitOptions | undefined,
  given: WaitOptions | undefined,
): Promise<DeepReadonly<T> | undefined> {
  return new Promise((resolve, reject) => {
    const releases: (() => void)[] = [];
    const isPredicate = given !== undefined || typeof condition !== "object" || condition === null;
    const predicate: WaitPredicate<T> = isPredicate && condition !== undefined ? (condition as WaitPredicate<T>) : isThere;
    const options = isPredicate ? given : (condition as WaitOptions);
    checkFunction("predicate", predicate);
    checkOptions(options);
    const { timeout = null, signal } = options ?? {};
    const core = coreOf(view);
    const prefix = prefixWithin(view);
    const span = ttlNumber(core.engine, timeout, "timeout");
    checkSignal(signal);
    core.begin();
    if (signal?.aborted) throw signal.reason;
    core.exchange.writeKey(prefix, key);

    const look = (value: unknown) => {
      try {
        if (atOnce("predicate must be synchronous", predicate(value as DeepReadonly<T> | undefined)))
          resolve(value as DeepReadonly<T> | undefined);
        else return;
      } catch (error) {
        reject(error);
      }
      release(releases);
    };
    // All of it stands before the predicate is asked, which may write and dispose.
    releases.push(core.hub.watch(prefix.text, { key: prefix.text + key }, ({ value }) => look(value)));
    const close = (reason: unknown) => {
      reject(reason);
      release(releases);
    };
    core.hub.closing.add(close);
    releases.push(() => core.hub.closing.delete(close));
    try {
      if (signal !== undefined) {
        const abort = () => close(signal.reason);
        signal.addEventListener("abort", abort);
        releases.push(() => signal.removeEventListener("abort", abort));
      }
      if (span !== ttlNever) {
        const details = detailsOf(prefix, key);
        releases.push(
          after(core.parts.clock, span, () => close(new HoldallError("TIMEOUT", "The awaited value did not come in time", details))),
        );
      }
      look(core.read(prefix, key, false, keepNothing));
    } catch (error) {
      close(error);
    }
  });
}

function release(releases: (() => void)[]): void {
  for (const end of releases.splice(0)) end();
}
