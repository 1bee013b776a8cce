/**
 * What the model test does to both sides for `update`, `updateFields` and `increment`. The values that they make are not in the tests' pool,
 * so they join it, with the bytes that they take by the table of encodings, written here once more.
 *
 * @module
 */
import fc from "fast-check";
import { HoldallError, type Store, type Value, type ValueKind } from "../../ts/index.js";
import { type Model, readsAs, type Sample, samples } from "./model.js";
import { utf8Length } from "./support.js";

/** What the function of an `update` does to the store before it returns. */
type Meanwhile = "nothing" | "set" | "delete" | "set and delete" | "tag" | "other" | "throw";

/** What is generated beside the key. */
export const updating = {
  update: {
    meanwhile: fc.constantFrom<Meanwhile>("nothing", "nothing", "nothing", "set", "delete", "set and delete", "tag", "other", "throw"),
  },
  increment: { by: fc.constantFrom(1, 1, -1, 2.5), ttl: fc.constantFrom(undefined, undefined, null, 5, 25) },
  updateFields: {
    paths: fc.uniqueArray(fc.constantFrom("/0", "/a/b", "a.b", "/a", "/n", "s", "/1", "/a/b/0", "/-"), { minLength: 1, maxLength: 2 }),
  },
};

/** One of the three calls. */
export type Updating =
  | { readonly name: "update"; readonly key: string; readonly sample: number; readonly meanwhile: Meanwhile }
  | { readonly name: "increment"; readonly key: string; readonly by: number; readonly ttl: number | null | undefined }
  | { readonly name: "updateFields"; readonly key: string; readonly sample: number; readonly paths: readonly string[] };

const pool = samples as Sample[];
const known = new Map(pool.map(({ reads }, index) => [reads, index]));
const isContainer = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array);

/** Whether a value, or one within it, is of those that JSON does not have. */
const holds = (value: unknown, isSuch: (inner: unknown) => boolean): boolean =>
  isSuch(value) || (isContainer(value) && Object.values(value).some((inner) => holds(inner, isSuch)));
const isMutable = (value: unknown) => value instanceof Date || value instanceof Uint8Array;

/** A value as tagged JSON. */
function tagged(value: unknown): unknown {
  if (typeof value === "bigint") return `~n${value}`;
  if (typeof value === "string") return value.startsWith("~") ? `~${value}` : value;
  if (value instanceof Date) return `~d${value.getTime()}`;
  if (value instanceof Uint8Array) return `~b${btoa(String.fromCharCode(...value))}`;
  if (Array.isArray(value)) return value.map(tagged);
  return isContainer(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, tagged(inner)])) : value;
}

function kindOf(value: unknown): ValueKind {
  if (value === null) return "null";
  if (value instanceof Date) return "date";
  if (value instanceof Uint8Array) return "bytes";
  return Array.isArray(value) ? "array" : (typeof value as ValueKind);
}

/** The place of a number, array or object in the pool, which it joins when it is new. */
function poolIndex(value: unknown): number {
  const reads = readsAs(value);
  const at = known.get(reads);
  if (at !== undefined) return at;
  const needsTags = holds(value, (inner) => typeof inner === "bigint" || isMutable(inner));
  const bytes = utf8Length(JSON.stringify(needsTags ? tagged(value) : value));
  known.set(reads, pool.length);
  return pool.push({ make: () => structuredClone(value), kind: kindOf(value), bytes, reads, isFrozen: !holds(value, isMutable) }) - 1;
}

/** A value with another at a path; or why not. */
function withField(value: unknown, path: string, field: unknown): "NOT_FOUND" | "TYPE_MISMATCH" | undefined {
  const names = path.startsWith("/") ? path.slice(1).split("/") : path.split(".");
  const last = names.pop() as string;
  let container = value;
  for (const name of [...names, undefined]) {
    if (!isContainer(container)) return "TYPE_MISMATCH";
    if (name === undefined) break;
    if (!(name in container)) return "NOT_FOUND";
    container = container[name];
  }
  if (!(last in (container as object))) return "NOT_FOUND";
  (container as Record<string, unknown>)[last] = field;
  return undefined;
}

/** Whether one path leads into the place of another. */
function overlap(paths: readonly string[]): boolean {
  const places = paths.map((path) => (path.startsWith("/") ? path : `/${path.replaceAll(".", "/")}`));
  return places.some((place, at) => places.some((other, from) => at !== from && (place === other || place.startsWith(`${other}/`))));
}

/** Does one call to both sides; what the store answers, and what it should, codes of errors included. */
export function updateBoth(
  operation: Updating,
  { store, prefix }: { readonly store: Store; readonly prefix: string },
  model: Model,
  answerOf: (call: () => unknown) => unknown,
): [actual: unknown, expected: unknown] {
  const { key } = operation;
  const full = prefix + key;
  const entry = model.entries.get(full);
  const current = pool[entry?.sample ?? -1]?.make();
  const make = (index: number) => pool[index]?.make() as Value;
  switch (operation.name) {
    case "update": {
      const { sample, meanwhile } = operation;
      const actual = answerOf(() =>
        readsAs(
          store.update(key, (value) => {
            if (readsAs(value ?? "missing") !== readsAs(current ?? "missing")) throw new Error("update was given another value");
            if (meanwhile === "throw") throw new HoldallError("TIMEOUT", "thrown by the function");
            interfere(meanwhile, key, full, store, model, answerOf);
            return make(sample);
          }),
        ),
      );
      if (meanwhile === "throw") return [actual, "TIMEOUT"];
      if (model.entries.get(full)?.version !== entry?.version) return [actual, "CONFLICT"];
      return [actual, model.put([[full, sample]], { keepTtl: true }) ?? pool[sample]?.reads];
    }
    case "increment": {
      const { by, ttl } = operation;
      const actual = answerOf(() => store.increment(key, by, { ttl }));
      if (entry !== undefined && typeof current !== "number") return [actual, "TYPE_MISMATCH"];
      const sum = ((current as number | undefined) ?? 0) + by;
      return [actual, model.put([[full, poolIndex(sum)]], entry === undefined ? { ttl } : { keepTtl: true }) ?? sum];
    }
    case "updateFields": {
      const { paths, sample } = operation;
      const fields = Object.fromEntries(paths.map((path) => [path, make(sample)]));
      const actual = answerOf(() => readsAs(store.updateFields(key, fields)));
      if (overlap(paths)) return [actual, "INVALID_ARGUMENT"];
      if (entry === undefined) return [actual, "NOT_FOUND"];
      const value = structuredClone(current);
      for (const path of paths) {
        const refusal = withField(value, path, make(sample));
        if (refusal !== undefined) return [actual, refusal];
      }
      return [actual, model.put([[full, poolIndex(normal(value))]], { keepTtl: true }) ?? readsAs(value)];
    }
  }
}

/** As it reads back: without what is undefined, and with zeros of one sign. */
function normal(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (Array.isArray(value)) return value.map((element) => normal(element ?? null));
  if (!isContainer(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (inner === undefined ? [] : [[name, normal(inner)]])));
}

function interfere(
  meanwhile: Meanwhile,
  key: string,
  full: string,
  store: Store,
  model: Model,
  answerOf: (call: () => unknown) => unknown,
): void {
  const agree = (actual: unknown, expected: unknown) => {
    if (actual !== expected) throw new Error(`within update, the store answers ${actual}, the model ${expected}`);
  };
  const set = (name: string, fullName: string) => {
    const actual = answerOf(() => store.set(name, "a"));
    agree(actual, model.put([[fullName, 0]], {}) ?? null);
  };
  if (meanwhile === "set" || meanwhile === "set and delete") set(key, full);
  if (meanwhile === "delete" || meanwhile === "set and delete") agree(store.delete(key), model.remove([full]) > 0);
  if (meanwhile === "other") set(`${key}!`, `${full}!`);
  if (meanwhile === "tag") {
    const others = model.entries.get(full)?.tags ?? [];
    const actual = answerOf(() => store.addTag(key, "t"));
    agree(actual, model.change(full, { tags: [...others.filter((tag) => tag !== "t"), "t"] }));
  }
}
