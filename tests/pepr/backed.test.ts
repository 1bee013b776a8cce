/** Over a store that a backend keeps, the backend has the last word: who waits hears it, and no refusal goes unheard. */
import { describe, expect, it, vi } from "vitest";
import type { Backend, BackendStore, CommitAnswer, CommitRequest } from "../../ts/backends/backend.js";
import { memory } from "../../ts/backends/memory/index.js";
import { openStore } from "../../ts/index.js";
import { type PeprStore, peprStore } from "../../ts/pepr/index.js";

const maxCommitBytes = 1_000;

/** A backend whose commits wait until they are let through, or are refused. */
class Gate {
  readonly backend: Backend;
  /** What comes of a commit, where not what the backend makes of it. */
  #answer: Promise<CommitAnswer | undefined> = Promise.resolve(undefined);
  #settle: (answer?: CommitAnswer) => void = () => {};

  constructor() {
    const inner = memory();
    const commit = async (store: BackendStore, request: CommitRequest) => (await this.#answer) ?? store.commit(request);
    this.backend = {
      kind: "gate",
      capabilities: { ...inner.capabilities, maxCommitBytes },
      close: () => inner.close(),
      remove: (name) => inner.remove(name),
      async open(request) {
        const store = await inner.open(request);
        return new Proxy(store, {
          get(target, name) {
            if (name === "commit") return (request: CommitRequest) => commit(target, request);
            const value = Reflect.get(target, name);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      },
    };
  }

  /** Lets nothing through until it is opened, or refuses. */
  shut(): void {
    this.#answer = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  open(): void {
    this.#settle();
    this.#answer = Promise.resolve(undefined);
  }

  /** Refuses what waits and what comes. */
  refuse(): void {
    const refusal = { type: "refused", code: "FORBIDDEN", message: "no" } as const;
    this.#settle(refusal);
    this.#answer = Promise.resolve(refusal);
  }
}

async function overGate() {
  const gate = new Gate();
  const store = await openStore({ backend: gate.backend });
  const errors: unknown[] = [];
  const pepr = peprStore({ store, onError: (error) => errors.push(error) });
  await pepr.ready();
  return { gate, store, pepr, errors };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
const refusal = (key: string) => ({
  code: "FORBIDDEN",
  key,
  message: expect.stringMatching(`^MAX_WAIT_TIME elapsed: Key ${key} is refused`),
});

describe("a wait for what is so already", () => {
  // The removal of a key that was on its way out resolved at once, as though it were gone for good.
  it.each<[string, (pepr: PeprStore) => void, (pepr: PeprStore) => Promise<"ok">]>([
    ["a removal", (pepr) => pepr.removeItem("x"), (pepr) => pepr.removeItemAndWait("x")],
    ["a clear", (pepr) => pepr.clear(), (pepr) => pepr.removeItemAndWait("x")],
    ["an equal value", (pepr) => pepr.setItem("x", "1"), (pepr) => pepr.setItemAndWait("x", "1")],
  ])("goes on while %s is pending", async (_, write, writeAndWait) => {
    const { gate, pepr } = await overGate();
    await pepr.setItemAndWait("x", "0");
    gate.shut();
    write(pepr);
    const settled = vi.fn();
    const waits = [writeAndWait(pepr), writeAndWait(pepr)];
    for (const wait of waits) wait.then(settled);
    await turn();
    expect(settled).not.toHaveBeenCalled();
    gate.open();
    expect(await Promise.all(waits)).toEqual(["ok", "ok"]);
    await pepr.close();
  });

  it("resolves at once where nothing is pending", async () => {
    const { gate, pepr } = await overGate();
    gate.shut();
    expect(await pepr.removeItemAndWait("missing")).toBe("ok");
    gate.open();
    await pepr.close();
  });
});

describe("a write that the backend refuses is undone, and told", () => {
  it("to who waits for it", async () => {
    const { gate, pepr, errors } = await overGate();
    gate.refuse();
    await expect(pepr.setItemAndWait("x", "1")).rejects.toMatchObject(refusal("x"));
    expect([pepr.getItem("x"), errors]).toEqual([null, []]);
    await pepr.close();
  });

  // A plain write was undone without a word.
  it("to onError where nobody waits, key by key", async () => {
    const { gate, pepr, errors } = await overGate();
    gate.refuse();
    pepr.setItem("x", "1");
    pepr.removeItem("y");
    await expect.poll(() => errors).toHaveLength(2);
    expect(errors).toEqual([expect.objectContaining(refusal("x")), expect.objectContaining(refusal("y"))]);
    await pepr.flush();
    await pepr.close();
  });

  it("to who flushes", async () => {
    const { gate, pepr, errors } = await overGate();
    gate.refuse();
    pepr.setItem("x", "1");
    await expect(pepr.flush()).rejects.toMatchObject(refusal("x"));
    expect(errors).toEqual([]);
    await pepr.close();
  });

  it("to onError where the wait has ended before", async () => {
    const { gate, pepr, errors } = await overGate();
    gate.shut();
    await expect(pepr.setItemAndWait("x", "1", { timeout: 10 })).rejects.toMatchObject({ code: "TIMEOUT" });
    gate.refuse();
    await expect.poll(() => errors).toEqual([expect.objectContaining(refusal("x"))]);
    await pepr.close();
  });
});

it("what is refused before it is sent is told to who waits as Pepr tells it, and an argument that is wrong as what it is", async () => {
  const { pepr, store } = await overGate();
  await expect(pepr.setItemAndWait("x", "x".repeat(maxCommitBytes))).rejects.toMatchObject({ ...refusal("x"), code: "COMMIT_TOO_LARGE" });
  await expect(pepr.setItemAndWait("x", 1 as never)).rejects.toBeInstanceOf(TypeError);
  await pepr.close();
  await expect(pepr.setItemAndWait("x", "1")).rejects.toMatchObject({ ...refusal("x"), code: "CLOSED" });
  await store.close();
});

// `receive` took the content of a controller for all that there is, and removed the rest for everybody.
it("a controller's content and sender are refused, and nothing changes", async () => {
  const { pepr, store } = await overGate();
  await pepr.setItemAndWait("x", "1");
  const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });
  expect(() => pepr.receive({})).toThrow(refused);
  expect(() => pepr.registerSender(() => {})).toThrow(refused);
  expect(() => peprStore({ store, standIn: true })).toThrow(refused);
  expect(pepr.keys()).toEqual(["x"]);
  await pepr.close();
});

it("all who ask whether the same write is durable hear it", async () => {
  const { gate, store } = await overGate();
  gate.shut();
  store.set("x", "1");
  const asked = [store.acknowledged(), store.acknowledged()];
  gate.open();
  expect(await Promise.all(asked)).toEqual([undefined, undefined]);
});
