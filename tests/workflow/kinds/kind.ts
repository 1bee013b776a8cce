/**
 * What a kind of store is to the tests of runs, and how one is made of a backend.
 *
 * @module
 */
import { expect, onTestFinished } from "vitest";
import type { Backend, BackendStore } from "../../../ts/backends/backend.js";
import { createStore, openStore, type Store } from "../../../ts/index.js";
import type { ManualClock } from "../../../ts/testing/index.js";
import type { OpenRun, RunStore } from "../../../ts/workflow/index.js";
import { wrapStore } from "../../backends/wrapping.js";

/** A kind of store that runs can be kept on. */
export interface StoreKind {
  /** What it is called in the names of tests. */
  readonly kind: string;
  /** Opens a new one. */
  open(clock: ManualClock): RunStore | Promise<RunStore>;
  /** The store as the next process finds it when the one that has it is killed now. */
  crash(store: RunStore): RunStore | Promise<RunStore>;
  /** Opens the stores of runs beside one that is open; missing where there is no other store beside it. */
  beside?(store: RunStore): OpenRun;
}

/** A store in the memory of its process: what a crash leaves is what a clone has. */
export const plain: StoreKind = {
  kind: "a plain store",
  open: (clock) => createStore({ clock }),
  crash: (store) => (store as Store).clone(),
};

/** Where the stores that are open are kept. */
const places = new WeakMap<RunStore, { readonly backend: Backend; readonly clock: ManualClock; close(): Promise<void> }>();

/** A kind of store that a backend keeps. `connect` makes a new place each time, which goes by the clock. */
export function backed(kind: string, connect: (clock: ManualClock) => Backend | Promise<Backend>): StoreKind {
  const replicaOn = async (backend: Backend, clock: ManualClock): Promise<RunStore> => {
    const store = await openStore({ backend, clock });
    places.set(store, { backend, clock, close: () => store.close() });
    return store;
  };
  const placeOf = (store: RunStore) => places.get(store) ?? expect.fail("it has no backend");
  return {
    kind,
    async open(clock) {
      // What the backend keeps is closed with the test, and then nobody is told anything any more.
      onTestFinished(() => followers.clear());
      return replicaOn(counted(await connect(clock)), clock);
    },
    async crash(store) {
      const { backend, clock, close } = placeOf(store);
      await close();
      return replicaOn(backend, clock);
    },
    beside(store) {
      const { backend, clock } = placeOf(store);
      return (name) => openStore({ backend, clock, name });
    },
  };
}

/** Requests to backends that have no answer yet. */
let underWay = 0;

/** Those who follow a store, and up to where it has been told to each. */
const followers = new Set<{ readonly told: Told; through: number }>();

/** Up to where the commits of a store are known to be, by the answers to those who made them. */
interface Told {
  latest: number;
}

/** Whether some backend is at something, or has not told everybody of what it did: whoever waits for everything to be still waits for this too. */
export const isAnyBackendBusy = (): boolean => underWay > 0 || [...followers].some(({ told, through }) => through < told.latest);

async function count<T>(request: Promise<T>): Promise<T> {
  underWay += 1;
  try {
    return await request;
  } finally {
    underWay -= 1;
  }
}

/** A backend whose requests are counted while they are under way, and whose followers are known until they have heard of all commits. */
function counted(backend: Backend): Backend {
  const stores = new Map<string, Told>();
  const toldOf = (name: string) => {
    const told = stores.get(name) ?? { latest: 0 };
    stores.set(name, told);
    return told;
  };
  return {
    kind: backend.kind,
    capabilities: backend.capabilities,
    open: (request) => count(backend.open(request).then((store) => countedStore(store, toldOf(request.name)))),
    async remove(removal) {
      const isRemoved = await count(backend.remove(removal));
      // Another one of the name counts anew.
      if (isRemoved) toldOf(removal.name).latest = 0;
      return isRemoved;
    },
    close: () => backend.close(),
  };
}

function countedStore(store: BackendStore, told: Told): BackendStore {
  return wrapStore(store, {
    load: () => count(store.load()),
    async commit(request) {
      const answer = await count(store.commit(request));
      if (answer.type === "committed") told.latest = Math.max(told.latest, answer.number);
      return answer;
    },
    follow(after, sink) {
      const follower = { told, through: after };
      followers.add(follower);
      const end = () => followers.delete(follower);
      const following = store.follow(after, {
        commits(commits, through, time) {
          sink.commits(commits, through, time);
          follower.through = through;
        },
        gap() {
          end();
          told.latest = 0;
          sink.gap();
        },
        failed(error) {
          end();
          sink.failed(error);
        },
      });
      return {
        nudge: () => following.nudge(),
        stop() {
          end();
          following.stop();
        },
      };
    },
    head: () => count(store.head()),
    upgrade: () => count(store.upgrade()),
    close: () => count(store.close()),
  });
}
