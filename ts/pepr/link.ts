/**
 * What stands for Pepr's controller and the cluster when a strict store is used alone: it applies what is sent to a Holdall store, and has
 * every commit received, both soon after rather than at once, as a cluster would. Keys lie in the Holdall store as in normal mode, so both
 * modes can share one.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import type { Report } from "../faces/callbacks.js";
import { keyPrefix } from "../faces/pepr-names.js";
import type { Connect } from "./strict.js";
import type { PeprData, PeprItems, PeprSender } from "./types.js";
import { unescapeToken } from "./wire.js";

function contentOf(items: PeprItems): PeprData {
  const strings = [...items.entries()].filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(strings.map(([key, value]) => [keyPrefix + key, value]));
}

/** Connects a strict store to items; `release` is called at the end of the connection. */
export function connectTo(items: PeprItems, report: Report, release: () => void): Connect {
  return (store) => {
    let isConnected = true;
    let isTold = false;
    const attempt = (change: () => void): void => {
      if (!isConnected) return;
      try {
        change();
      } catch (error) {
        report(error);
      }
    };
    const tell = (): void => {
      if (isTold) return;
      isTold = true;
      queueMicrotask(() => {
        isTold = false;
        attempt(() => store.receive(contentOf(items)));
      });
    };
    const send: PeprSender = (operation, keys, value) => {
      queueMicrotask(() =>
        attempt(() => {
          const names = keys.map((key) => unescapeToken(key).slice(keyPrefix.length));
          if (operation === "remove") items.deleteMany(names);
          else if (typeof value !== "string") throw new HoldallTypeError("value must be a string");
          else items.setMany(names.map((name) => [name, value]));
          tell();
        }),
      );
    };
    store.registerSender(send);
    const unsubscribe = items.subscribe(tell);
    tell();
    return () => {
      isConnected = false;
      unsubscribe();
      release();
    };
  };
}
