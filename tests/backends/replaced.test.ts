/** A backend's store may be replaced by another while replicas have it open: what its numbers said means nothing then. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { Backend, BackendStore, LogSink, OpenRequest, Removal } from "../../ts/backends/backend.js";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import type { Listener } from "../../ts/backends/local/shelf.js";
import { memoryCapabilities as capabilities, memory } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { HoldallError, openStore, removeStore } from "../../ts/index.js";
import { refusal } from "../refusal.js";
import { Gate } from "./node/gate.js";

function inMemory(): Backend {
  const medium = new MemoryMedium();
  return new LocalBackend("memory", capabilities, async () => medium, {});
}

/** A backend whose store is that of the first, until it is replaced by that of the second. */
class Replaced implements Backend {
  readonly kind = "replaced";
  readonly capabilities = capabilities;
  readonly #first: Backend;
  readonly #second: Backend;
  #store: BackendStore | undefined;
  #request: OpenRequest | undefined;
  #sink: LogSink | undefined;
  /** Whether commits get through. */
  isReachable = true;

  constructor(first: Backend, second: Backend) {
    this.#first = first;
    this.#second = second;
  }

  async open(request: OpenRequest): Promise<BackendStore> {
    this.#request = request;
    const first = await this.#first.open(request);
    this.#store = first;
    const store = () => this.#store ?? first;
    return {
      get header() {
        return store().header;
      },
      isWritable: true,
      load: () => store().load(),
      commit: async (commit) => {
        if (!this.isReachable) throw new HoldallError("UNAVAILABLE", "Nobody answers");
        return store().commit(commit);
      },
      follow: (after, sink) => {
        this.#sink = sink;
        return store().follow(after, sink);
      },
      head: () => store().head(),
      upgrade: () => store().upgrade(),
      close: () => store().close(),
    };
  }

  remove(removal: Removal): Promise<boolean> {
    return this.#first.remove(removal);
  }

  async replace(): Promise<void> {
    if (this.#request === undefined) return;
    this.#store = await this.#second.open(this.#request);
    this.#sink?.gap();
  }

  async close(): Promise<void> {
    await this.#first.close();
    await this.#second.close();
  }
}

test("a decision upon the former store is given up, and an unconditional write is kept", async () => {
  const [first, second] = [inMemory(), inMemory()];
  for (const [backend, value] of [
    [first, 1],
    [second, 100],
  ] as const) {
    const store = await openStore({ backend });
    await store.setAndWait("count", value);
  }
  const backend = new Replaced(first, second);
  const store = await openStore({ backend });
  const version = store.meta("count")?.version ?? 0;

  backend.isReachable = false;
  const decided = store.compareAndSet("count", 2, { version });
  const outcome = decided.then(
    () => "committed",
    (error) => error.code,
  );
  await new Promise((resolve) => setTimeout(resolve));
  store.set("mine", "kept");
  await backend.replace();
  await store.sync().catch(() => undefined);
  backend.isReachable = true;

  expect(await outcome).toBe("OUTCOME_UNKNOWN");
  await store.flush();
  expect(store.get("mine")).toBe("kept");
  await store.close();
});

/** A store with some commits, which a replica behind a gate has open; and what puts another in its place, with as many commits. */
async function opened() {
  const backend = memory();
  onTestFinished(() => backend.close());
  const make = async (values: readonly number[]) => {
    const store = await openStore({ backend });
    for (const value of values) await store.setAndWait("a", value);
    return store;
  };
  const former = await make([1, 2, 3]);
  const gate = new Gate(backend);
  const store = await openStore({ backend: gate });
  const replace = async (values: readonly number[]) => {
    await former.removeStore();
    return make(values);
  };
  return { gate, former, store, replace };
}

// While the other store was loaded, commits went to it already: what was decided upon the former one was taken where its numbers happened to fit, and what
// was written was taken back here, though it had been acknowledged, until the loading was done.
test("nothing is sent to the other store before it is loaded", async () => {
  const { gate, store, replace } = await opened();
  const heard: unknown[] = [];
  store.watch(({ key, value, origin }) => heard.push([key, value, origin]));
  gate.isReachable = false;
  const decided = store.transaction((transaction) => transaction.set("seen", transaction.get<number>("a") ?? 0));
  const tried = gate.wasTried();
  store.set("b", 1);
  await tried;
  let isLoaded = () => {};
  gate.loading = new Promise((resolve) => {
    isLoaded = resolve;
  });
  const { loads, commits } = gate;
  const other = await replace([101, 102, 103]);
  gate.isReachable = true;
  await vi.waitFor(() => expect(gate.loads).toBeGreaterThan(loads));
  const { retries } = store.status;
  await vi.waitFor(() => expect(store.status.retries > retries + 1 || gate.commits > commits).toBe(true));
  expect([...other.entries()]).toEqual([["a", 103]]);
  expect([store.get("a"), store.get("b"), store.status.state]).toEqual([3, 1, "degraded"]);
  await refusal(store.sync(), "UNAVAILABLE");

  isLoaded();
  await expect(decided).rejects.toMatchObject({ code: expect.stringMatching("CONFLICT|OUTCOME_UNKNOWN") });
  await store.flush();
  await other.sync();
  for (const view of [store, other])
    expect([...view.entries()]).toEqual([
      ["a", 103],
      ["b", 1],
    ]);
  expect(heard).toEqual([
    ["b", 1, "local"],
    ["a", 103, "load"],
  ]);
});

// They waited until the other store would have come as far, if ever.
test("an answer that the former store gave says nothing of the other one", async () => {
  const { gate, former, store, replace } = await opened();
  let answer = () => {};
  gate.answering = new Promise((resolve) => {
    answer = resolve;
  });
  // The log would tell it too.
  gate.isTelling = false;
  const decided = refusal(store.setAndWait("b", 1), "OUTCOME_UNKNOWN");
  await vi.waitFor(() => expect(former.get("b")).toBe(1));
  gate.isTelling = true;
  const other = await replace([101]);
  await vi.waitFor(() => expect(store.get("a")).toBe(101));
  answer();
  await decided;
  expect([...store.entries()]).toEqual([["a", 101]]);
  expect(store.status).toMatchObject({ lag: 0, cursor: other.status.cursor });
});

test("who waits for a number of the former store waits no longer", async () => {
  const { gate, former, store, replace } = await opened();
  gate.isTelling = false;
  for (const value of [4, 5, 6]) await former.setAndWait("a", value);
  const synced = store.sync();
  const decided = refusal(store.compareAndSet("a", 0, { version: 3 }), "CONFLICT");
  await vi.waitFor(() => expect(store.status.conflicts).toBe(1));
  gate.isTelling = true;
  const other = await replace([101]);
  await synced;
  await decided;
  await store.sync();
  expect(store.get("a")).toBe(101);
  expect(store.status).toMatchObject({ lag: 0, cursor: other.status.cursor });
});

// The names of the former store were kept for the numbers of the other, so those of other replicas were none, and a feed went on where it had been: past all that came before.
test("cursors are those of the other store from then on, and feeds of the former one end", async () => {
  const { store, replace } = await opened();
  const feed = store.changes();
  const before = store.status.cursor;
  const ended = refusal(feed.next(), "CURSOR_TOO_OLD");
  const other = await replace([101]);
  await ended;
  await other.setAndWait("a", 102);
  await store.sync({ after: other.status.cursor });
  await refusal(store.sync({ after: before }), "INVALID_ARGUMENT");
  expect(() => store.changes({ since: before })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  for (const value of [103, 104, 105]) await other.setAndWait("a", value);
  await store.sync();
  await expect(feed.next()).rejects.toMatchObject({ code: "CURSOR_TOO_OLD" });
  const since = store.changes({ since: other.status.cursor });
  await other.setAndWait("a", 106);
  expect((await since.next()).value).toMatchObject({ changes: [{ value: 106, previous: 105 }], cursor: other.status.cursor });
});

/** A medium whose listeners hear nothing for a while. */
class Silent extends MemoryMedium {
  isSilent = false;

  override watch(name: string, listener: Listener): () => void {
    return super.watch(name, (logged, store) => {
      if (!this.isSilent) listener(logged, store);
    });
  }
}

// A commit that this process has made is handed to those who follow the store of that name, and its number was all that they looked at.
test("a commit to another store in its place, with the number that comes next, is not taken for one of the former's", async () => {
  const medium = new Silent();
  const backend = new LocalBackend("silent", capabilities, async () => medium, {});
  const former = await openStore({ backend });
  for (const value of [1, 2, 3]) await former.setAndWait("a", value);
  const heard: unknown[] = [];
  former.watch((change) => heard.push([change.key, change.value, former.get("a")]));

  medium.isSilent = true;
  await removeStore({ backend, name: "default" });
  const other = await openStore({ backend });
  for (const value of [101, 102, 103]) await other.setAndWait("a", value);
  medium.isSilent = false;
  await other.setAndWait("b", 1);
  await expect.poll(() => former.get("b")).toBe(1);

  expect(heard).toEqual([
    ["a", 103, 103],
    ["b", 1, 103],
  ]);
  await former.close();
  await other.close();
  await backend.close();
});
