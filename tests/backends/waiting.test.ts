/** Who waits for a write hears of that very write, however many wait and whatever listeners write upon it; and waiting ends when the store or its backend does. */
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { memory } from "../../ts/backends/memory/index.js";
import { type BackedStore, type OpenOptions, openStore } from "../../ts/index.js";
import { manualClock } from "../../ts/testing/index.js";
import { refusal } from "../refusal.js";
import { Gate } from "./node/gate.js";

/** A store behind a gate. */
async function open(options: Partial<OpenOptions> = {}): Promise<{ gate: Gate; store: BackedStore }> {
  const gate = new Gate(memory());
  onTestFinished(() => gate.close());
  return { gate, store: await openStore({ backend: gate, ...options }) };
}

// One waiter took the place of the other, which waited for ever.
test("many may wait for one write", async () => {
  const { store } = await open();
  const typed = store.typed(z.number());
  store.set("a", 1);
  await Promise.all([store.acknowledged(), store.acknowledged(), typed.acknowledged(), store.scope("s").acknowledged()]);
  const counted = store.increment("n");
  await Promise.resolve();
  const swallow = store.scope("swallowed").use({ write: () => undefined });
  await Promise.all([counted, store.acknowledged(), store.scope("swallowed").setAndWait("b", 1), typed.setAndWait("c", 2)]);
  swallow();
  expect([...store.keys()]).toEqual(["a", "c", "n"]);
});

// Who asked after the answer waited for ever where an earlier commit was not decided yet: that was told in its turn, and this one before.
test("a write that is durable is, though an earlier commit of the same store waits to be shown", async () => {
  const behind = memory();
  const gate = new Gate(behind);
  onTestFinished(() => gate.close());
  const other = await openStore({ backend: behind });
  const store = await openStore({ backend: gate });
  gate.isTelling = false;
  await other.setAndWait("others", 1);
  const decided = store.increment("n");
  await vi.waitFor(() => expect(gate.commits).toBe(1));
  await store.setAndWait("a", 1);
  await store.acknowledged();
  gate.isTelling = true;
  await other.setAndWait("others", 2);
  expect(await decided).toBe(1);
});

test("a listener may wait for what it writes, and for nothing else", async () => {
  const { store } = await open();
  const waits: Promise<void>[] = [];
  store.watch("a", () => {
    store.set("b", 1);
    waits.push(store.acknowledged(), store.setAndWait("c", 1));
  });
  await Promise.all([store.setAndWait("a", 1), store.acknowledged()]);
  await Promise.all(waits);
  expect([...store.keys()]).toEqual(["a", "b", "c"]);
});

// The outcome of the listener's write was told to who had set what it listened to.
test("a write that is refused rejects, though a listener's is accepted, and the other way round", async () => {
  const { store } = await open({ maxEntries: 1 });
  await store.setAndWait("1", 0);
  const stop = store.watch("2", ({ type }) => {
    if (type === "set") store.set("1", 1);
  });
  expect((await refusal(store.setAndWait("2", 0), "QUOTA_EXCEEDED")).code).toBe("QUOTA_EXCEEDED");
  expect([...store.entries()]).toEqual([["1", 1]]);
  store.set("2", 0);
  await refusal(store.acknowledged(), "QUOTA_EXCEEDED");
  stop();
  store.watch("1", ({ value }) => {
    if (value === 2) store.set("2", 0);
  });
  await store.setAndWait("1", 2);
  await refusal(store.flush(), "QUOTA_EXCEEDED");
});

test("what middleware writes besides is waited for, too", async () => {
  const { store } = await open({ maxEntries: 1 });
  store.scope("s").use({
    write(_, next) {
      next();
      store.set("log", 1);
    },
  });
  await refusal(store.scope("s").setAndWait("a", 1), "QUOTA_EXCEEDED");
  expect([...store.keys()]).toEqual(["s:a"]);
});

// They were taken, and lost.
test("a write after close is refused, and none before it is lost", async () => {
  const backend = memory();
  const gate = new Gate(backend);
  const store = await openStore({ backend: gate });
  const [begun, goOn] = signal();
  const slow = store.transaction(async (tx) => {
    tx.set("slow", 1);
    await begun;
  });
  gate.hold();
  store.set("early", 1);
  const closing = store.close();
  expect(() => store.set("late", 1)).toThrow(expect.objectContaining({ code: "CLOSED" }));
  expect(() => store.scope("s").delete("early")).toThrow(expect.objectContaining({ code: "CLOSED" }));
  await refusal(store.setAndWait("late", 1), "CLOSED");
  await refusal(store.increment("late"), "CLOSED");
  goOn();
  await refusal(slow, "CLOSED");
  expect(store.get("early")).toBe(1);
  gate.release();
  await closing;
  const again = await openStore({ backend });
  expect([...again.keys()]).toEqual(["early"]);
  await backend.close();
});

test("when the backend has been closed nothing waits any longer", async () => {
  const { gate, store } = await open();
  const idle = await openStore({ backend: gate, name: "idle" });
  await store.setAndWait("a", 1);
  await gate.close();
  store.set("a", 2);
  await Promise.all([refusal(store.acknowledged(), "CLOSED"), refusal(store.flush(), "CLOSED")]);
  expect([store.status.state, store.get("a")]).toEqual(["closed", 2]);
  expect(() => store.set("a", 3)).toThrow(expect.objectContaining({ code: "CLOSED" }));
  await refusal(store.close(), "CLOSED");
  await idle.close();
});

test("close waits no longer than it is told to, and says what it has given up", async () => {
  const clock = manualClock(1_000);
  for (const limit of ["timeout", "signal"] as const) {
    const { gate, store } = await open({ clock });
    gate.isReachable = false;
    store.set("a", 1);
    const written = refusal(store.acknowledged(), "CLOSED");
    const patient = refusal(store.close(), "CLOSED");
    const aborting = new AbortController();
    const closing = store.close(limit === "timeout" ? { timeout: "5s" } : { signal: aborting.signal });
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    void closing.then(done, done);
    clock.advance(4_999);
    await gate.wasTried();
    expect(isDone).toBe(false);
    clock.advance(1);
    aborting.abort(new Error("enough"));
    await expect(closing).rejects.toThrow(limit === "timeout" ? "in time" : "enough");
    await Promise.all([written, patient]);
    expect(() => store.get("a")).toThrow(expect.objectContaining({ code: "CLOSED" }));
  }
  const { store } = await open({ clock });
  store.set("a", 1);
  await store.close({ timeout: 1 });
  const { store: other } = await open();
  await refusal(other.close({ timeout: 0 }), "OUT_OF_RANGE");
  await other.setAndWait("a", 1);
});

test("a store whose format another version has raised is a reader from then on", async () => {
  const { gate, store } = await open();
  await store.setAndWait("a", 1);
  gate.refuse({ type: "refused", code: "FORMAT_TOO_NEW", message: "raised" });
  await refusal(store.setAndWait("a", 2), "FORMAT_TOO_NEW");
  expect([store.status.isWritable, store.get("a")]).toEqual([false, 1]);
  expect(() => store.set("a", 3)).toThrow(expect.objectContaining({ code: "FORMAT_TOO_NEW" }));
  await refusal(store.increment("n"), "FORMAT_TOO_NEW");
  await store.close();
});

function signal(): [Promise<void>, () => void] {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return [ended, end];
}
