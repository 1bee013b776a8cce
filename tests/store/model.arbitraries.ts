/**
 * What the model test generates: how stores are made, and the calls on them.
 *
 * @module
 */
import fc from "fast-check";
import { samples } from "./model.js";
import { movingOperations } from "./model.steps.moving.js";
import { updating } from "./model.updates.js";

const key = fc.constantFrom(
  "",
  "k",
  "l",
  "m",
  "s:k",
  "s:t:k",
  "t:k",
  "t:l",
  "~i:k",
  "é",
  "\uffff",
  "😀",
  "__proto__",
  "s:",
  "a long key of more than twenty",
);
const tag = fc.constantFrom("", "t", "u", "tt", "é");
const sample = fc.nat({ max: samples.length - 1 });
const span = fc.constantFrom(1, 5, 10, 25, 100);
const property = fc.constantFrom("p", "é", "__proto__");
const properties = fc.uniqueArray(fc.tuple(property, sample), { maxLength: 2, selector: ([name]) => name });

const metadata = { tags: fc.array(tag, { maxLength: 3 }), properties, description: fc.constantFrom(null, "", "described") };

const options = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc
      .record(
        {
          life: fc.oneof(fc.record({ ttl: fc.option(span) }), fc.record({ keepTtl: fc.boolean() }), fc.constant({})),
          ...metadata,
        },
        { requiredKeys: ["life"] },
      )
      .map(({ life, ...others }) => ({ ...others, ...life })),
  },
);
const range = fc.record(
  { prefix: fc.constantFrom("", "s", "s:", "t:", "é", "k"), limit: fc.nat({ max: 5 }), reverse: fc.boolean(), after: key },
  { requiredKeys: [] },
);
const query = fc.record(
  {
    allTags: fc.array(tag, { maxLength: 2 }),
    anyTags: fc.array(tag, { maxLength: 2 }),
    property: fc.array(fc.record({ name: property, sample: fc.option(sample, { nil: undefined }) }), { maxLength: 2 }),
    kind: fc.array(fc.constantFrom(...samples.map(({ kind }) => kind)), { maxLength: 3 }),
    prefix: fc.constantFrom("", "s", "t:"),
  },
  { requiredKeys: [] },
);
const view = fc.nat({ max: 4 });
/** Time that passes just before a call, where no timer rings: the call itself has to find out. */
const pause = fc.constantFrom(0, 0, 0, 1, 5);

const of = <N extends string, T extends object>(name: N, rest: { [P in keyof T]: fc.Arbitrary<T[P]> }) =>
  fc.record({ name: fc.constant(name), view, pause, ...rest }) as unknown as fc.Arbitrary<{ name: N; view: number; pause: number } & T>;
const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

const bounds = fc.oneof(
  weighted(3, fc.constant({})),
  weighted(2, fc.record({ maxEntries: fc.constantFrom(1, 2, 4, 7) })),
  weighted(2, fc.record({ maxBytes: fc.constantFrom(20, 60, 200) })),
  weighted(1, fc.record({ maxEntries: fc.constantFrom(3, 5), maxBytes: fc.constantFrom(60, 200) })),
);
/** Bounds of scopes, which fit into those of most stores and leave something beside them. */
const scopeBounds = fc.oneof(
  weighted(1, fc.constant({})),
  weighted(2, fc.record({ maxEntries: fc.constantFrom(1, 2, 3) })),
  weighted(2, fc.record({ maxBytes: fc.constantFrom(20, 40, 100) })),
  weighted(2, fc.record({ maxEntries: fc.constantFrom(1, 2, 3), maxBytes: fc.constantFrom(40, 100) })),
);

/** One call, or a step of time, or listeners coming or going. */
export const operations = fc.oneof(
  weighted(8, of("get", { key, by: fc.constantFrom("get", "getOrThrow", "getOrDefault", "getMutable", "peek", "has" as const) })),
  // Reads of what is there, most of which the memo answers.
  weighted(8, of("getExisting", { index: fc.nat({ max: 8 }), by: fc.constantFrom("get", "get", "getOrThrow", "peek" as const) })),
  weighted(2, of("getMany", { keys: fc.array(key, { maxLength: 4 }) })),
  weighted(2, of("ask", { key, tag, property })),
  weighted(2, of("list", { range })),
  weighted(3, of("find", { query })),
  weighted(8, of("set", { key, sample, options })),
  weighted(2, of("compareAndSet", { key, sample, options, offset: fc.constantFrom(0, 0, 0, 1, -1) })),
  weighted(2, of("setMany", { pairs: fc.array(fc.tuple(key, sample), { maxLength: 4 }), options })),
  weighted(2, of("update", { key, sample, ...updating.update })),
  weighted(2, of("increment", { key, ...updating.increment })),
  weighted(2, of("updateFields", { key, sample, ...updating.updateFields })),
  weighted(2, of("delete", { key })),
  weighted(1, of("deleteMany", { keys: fc.array(key, { maxLength: 4 }) })),
  weighted(1, of("touch", { key, ttl: fc.option(span) })),
  weighted(1, of("persist", { key })),
  weighted(2, of("addTag", { key, tag })),
  weighted(1, of("removeTag", { key, tag })),
  weighted(2, of("setMeta", { key, metadata: fc.record(metadata, { requiredKeys: [] }) })),
  weighted(2, of("setProperty", { key, property, sample })),
  weighted(1, of("removeProperty", { key, property })),
  weighted(1, of("clear", { inRoot: fc.nat({ max: 4 }).map((number) => number === 0) })),
  weighted(3, of("advance", { span: fc.constantFrom(1, 4, 5, 20, 60) })),
  weighted(1, of("goBack", { span })),
  weighted(1, of("bind", { scope: fc.constantFrom("s" as const, "s:t" as const, "t" as const, "~i" as const), bounds: scopeBounds })),
  weighted(1, of("listen", { isOn: fc.boolean() })),
  weighted(1, of("openIterator", { range })),
  weighted(8, movingOperations),
  weighted(1, of("drainIterators", { count: fc.nat({ max: 3 }) })),
);

/** One generated call. */
export type Operation = typeof operations extends fc.Arbitrary<infer T> ? T : never;

/** How a store is made. */
export const settings = fc.record({
  /** Whether timers ring at their times; else expiry is left to who looks. */
  isPrompt: fc.boolean(),
  isHeard: fc.boolean(),
  memo: fc.constantFrom(undefined, false as const, { maxBytes: 1_500 }, { maxBytes: 4_000 }),
  defaultTtl: fc.constantFrom(null, null, 30),
  policy: fc.constantFrom("lru" as const, "lru" as const, "reject" as const),
  bounds,
  scopeBounds,
});

/** How a store is made. */
export type Setting = typeof settings extends fc.Arbitrary<infer T> ? T : never;

/** A setting in a message. */
export const describeConfig = (setting: Setting): string => JSON.stringify(setting);
