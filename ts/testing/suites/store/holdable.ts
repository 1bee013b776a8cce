/**
 * A backend before another, whose commits can be held on their way.
 *
 * @module
 */

import type { Backend, BackendStore } from "../../../backends/backend.js";

/** A backend whose commits can be held, and how. */
export interface Door {
  readonly backend: Backend;
  /** Holds commits from now on; fulfils when the first has come. */
  hold(): Promise<void>;
  /** Lets them go. */
  release(): void;
}

/** Puts a door before a backend. */
export function holdable(behind: Backend): Door {
  let held: Promise<void> | undefined;
  let release = () => {};
  let arrived = () => {};
  const store = (inner: BackendStore) =>
    replacing(inner, "commit", async (request) => {
      arrived();
      await held;
      return inner.commit(request);
    });
  return {
    backend: replacing(behind, "open", async (request) => store(await behind.open(request))),
    hold() {
      held = new Promise((resolve) => {
        release = resolve;
      });
      return new Promise((resolve) => {
        arrived = resolve;
      });
    },
    release: () => release(),
  };
}

/** The same object but for one method. */
function replacing<Target extends object, Name extends keyof Target>(target: Target, name: Name, method: Target[Name]): Target {
  return new Proxy(target, {
    get(_, property) {
      if (property === name) return method;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
