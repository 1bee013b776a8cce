/** A worker that was frozen longer than a run is kept knows the run still: it begins it no second time, and makes nothing anew. */
import { expect, onTestFinished, test } from "vitest";
import type { Backend, BackendStore } from "../../../ts/backends/backend.js";
import { memory } from "../../../ts/backends/memory/index.js";
import { openStore } from "../../../ts/index.js";
import { manualClock } from "../../../ts/testing/index.js";
import { createRunner } from "../../../ts/workflow/index.js";
import { graph, pass, rejectionOf } from "../support.js";

/** A backend that can be frozen: what it has to tell then comes when it is asked how far the store is. */
class Frozen implements Backend {
  readonly kind = "frozen";
  readonly #behind: Backend;
  readonly opened: string[] = [];
  #untold: (() => void)[] | undefined;

  constructor(behind: Backend) {
    this.#behind = behind;
  }

  get capabilities() {
    return this.#behind.capabilities;
  }

  freeze(): void {
    this.#untold = [];
  }

  async open(request: Parameters<Backend["open"]>[0]): Promise<BackendStore> {
    this.opened.push(request.name);
    const store = await this.#behind.open(request);
    return {
      header: store.header,
      isWritable: store.isWritable,
      load: () => store.load(),
      commit: (commit) => store.commit(commit),
      follow: (after, sink) =>
        store.follow(after, {
          ...sink,
          commits: (...told) => (this.#untold === undefined ? sink.commits(...told) : void this.#untold.push(() => sink.commits(...told))),
        }),
      head: () => {
        const untold = this.#untold ?? [];
        this.#untold = undefined;
        for (const tell of untold) tell();
        return store.head();
      },
      upgrade: () => store.upgrade(),
      close: () => store.close(),
    };
  }

  remove(removal: Parameters<Backend["remove"]>[0]): Promise<boolean> {
    return this.#behind.remove(removal);
  }

  close(): Promise<void> {
    return this.#behind.close();
  }
}

test("a run whose time is over is none to a worker that saw it running last", async () => {
  const clock = manualClock(1_000);
  const shared = memory({ clock });
  const frozen = new Frozen(shared);
  onTestFinished(() => shared.close());
  let times = 0;
  const workerOn = async (backend: Backend, worker: string) => {
    const store = await openStore({ backend, clock });
    const openRun = (name: string) => openStore({ backend, clock, name });
    const runner = createRunner({ store, openRun, worker, clock, nodes: { a: () => ++times }, retention: { completed: "1s" } });
    return { store, runner };
  };
  const one = await workerOn(shared, "one");
  const late = await workerOn(frozen, "late");
  await one.runner.upsertGraph("g", graph({ a: "" }));
  await late.store.sync();
  const run = await one.runner.trigger("g", { id: "x" });
  await late.store.sync();
  frozen.freeze();
  await run.done;
  await pass(clock, 1_000);
  expect([...one.store.keys({ prefix: "run:" })]).toEqual([]);
  expect([...late.store.keys({ prefix: "run:g:x:" })]).not.toEqual([]);

  await rejectionOf(late.runner.resume("g:x"), "NOT_FOUND");
  expect([times, frozen.opened]).toEqual([1, ["default"]]);
  for (const { runner, store } of [one, late]) {
    await runner.close();
    await store.close();
  }
});
