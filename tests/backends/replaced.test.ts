/** A backend's store may be replaced by another while replicas have it open: what its numbers said means nothing then. */
import { expect, test } from "vitest";
import type { Backend, BackendStore, LogSink, OpenRequest, Removal } from "../../ts/backends/backend.js";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import { memoryCapabilities as capabilities } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { HoldallError, openStore } from "../../ts/index.js";

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
      header: first.header,
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
