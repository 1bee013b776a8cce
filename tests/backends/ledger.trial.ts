/**
 * Random commits against a model: whatever is committed, in whatever order and however often, what comes of it is what a model comes to that knows no
 * shortcuts.
 *
 * @module
 */
import fc from "fast-check";
import { expect } from "vitest";
import type { Backend, StoreLimits } from "../../ts/backends/backend.js";
import { decodePart, type StoredEntry } from "../../ts/backends/entries.js";
import type { MetadataPatch, Operation } from "../../ts/backends/operations.js";
import type { StoredValue } from "../../ts/backends/record.js";
import { commitOf } from "../../ts/testing/suites/commits.js";
import { Model, type ModelEntry } from "./ledger.model.js";

const key = fc.constantFrom("", "a", "b", "s:", "s:a", "s:b", "s:t:a", "é", "\uffff");
const prefix = fc.constantFrom("", "s:", "s:t:", "a", "é");
const value: fc.Arbitrary<StoredValue> = fc.record({ encoding: fc.nat({ max: 3 }), bytes: fc.uint8Array({ maxLength: 6 }) });
const ttl = fc.oneof(
  fc.constantFrom(null, "keep" as const),
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 3, max: 300 }).map((deadline) => ({ deadline })),
);
const tag = fc.constantFrom("x", "y", "é");
const property = fc.tuple(fc.constantFrom("p", "q"), value);
const anyPatch: fc.Arbitrary<MetadataPatch> = fc.record(
  {
    tags: fc.uniqueArray(tag).map((tags) => tags.sort()),
    properties: fc.uniqueArray(property, { selector: ([name]) => name }),
    description: fc.constantFrom(null, "", "told"),
    addTag: tag,
    removeTag: tag,
    setProperty: property,
    removeProperty: fc.constantFrom("p", "q"),
  },
  { requiredKeys: [] },
);

/** Often one that changes nothing. */
const patch: fc.Arbitrary<MetadataPatch> = fc.oneof(
  anyPatch,
  fc.constantFrom<MetadataPatch>({}, { description: null }, { tags: [] }, { removeTag: "x" }, { addTag: "x" }, { removeProperty: "p" }),
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("put" as const), key, value, ttl }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("put" as const), key, value, ttl, metadata: patch }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("delete" as const), key }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("clear" as const), prefix }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("touch" as const), key, ttl }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("annotate" as const), key, metadata: patch }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("expire" as const), key, version: fc.nat({ max: 12 }) }) },
);

const step = fc.record({
  wait: fc.nat({ max: 8 }),
  replica: fc.constantFrom("one", "two", "stranger"),
  counter: fc.oneof(
    { weight: 5, arbitrary: fc.constant("next" as const) },
    { weight: 1, arbitrary: fc.constantFrom("same" as const, "old" as const) },
  ),
  isRetry: fc.boolean(),
  operations: fc.array(operation, { maxLength: 4 }),
  // The version is that of the entry, mostly.
  conditions: fc.array(fc.tuple(key, fc.constantFrom(0, 0, 0, 1)), { maxLength: 2 }),
  ranges: fc.array(
    fc.record({
      prefix,
      after: fc.option(key, { nil: undefined }),
      reverse: fc.boolean(),
      back: fc.nat({ max: 4 }),
      ownBack: fc.nat({ max: 2 }),
    }),
    { maxLength: 1 },
  ),
});

const limits = fc.constantFrom<StoreLimits>({}, { maxEntries: 3 }, { maxBytes: 20 }, { maxEntries: 4, maxBytes: 24 });

/** An entry in the open. */
function modelEntry({ value: { encoding, bytes }, metadata, ...entry }: StoredEntry): ModelEntry {
  const text = (stored: StoredValue) => `${stored.encoding}:${[...stored.bytes].join()}`;
  const { number = 0, tags = [], properties = [], description = null } = metadata ?? {};
  return {
    ...entry,
    value: text({ encoding, bytes }),
    metadata: metadata && {
      number,
      tags: [...tags],
      properties: Object.fromEntries(properties.map(([name, each]) => [name, text(each)])),
      description,
    },
  };
}

/** Moves an absolute deadline to where time begins. */
function later(operation: Operation, epoch: number): Operation {
  if (!("ttl" in operation) || operation.ttl === null || typeof operation.ttl !== "object") return operation;
  return { ...operation, ttl: { deadline: operation.ttl.deadline + epoch } };
}

/** A backend whose time a test sets. */
export interface TimedBackend {
  readonly backend: Backend;
  /** Sets the time of the store `s`. */
  setTime(time: number): void | Promise<void>;
}

/**
 * Tries random commits on new backends.
 *
 * @param make - makes a backend whose logs keep so many commits
 * @param epoch - the time at first
 */
export async function tryCommits(make: (logCommits: number) => TimedBackend, numRuns: number, epoch = 0): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), limits, fc.constantFrom(3, 1_000), async (steps, bounds, reach) => {
      const model = new Model(bounds, reach);
      model.time = epoch;
      const { backend, setTime } = make(reach);
      const stores = {
        one: await backend.open({ name: "s", scope: "", replica: "one", limits: bounds }),
        two: await backend.open({ name: "s", scope: "", replica: "two" }),
      };
      for (const replica of ["one", "two"]) model.answers.set(replica, { counter: 0, answer: { type: "unknown" } });
      const counters = { one: 0, two: 0, stranger: 0 };
      for (const { wait, replica, counter, isRetry, operations, conditions, ranges } of steps) {
        model.time += wait;
        await setTime(model.time);
        const number = model.history.length;
        if (counter === "next") counters[replica]++;
        const request = commitOf({
          replica,
          counter: counter === "old" ? Math.max(counters[replica] - 1, 1) : Math.max(counters[replica], 1),
          isRetry,
          operations: operations.map((each) => later(each, epoch)),
          conditions: conditions.map(([each, off]) => {
            const entry = model.live().find(([name]) => name === each)?.[1];
            return { key: each, version: (entry ? Math.max(entry.number, entry.metadata?.number ?? 0) : 0) + off };
          }),
          ranges: ranges.map(({ back, ownBack, ...range }) => ({
            ...range,
            since: Math.max(number - back, 0),
            own: counters[replica] - ownBack,
          })),
        });
        const answer = await stores[replica === "two" ? "two" : "one"].commit(request);
        expect(answer).toEqual(model.commit(request));
        // Both know the history, as replicas do that follow it.
        await stores.two.load();
        const { parts, head } = await stores.one.load();
        const loaded: [string, StoredEntry][] = [];
        for await (const part of parts) loaded.push(...decodePart(part));
        const live = loaded.filter(([, { deadline }]) => deadline > model.time).sort(([left], [right]) => (left < right ? -1 : 1));
        expect(live.map(([name, entry]) => [name, modelEntry(entry)])).toEqual(model.live());
        expect(head.number).toBe(model.history.length);
      }
      await backend.close();
    }),
    { numRuns },
  );
}
