/**
 * A naive store, written from the contract and nothing else: every commit copies everything, every question scans. The model test runs it
 * beside the real one.
 *
 * @module
 */
import type { ListOptions, ValueKind } from "../../ts/index.js";
import { utf8Length } from "./support.js";
import { describeValue } from "./values.support.js";

/** A value of the tests' pool: how it reads back, and what it takes by the table of encodings. */
export interface Sample {
  readonly make: () => unknown;
  readonly kind: ValueKind;
  readonly bytes: number;
  /** How it reads back, as a text to compare by. */
  readonly reads: string;
  /** Whether it can be frozen whole, and so keeps its identity. */
  readonly isFrozen: boolean;
}

const sample = (kind: ValueKind, encoded: string | number, make: () => unknown, isFrozen = true): Sample => {
  const bytes = typeof encoded === "number" ? encoded : utf8Length(encoded);
  return { make, kind, bytes, reads: readsAs(make()), isFrozen };
};

/** How a value reads, as a text to compare by. */
export const readsAs = (value: unknown): string => JSON.stringify(describeValue(value));

/** The values that are set. */
export const samples: readonly Sample[] = [
  sample("string", "a", () => "a"),
  sample("string", "", () => ""),
  sample("string", "é😀 and more than twenty", () => "é😀 and more than twenty"),
  sample("string", '"\\ud800"', () => "\ud800"),
  sample("string", 100, () => "x".repeat(100)),
  sample("number", "0", () => -0),
  sample("number", "12345.5", () => 12345.5),
  sample("boolean", "false", () => false),
  sample("null", "null", () => null),
  sample("array", '[1,"~x",null]', () => [1, "~x", undefined]),
  sample("object", '{"a":{"b":[]}}', () => ({ a: { b: [] }, c: undefined })),
  sample("date", "-1234", () => new Date(-1234), false),
  sample("bigint", "12", () => 12n),
  sample("bytes", 3, () => new Uint8Array([1, 2, 3]), false),
  sample("object", '{"n":"~n1","s":"~~x"}', () => ({ n: 1n, s: "~x" })),
  sample("array", '["~d5"]', () => [new Date(5)], false),
];

/** Order of code points: surrogates stand for the highest. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

const rank = (unit: number) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);

/** An entry of the model. */
export interface ModelEntry {
  readonly sample: number;
  readonly deadline: number;
  readonly tags: readonly string[];
  readonly properties: readonly (readonly [string, number])[];
  readonly description: string | null;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly used: number;
}

/** A change that the model made; entries instead of values. */
export interface ModelChange {
  readonly type: string;
  readonly key: string;
  readonly before: ModelEntry | undefined;
  readonly after: ModelEntry | undefined;
}

/** A commit that the model made. */
export interface ModelCommit {
  readonly version: number;
  readonly changes: readonly ModelChange[];
}

/** Bounds of a prefix. */
export interface ModelBound {
  readonly prefix: string;
  readonly maxEntries?: number | undefined;
  readonly maxBytes?: number | undefined;
}

/** How a model is made. */
export interface ModelOptions {
  readonly now: number;
  readonly defaultTtl: number | null;
  readonly policy: "lru" | "reject";
}

/** Options of a write, with a sample for each property. */
export interface ModelSet {
  readonly ttl?: number | null | undefined;
  readonly keepTtl?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly properties?: readonly (readonly [string, number])[] | undefined;
  readonly description?: string | null | undefined;
}

/** Conditions to find by, with a sample for each value of a property. */
export interface ModelQuery {
  readonly allTags?: readonly string[] | undefined;
  readonly anyTags?: readonly string[] | undefined;
  readonly property?: readonly { readonly name: string; readonly sample: number | undefined }[] | undefined;
  readonly kind?: readonly ValueKind[] | undefined;
  readonly prefix?: string | undefined;
}

type ModelMetadata = Pick<ModelEntry, "tags" | "properties" | "description">;

type Draft = Map<string, ModelEntry>;

const kinds = ["maxEntries", "maxBytes"] as const;

const sampleAt = (index: number): Sample => samples[index] as Sample;

function bytesOf(key: string, { sample: index, tags, properties, description }: ModelEntry): number {
  const texts = [key, ...tags, ...properties.map(([name]) => name), description ?? ""];
  const values = [index, ...properties.map(([, property]) => property)];
  return texts.reduce((sum, text) => sum + utf8Length(text), 0) + values.reduce((sum, one) => sum + sampleAt(one).bytes, 0);
}

const sortedSet = (tags: readonly string[]) => [...new Set(tags)].sort(compareKeys);

/** Metadata without the order of its properties, to compare by. */
const contentOf = ({ tags, properties, description }: ModelMetadata): string =>
  JSON.stringify([tags, properties.map(([name, index]) => `${name}=${index}`).sort(), description]);

/** Metadata after a change: as it was where its content is the same. */
function changed(before: ModelMetadata | undefined, patch: Partial<ModelMetadata>): ModelMetadata {
  const { tags, properties, description } = before ?? { tags: [], properties: [], description: null };
  const after = {
    tags: patch.tags === undefined ? tags : sortedSet(patch.tags),
    properties: patch.properties ?? properties,
    description: patch.description === undefined ? description : patch.description,
  };
  return before !== undefined && contentOf(before) === contentOf(after) ? { tags, properties, description } : after;
}

/** The naive store. Keys are full keys. */
export class Model {
  entries: Draft = new Map();
  version = 0;
  now: number;
  readonly stats = { hits: 0, misses: 0, evictions: 0, expirations: 0 };
  /** Every commit so far. */
  readonly commits: ModelCommit[] = [];
  readonly #options: ModelOptions;
  #bounds: ModelBound[] = [];
  #uses = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.now = options.now;
  }

  /** Lets expire all that is due, as one commit. */
  expire(): void {
    const draft = new Map([...this.entries].filter(([, { deadline }]) => this.now < deadline));
    this.stats.expirations += this.entries.size - draft.size;
    this.#accept(draft, () => "expire");
  }

  /** Moves time on as prompt timers do: each deadline at its own time. */
  advance(span: number): void {
    const target = this.now + span;
    const deadlines = [...new Set([...this.entries.values()].map(({ deadline }) => deadline))].sort((a, b) => a - b);
    for (const deadline of deadlines.filter((one) => one <= target)) {
      this.now = deadline;
      this.expire();
    }
    this.now = target;
  }

  /** An entry, counted as a use, a hit or a miss. */
  use(key: string): ModelEntry | undefined {
    const entry = this.entries.get(key);
    this.stats[entry === undefined ? "misses" : "hits"] += 1;
    if (entry !== undefined) this.entries.set(key, { ...entry, used: ++this.#uses });
    return entry;
  }

  /** Sets values as one commit; "QUOTA_EXCEEDED" where it does not fit. */
  put(pairs: readonly (readonly [string, number])[], options: ModelSet): "QUOTA_EXCEEDED" | undefined {
    const draft = new Map(this.entries);
    for (const [key, index] of pairs) {
      const before = draft.get(key);
      const span = options.ttl === undefined ? this.#options.defaultTtl : options.ttl;
      const kept = options.keepTtl ? before?.deadline : undefined;
      draft.set(key, {
        sample: index,
        deadline: kept ?? (span === null ? Number.POSITIVE_INFINITY : this.now + span),
        ...changed(before, options as Partial<ModelMetadata>),
        version: this.version + 1,
        createdAt: before?.createdAt ?? this.now,
        updatedAt: this.now,
        used: ++this.#uses,
      });
    }
    return this.#fit(
      draft,
      pairs.map(([key]) => key),
      "set",
    );
  }

  /** Changes an entry other than its value. */
  change(key: string, patch: { deadline: number } | Partial<ModelMetadata>): "QUOTA_EXCEEDED" | boolean {
    const before = this.entries.get(key);
    if (before === undefined) return false;
    const metadata = "deadline" in patch ? patch : changed(before, patch);
    if (!("deadline" in metadata) && contentOf(metadata) === contentOf(before)) return true;
    const stamp = { version: this.version + 1, updatedAt: this.now, used: ++this.#uses };
    return this.#fit(new Map(this.entries).set(key, { ...before, ...metadata, ...stamp }), [key], "meta") ?? true;
  }

  /** What a write in the commit to come stamps an entry with. */
  stamp(before: ModelEntry | undefined): Pick<ModelEntry, "version" | "createdAt" | "updatedAt" | "used"> {
    return { version: this.version + 1, createdAt: before?.createdAt ?? this.now, updatedAt: this.now, used: ++this.#uses };
  }

  /** Makes a draft a commit, within the bounds around what was written; what it has no more was deleted. */
  commit(draft: Draft, written: readonly string[], isTouched = false): "QUOTA_EXCEEDED" | undefined {
    const { version } = this;
    const refused = this.#fit(draft, written, "set");
    // A commit that comes to nothing in the end has its number all the same.
    if (refused === undefined && isTouched && this.version === version) this.version += 1;
    return refused;
  }

  /** Deletes keys as one commit; how many were there. */
  remove(keys: readonly string[]): number {
    const draft = new Map(this.entries);
    const count = keys.filter((key) => draft.delete(key)).length;
    this.#accept(draft, () => "delete");
    return count;
  }

  /** The entries of a prefix in order, keys relative to it. */
  under(prefix: string): [string, ModelEntry][] {
    const found = [...this.entries].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => compareKeys(a, b));
    return found.map(([key, entry]) => [key.slice(prefix.length), entry]);
  }

  /** What a listing gives. */
  list(prefix: string, { prefix: narrower = "", limit, reverse, after }: ListOptions): [string, ModelEntry][] {
    const found = this.under(prefix).filter(([key]) => key.startsWith(narrower));
    if (reverse) found.reverse();
    const beyond = found.filter(([key]) => after === undefined || (reverse ? compareKeys(key, after) < 0 : compareKeys(key, after) > 0));
    return beyond.slice(0, limit);
  }

  /** What find gives. */
  find(prefix: string, { allTags = [], anyTags, property = [], kind, prefix: narrower = "" }: ModelQuery): string[] {
    const found = this.under(prefix).filter(([key, { tags, properties, sample: index }]) => {
      return (
        key.startsWith(narrower) &&
        allTags.every((tag) => tags.includes(tag)) &&
        (anyTags === undefined || anyTags.some((tag) => tags.includes(tag))) &&
        property.every((one) => properties.some(([name, value]) => name === one.name && (one.sample ?? value) === value)) &&
        (kind === undefined || kind.includes(sampleAt(index).kind))
      );
    });
    return found.map(([key]) => key);
  }

  /** Bytes of all entries. */
  get bytes(): number {
    return [...this.entries].reduce((sum, [key, entry]) => sum + bytesOf(key, entry), 0);
  }

  /**
   * Bounds a prefix; the code of the refusal, where it is refused. Entries that no bound has been around count as used when they changed, and
   * in key order where one commit changed them.
   */
  bind(bound: ModelBound): "OUT_OF_RANGE" | "INVALID_ARGUMENT" | "QUOTA_EXCEEDED" | undefined {
    const { prefix } = bound;
    const present = this.#bounds.find((other) => other.prefix === prefix);
    if (present !== undefined) return kinds.every((kind) => present[kind] === bound[kind]) ? undefined : "INVALID_ARGUMENT";
    if (kinds.every((kind) => bound[kind] === undefined)) return undefined;
    const [before, outer] = [this.#bounds, this.#innermost(prefix)];
    this.#bounds = [...before, bound];
    const refuse = <C>(code: C): C => {
      this.#bounds = before;
      return code;
    };
    if (!this.#bounds.every((one) => this.#fitsAround(one))) return refuse("OUT_OF_RANGE");
    if (this.#isExceeded(this.entries, bound)) return refuse("QUOTA_EXCEEDED");
    const draft = new Map(this.entries);
    const own = [...draft].filter(([key]) => outer === undefined && this.#innermost(key) === bound);
    own.sort(([a, left], [b, right]) => left.version - right.version || compareKeys(a, b));
    for (const [key, entry] of own) draft.set(key, { ...entry, used: ++this.#uses });
    const evicted = new Set<string>();
    if (outer !== undefined && !this.#makeRoom(draft, outer, evicted)) return refuse("QUOTA_EXCEEDED");
    this.stats.evictions += evicted.size;
    this.#accept(draft, () => "evict");
    return undefined;
  }

  /** Evicts until the bounds of the written keys hold, and accepts; or refuses, and changes nothing. */
  #fit(draft: Draft, written: readonly string[], type: "set" | "meta"): "QUOTA_EXCEEDED" | undefined {
    const evicted = new Set<string>();
    for (const key of written) {
      const bound = this.#innermost(key);
      if (bound !== undefined && !this.#makeRoom(draft, bound, evicted)) return "QUOTA_EXCEEDED";
    }
    this.stats.evictions += evicted.size;
    this.#accept(draft, (key) => (evicted.has(key) ? "evict" : draft.has(key) ? type : "delete"));
    return undefined;
  }

  /** Evicts a bound's own entries until it holds; whether it does. What this very commit wrote does not go. */
  #makeRoom(draft: Draft, bound: ModelBound, evicted: Set<string>): boolean {
    while (this.#isExceeded(draft, bound)) {
      const [oldest] = [...draft].filter(([key]) => this.#innermost(key) === bound).sort(([, a], [, b]) => a.used - b.used);
      if (this.#options.policy === "reject" || oldest === undefined || oldest[1].version > this.version) return false;
      draft.delete(oldest[0]);
      evicted.add(oldest[0]);
    }
    return true;
  }

  /** The innermost bound around a key: the one that it counts in. */
  #innermost(key: string, bounds: readonly ModelBound[] = this.#bounds): ModelBound | undefined {
    const around = bounds.filter(({ prefix }) => key.startsWith(prefix));
    return around.sort((a, b) => b.prefix.length - a.prefix.length)[0];
  }

  /** Whether a bound's own entries take more than it has left beside what it gives to the bounds next within. */
  #isExceeded(draft: Draft, bound: ModelBound): boolean {
    const own = [...draft].filter(([key]) => this.#innermost(key) === bound);
    const held = { maxEntries: own.length, maxBytes: own.reduce((sum, [key, entry]) => sum + bytesOf(key, entry), 0) };
    return kinds.some((kind) => held[kind] > (bound[kind] ?? Number.POSITIVE_INFINITY) - this.#given(bound, kind));
  }

  /** Whether a bound limits all that those around it do, and gives no more than it has. */
  #fitsAround(bound: ModelBound): boolean {
    const around = this.#bounds.filter(({ prefix }) => bound.prefix.startsWith(prefix));
    return kinds.every((kind) => {
      const limit = bound[kind];
      if (limit === undefined) return around.every((outer) => outer[kind] === undefined);
      return this.#given(bound, kind) <= limit;
    });
  }

  /** What a bound gives to the bounds next within it. */
  #given(bound: ModelBound, kind: (typeof kinds)[number]): number {
    const within = this.#bounds.filter((inner) => {
      const others = this.#bounds.filter((other) => other !== inner);
      return inner !== bound && this.#innermost(inner.prefix, others) === bound;
    });
    return within.reduce((sum, inner) => sum + (inner[kind] ?? 0), 0);
  }

  #accept(draft: Draft, typeOf: (key: string) => string): void {
    const keys = [...new Set([...this.entries.keys(), ...draft.keys()])].sort(compareKeys);
    const changes = keys.flatMap((key): ModelChange[] => {
      const [before, after] = [this.entries.get(key), draft.get(key)];
      return before?.version === after?.version ? [] : [{ type: typeOf(key), key, before, after }];
    });
    this.entries = draft;
    if (changes.length === 0) return;
    this.version += 1;
    this.commits.push({ version: this.version, changes });
  }
}
