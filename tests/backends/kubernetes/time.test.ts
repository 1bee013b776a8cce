/** The backend's time is the API server's, as far as whole seconds in its answers tell it: never ahead, a second behind at most, and closer with each answer. */
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { ServerTime } from "../../../ts/backends/kubernetes/server-time.js";
import { backendIn, makeNamespace, open, put, shared } from "./support.js";

/** A server whose clock differs by some milliseconds from the local one, which stands still but when told. */
function world(difference: number, start = 1_700_000_000_000) {
  let local = start;
  let steady = 0;
  const time = new ServerTime(
    () => local,
    () => steady,
  );
  const pass = (span: number) => {
    local += span;
    steady += span;
  };
  return {
    time,
    pass,
    /** The local clock is set: no time has passed. */
    setLocal: (span: number) => {
      local += span;
      difference -= span;
    },
    /** The machine sleeps: no time has passed by what counts it, and all others have gone on. */
    sleep: (span: number) => {
      local += span;
    },
    set: (other: number) => {
      difference = other;
    },
    actual: () => local + difference,
    /** An exchange that takes some milliseconds on its way there and back. */
    ask(there: number, back: number) {
      const sent = time.local();
      pass(there);
      const date = new Date(local + difference).toUTCString();
      pass(back);
      time.learn(date, sent, time.local());
    },
  };
}

test("it is never ahead, and behind by a second and the way at most", () => {
  const span = fc.integer({ min: 0, max: 3_000 });
  const exchange = fc.tuple(span, fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }));
  const run = (difference: number, exchanges: readonly (readonly [number, number, number])[]) => {
    const { time, pass, ask, actual } = world(difference);
    let before = Number.NEGATIVE_INFINITY;
    for (const [wait, there, back] of exchanges) {
      pass(wait);
      ask(there, back);
      const late = actual() - time.now();
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(1_000 + back);
      // What is known is not forgotten.
      expect(-late).toBeGreaterThanOrEqual(before);
      before = -late;
    }
  };
  fc.assert(fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.array(exchange, { minLength: 1, maxLength: 20 }), run));
});

test("answers on both sides of a full second tell it to the millisecond", () => {
  const { time, pass, ask, actual } = world(-12_345);
  for (let number = 0; number < 200; number++) {
    pass(17);
    ask(1, 1);
  }
  expect(actual() - time.now()).toBeLessThan(20);
});

test("a clock that was set is believed at once", () => {
  const { time, set, ask, actual } = world(0);
  ask(1, 1);
  for (const difference of [3_600_000, -86_400_000]) {
    set(difference);
    ask(1, 1);
    expect(Math.abs(actual() - time.now())).toBeLessThanOrEqual(1_001);
  }
});

test("a local clock that was set, and one of a machine that has slept, are not believed before the next answer", () => {
  const { time, pass, setLocal, sleep, ask, actual } = world(5_000);
  ask(1, 1);
  pass(86_400_000);
  expect(time.isSure).toBe(true);
  for (const change of [setLocal, sleep]) {
    for (const span of [3_600_000, -3_600_000, 300, -300]) {
      change(span);
      expect(time.isSure).toBe(false);
      ask(1, 1);
      expect(time.isSure).toBe(true);
      const late = actual() - time.now();
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(1_001);
    }
  }
});

test("answers without a date tell nothing", () => {
  const { time, actual } = world(0);
  time.learn(undefined, 0, 0);
  time.learn("soon", 0, 0);
  expect(time.now()).toBe(actual());
});

test("commits have the server's time, which goes forward and never back", async () => {
  const server = shared();
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  // A second behind at most, and as long as the answer was on its way, on whatever machine.
  let last = Date.now() - 20_000;
  for (let number = 0; number < 5; number++) {
    const answer = await orders.commit([put("key", String(number))]);
    const time = answer.type === "committed" ? answer.time : 0;
    expect(time).toBeGreaterThanOrEqual(last);
    expect(time).toBeLessThanOrEqual(Date.now());
    last = time;
  }
  expect((await orders.store.head()).time).toBeGreaterThanOrEqual(last);
});

test("a writer whose clock is set forward asks first: the store's time does not go along, and nothing expires for the others", async () => {
  const server = shared();
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  await orders.commit([put("mortal", "1", { ttl: 1_800_000 })]);
  const realNow = Date.now;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => realNow() + 3_600_000);
  onTestFinished(() => clock.mockRestore());
  const answer = await orders.commit([put("other", "1")]);
  expect(answer).toMatchObject({ type: "committed" });
  expect(answer.type === "committed" && answer.time).toBeLessThanOrEqual(realNow());
  expect(await orders.commit([put("mortal", "2")], { conditions: [{ key: "mortal", version: 1 }] })).toMatchObject({ type: "committed" });
});
