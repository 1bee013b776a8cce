/**
 * A Pepr store that stands in for Pepr's own, connected to a cluster whose patches and contents the test decides on.
 *
 * @module
 */
import { peprStore } from "../../../ts/pepr/index.js";
import type { PeprStore } from "../../../ts/pepr/store.js";
import type { PeprData, PeprStoreOptions } from "../../../ts/pepr/types.js";
import { type HandClock, handClock } from "./clock.js";
import { Cluster } from "./cluster.js";

/** A store with what it is connected to. */
export interface Connected {
  readonly clock: HandClock;
  readonly cluster: Cluster;
  /** What went to `onError`. */
  readonly errors: unknown[];
  readonly store: PeprStore;
  /** Sends what was gathered, and has the content received. */
  readonly round: () => void;
}

/** Connects a store to a cluster that holds this content, keys as stored there, and loads it. */
export function connected(content: PeprData = {}, options: Omit<PeprStoreOptions, "compat"> = {}): Connected {
  const clock = handClock();
  const cluster = new Cluster();
  const errors: unknown[] = [];
  const store = peprStore({ clock, onError: (error) => errors.push(error), standIn: true, ...options });
  for (const [key, value] of Object.entries(content)) cluster.data.set(key, value);
  store.registerSender(cluster.sender);
  store.receive(cluster.content());
  const round = () => {
    cluster.patch();
    store.receive(cluster.content());
  };
  return { clock, cluster, errors, store, round };
}

/** Whether a promise has settled, and how, without waiting for it. */
export async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = "pending";
  void promise
    .then(String, (error: Error) => error.message)
    .then((text) => {
      state = text;
    });
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  return state;
}
