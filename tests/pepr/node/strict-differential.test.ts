/**
 * Strict mode is Pepr's own `Storage`, bit for bit: both are driven with the same generated sequences of calls, and everything that can be
 * observed is compared: results and errors, what is sent with which arguments, what listeners and callbacks get and in which order, how and
 * when waits end. Time is a fake clock that the sequences move.
 */
import fc from "fast-check";
import { Capability } from "pepr";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { peprStore } from "../../../ts/pepr/index.js";
import { StrictPeprStore } from "../../../ts/pepr/strict.js";

type RealStorage = ReturnType<Capability["registerStore"]>;
type Subject = RealStorage | StrictPeprStore;

const realStorage = (): RealStorage =>
  new Capability({ name: "hello", description: "strict mode's model", namespaces: [] }).registerStore();

type Call =
  | { readonly name: "getItem" | "removeItem" | "removeItemAndWait"; readonly key: unknown }
  | { readonly name: "setItem" | "setItemAndWait"; readonly key: unknown; readonly value: unknown }
  | { readonly name: "clear" }
  | {
      readonly name: "subscribe" | "onReady";
      readonly behaviour: "note" | "spoil" | "throw" | "unsubscribe next" | "subscribe" | "read" | "no function";
    }
  | { readonly name: "unsubscribe"; readonly id: unknown; readonly byReturned: boolean }
  | { readonly name: "receive"; readonly data: unknown }
  | { readonly name: "receive what was sent" }
  | { readonly name: "registerSender"; readonly throws: boolean }
  | { readonly name: "advance"; readonly span: number };

const keys = ["a", "b", "", "a/b", "a~b", "~1", "https://x.y/z", "__proto__", "constructor", "v2-a", "日本", "10", "9"];
const key = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...keys) },
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(0, 10, null, undefined, true, Symbol.iterator, ["a", "b"]) },
);
const value = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("", "0", "1", "2", "null") },
  { weight: 2, arbitrary: fc.string({ maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(0, 1, false, true, null, undefined) },
);
const storedKey = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...keys.map((name) => `v2-${name}`)) },
  { weight: 2, arbitrary: fc.constantFrom("a", "b-v2-a", "-v2-a", "v2-~1", "10", "9", "__proto__") },
);
const nested = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 4 }),
  fc.constantFrom<unknown>(/x/gi, () => "a function", undefined, 5n),
);
const data = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.dictionary(storedKey, fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: nested }), { maxKeys: 6 }),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, undefined, "", "text", 0, 5, true, [], ["a", "b"]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      Object.assign(Object.create({ "v2-a": "inherited" }), { "v2-b": "own" }),
      Object.assign(Object.create(null), { "v2-a": "1" }),
    ),
  },
);
const behaviour = fc.constantFrom(
  "note",
  "note",
  "note",
  "spoil",
  "throw",
  "unsubscribe next",
  "subscribe",
  "read",
  "no function" as const,
) as fc.Arbitrary<Extract<Call, { name: "subscribe" }>["behaviour"]>;
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ name: fc.constantFrom("getItem" as const, "removeItem" as const, "removeItemAndWait" as const), key }),
  fc.record({ name: fc.constantFrom("setItem" as const, "setItemAndWait" as const), key, value }),
  fc.record({ name: fc.constant("clear" as const) }),
  fc.record({ name: fc.constantFrom("subscribe" as const, "subscribe" as const, "onReady" as const), behaviour }),
  fc.record({
    name: fc.constant("unsubscribe" as const),
    id: fc.constantFrom<unknown>(0, 1, 2, 3, "0", -1, undefined),
    byReturned: fc.boolean(),
  }),
  { weight: 2, arbitrary: fc.record({ name: fc.constant("receive" as const), data }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constant("receive what was sent" as const) }) },
  fc.record({
    name: fc.constant("registerSender" as const),
    throws: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  fc.record({ name: fc.constant("advance" as const), span: fc.constantFrom(1, 999, 5_000, 14_999, 15_000) }),
);

/** What an error is, where its text is the platform's own and names private fields. */
const errorName = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message.replace(/^.* (is not a function)$/, "$1")}` : error;

/** A value with what a plain comparison would miss: its prototype, by name, and which of its properties are its own. */
function describeValue(candidate: unknown): unknown {
  if (typeof candidate !== "object" || candidate === null) return candidate;
  if (candidate instanceof Date || candidate instanceof RegExp || ArrayBuffer.isView(candidate))
    return [candidate.constructor.name, String(candidate)];
  const prototype: object | null = Object.getPrototypeOf(candidate);
  const kind =
    prototype === null
      ? "null"
      : prototype === Object.prototype
        ? "plain"
        : Array.isArray(candidate)
          ? "array"
          : describeValue({ ...prototype });
  return [kind, Object.entries(candidate).map(([name, item]) => [name, describeValue(item)])];
}

/** Runs one sequence, and returns everything that could be seen of it. */
async function observe(subject: Subject, calls: readonly Call[]): Promise<unknown[]> {
  const seen: unknown[] = [];
  const sent = new Map<string, unknown>();
  const unsubscribes: (() => void)[] = [];
  const store = subject as unknown as Record<string, (...parameters: unknown[]) => unknown>;
  const invoke = (name: string, ...parameters: unknown[]) => (store[name] as (...parameters: unknown[]) => unknown)(...parameters);
  let listeners = 0;

  const listenerThat = (behaviour: string): unknown => {
    if (behaviour === "no function") return undefined;
    const number = listeners;
    listeners += 1;
    return (...parameters: unknown[]) => {
      seen.push(["told", number, parameters.map(describeValue)]);
      if (behaviour === "throw") throw `thrown by ${number}`;
      if (behaviour === "spoil" && typeof parameters[0] === "object") Object.assign(parameters[0] as object, { "v2-a": "spoilt" });
      if (behaviour === "unsubscribe next") unsubscribes[number + 1]?.();
      if (behaviour === "subscribe" && listeners < 20) unsubscribes.push(invoke("subscribe", listenerThat("note")) as () => void);
      if (behaviour === "read") seen.push(["read", invoke("getItem", "a")]);
    };
  };
  const run = (step: Call): unknown => {
    switch (step.name) {
      case "setItem":
        return invoke("setItem", step.key, step.value);
      case "setItemAndWait":
        return invoke("setItemAndWait", step.key, step.value);
      case "getItem":
      case "removeItem":
      case "removeItemAndWait":
        return invoke(step.name, step.key);
      case "subscribe": {
        const unsubscribe = invoke("subscribe", listenerThat(step.behaviour)) as () => void;
        unsubscribes.push(unsubscribe);
        return undefined;
      }
      case "onReady":
        return invoke("onReady", listenerThat(step.behaviour));
      case "unsubscribe":
        return step.byReturned ? unsubscribes[Number(step.id) || 0]?.() : invoke("unsubscribe", step.id);
      case "receive":
        return invoke("receive", step.data);
      case "receive what was sent":
        return invoke("receive", Object.fromEntries(sent));
      case "registerSender":
        return invoke("registerSender", (...parameters: unknown[]) => {
          seen.push(["sent", parameters]);
          if (step.throws) throw "thrown by the sender";
          const [operation, names, item] = parameters as ["add" | "remove", string[], unknown];
          for (const name of names) operation === "add" ? sent.set(name, item) : sent.delete(name);
        });
      case "advance":
        return vi.advanceTimersByTime(step.span);
      default:
        return step.name === "clear" ? invoke("clear") : undefined;
    }
  };
  const untilNoWaitIsLeft: Call[] = Array.from({ length: 3 }, () => ({ name: "advance", span: 15_000 }));
  for (const [index, step] of [...calls, ...untilNoWaitIsLeft].entries()) {
    try {
      const result = run(step);
      if (result instanceof Promise) {
        seen.push([index, "waits"]);
        result.then(
          (answer) => seen.push([index, "resolved", answer]),
          (error) => seen.push([index, "rejected", error]),
        );
      } else if (step.name !== "advance") seen.push([index, "returned", result]);
    } catch (error) {
      seen.push([index, "threw", errorName(error)]);
    }
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
  }
  seen.push(["timers left", vi.getTimerCount()]);
  return seen;
}

describe("strict mode", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("does what Pepr's Storage does, over thousands of sequences", async () => {
    const known = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(call, { minLength: 1, maxLength: 40 }), async (hasSender, steps) => {
        const calls: Call[] = hasSender ? [{ name: "registerSender", throws: false }, ...steps] : steps;
        const real = await observe(realStorage(), calls);
        vi.clearAllTimers();
        const ours = await observe(new StrictPeprStore(), calls);
        vi.clearAllTimers();
        expect(ours).toEqual(real);
        for (const item of real) if (Array.isArray(item)) known.add(String(typeof item[0] === "number" ? item[1] : item[0]));
      }),
      { numRuns: 3_000 },
    );
    // The sequences reach everything that is compared.
    expect([...known].sort()).toEqual(["read", "rejected", "resolved", "returned", "sent", "threw", "timers left", "told", "waits"]);
  });

  it("does so when made by peprStore too, once a sender is registered", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 30 }), async (steps) => {
        const calls: Call[] = [{ name: "registerSender", throws: false }, ...steps];
        const real = await observe(realStorage(), calls);
        vi.clearAllTimers();
        const ours = await observe(peprStore({ compat: "strict" }), calls);
        vi.clearAllTimers();
        expect(ours).toEqual(real);
      }),
      { numRuns: 300 },
    );
  });

  it("has the same methods", () => {
    const methods = Object.keys(realStorage()).sort();
    expect(methods.length).toBeGreaterThan(9);
    expect(Object.keys(new StrictPeprStore()).sort()).toEqual([...methods, "close"].sort());
  });
});
