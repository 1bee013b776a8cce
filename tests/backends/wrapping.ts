/**
 * A store of a backend between a replica and another, some of whose calls do more, or something else.
 *
 * @module
 */
import type { BackendStore } from "../../ts/backends/backend.js";

/** What can be done otherwise. */
type Calls = Pick<BackendStore, "load" | "commit" | "follow" | "head" | "upgrade" | "close">;

/** A store of which some calls are others; the rest is the one behind it, whichever that is a store of by now. */
export function wrapStore(store: BackendStore, calls: Partial<Calls>): BackendStore {
  return {
    get header() {
      return store.header;
    },
    get isWritable() {
      return store.isWritable;
    },
    load: () => store.load(),
    commit: (commit) => store.commit(commit),
    follow: (after, sink) => store.follow(after, sink),
    head: () => store.head(),
    upgrade: () => store.upgrade(),
    close: () => store.close(),
    ...calls,
  };
}
