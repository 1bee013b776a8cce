/**
 * What commits must do, told a second time and as simply as can be: every entry in the open, every commit remembered for ever, nothing indexed or encoded.
 *
 * @module
 */
import { type CommitAnswer, type CommitRequest, nobody, type RangeCondition, type StoreLimits } from "../../ts/backends/backend.js";
import type { MetadataPatch, Operation } from "../../ts/backends/operations.js";
import type { StoredValue } from "../../ts/backends/record.js";
import { commitOf } from "../../ts/testing/suites/commits.js";

/** An entry in the open. */
export interface ModelEntry {
  number: number;
  createdAt: number;
  updatedAt: number;
  deadline: number;
  value: string;
  metadata: { number: number; tags: string[]; properties: Record<string, string>; description: string | null } | undefined;
}

const textOf = ({ encoding, bytes }: StoredValue) => `${encoding}:${[...bytes].join()}`;
const sizeOfText = (text: string) => new TextEncoder().encode(text).length;
const byteCount = (text: string) => text.split(":")[1]?.split(",").filter(Boolean).length ?? 0;

/** Equal for equal metadata, however its properties are ordered. */
const contentOf = (metadata: ModelEntry["metadata"]) => {
  const { tags, properties, description } = metadata ?? { tags: [], properties: {}, description: null };
  return JSON.stringify([tags, Object.entries(properties).sort(), description]);
};

/** A store and all that has happened in it. */
export class Model {
  readonly entries = new Map<string, ModelEntry>();
  readonly history: CommitRequest[] = [];
  readonly answers = new Map<string, { counter: number; answer: CommitAnswer }>();
  readonly limits: StoreLimits;
  readonly reach: number;
  time = 0;

  constructor(limits: StoreLimits, reach: number) {
    this.limits = limits;
    this.reach = reach;
  }

  commit(request: CommitRequest): CommitAnswer {
    const earlier = this.answers.get(request.replica);
    if (earlier === undefined && request.isRetry) return { type: "unknown" };
    if (earlier && earlier.counter === request.counter) return earlier.answer;
    if (earlier && earlier.counter > request.counter) return { type: "unknown" };
    const number = this.history.length;
    for (const { key, version } of request.conditions) if (this.#version(key) !== version) return { type: "conflict", key, number };
    // Whether the log still reaches back is asked of all ranges before any is looked at.
    const first = Math.max(1, number - this.reach + 1);
    if (request.ranges.some(({ since }) => since < first - 1 || since > number)) return { type: "conflict", number };
    for (const [at, commit] of this.history.entries()) {
      for (const operation of commit.operations) {
        if (request.ranges.some((range) => this.#isIn(range, at + 1, commit, operation, request.replica))) {
          return { type: "conflict", number, ...(operation.type !== "clear" && { key: operation.key }) };
        }
      }
    }
    const before = new Map([...this.entries].map(([key, entry]) => [key, { ...entry }]));
    const changed = request.operations.map((operation) => this.#apply(operation, number + 1)).includes(true);
    if (changed && !this.#fits()) {
      this.entries.clear();
      for (const [key, entry] of before) this.entries.set(key, entry);
      if (this.#sweep()) return this.commit(request);
      return { type: "refused", code: "QUOTA_EXCEEDED", message: "The store would pass its limits" };
    }
    if (changed) this.history.push(request);
    const answer: CommitAnswer = { type: "committed", number: this.history.length, after: number, time: this.time, changed };
    this.answers.set(request.replica, { counter: request.counter, answer });
    return answer;
  }

  live(): [string, ModelEntry][] {
    return [...this.entries].filter(([, { deadline }]) => deadline > this.time).sort(([one], [other]) => (one < other ? -1 : 1));
  }

  #live(key: string): ModelEntry | undefined {
    const entry = this.entries.get(key);
    return entry && entry.deadline > this.time ? entry : undefined;
  }

  #version(key: string): number {
    const entry = this.#live(key);
    return entry ? Math.max(entry.number, entry.metadata?.number ?? 0) : 0;
  }

  #isIn(
    { prefix, after, reverse, since, own }: RangeCondition,
    number: number,
    commit: CommitRequest,
    operation: Operation,
    replica: string,
  ) {
    if (number <= since || commit.replica === nobody || (commit.replica === replica && commit.counter <= own)) return false;
    if (operation.type === "clear") return operation.prefix.startsWith(prefix) || prefix.startsWith(operation.prefix);
    const { key } = operation;
    // The keys of this test hold no character beyond U+FFFF, so `<` is the order of code points.
    return key.startsWith(prefix) && (after === undefined || (reverse ? key < after : key > after));
  }

  /** Removes what has expired, as a commit of its own. */
  #sweep(): boolean {
    const expired = [...this.entries.keys()].filter((key) => this.#live(key) === undefined);
    if (expired.length === 0) return false;
    for (const key of expired) this.entries.delete(key);
    const operations = expired.map((key) => ({ type: "expire" as const, key, version: 0 }));
    this.history.push(commitOf({ replica: nobody, counter: 0, operations }));
    return true;
  }

  #fits(): boolean {
    const bytes = [...this.entries].map(([key, { value, metadata }]) => {
      const { tags = [], properties = {}, description = null } = metadata ?? {};
      const names = Object.entries(properties).map(([name, property]) => sizeOfText(name) + byteCount(property));
      const texts = [key, ...tags, description ?? ""].map(sizeOfText);
      return byteCount(value) + [...names, ...texts].reduce((sum, size) => sum + size, 0);
    });
    const { maxEntries = Infinity, maxBytes = Infinity } = this.limits;
    return this.entries.size <= maxEntries && bytes.reduce((sum, size) => sum + size, 0) <= maxBytes;
  }

  #apply(operation: Operation, number: number): boolean {
    if (operation.type === "clear") {
      const keys = this.live().filter(([key]) => key.startsWith(operation.prefix));
      for (const [key] of keys) this.entries.delete(key);
      return keys.length > 0;
    }
    const { key } = operation;
    const live = this.#live(key);
    switch (operation.type) {
      case "delete":
        return live !== undefined && this.entries.delete(key);
      case "expire": {
        const entry = this.entries.get(key);
        if (!entry || live || Math.max(entry.number, entry.metadata?.number ?? 0) !== operation.version) return false;
        return this.entries.delete(key);
      }
      case "annotate": {
        const metadata = live && this.#patched(operation.metadata, live.metadata, number);
        if (!live || metadata === live.metadata) return false;
        this.entries.set(key, { ...live, metadata, updatedAt: this.time });
        return true;
      }
      default: {
        if (operation.type === "touch" && !live) return false;
        const { ttl } = operation;
        const kept = live?.deadline ?? Infinity;
        const deadline = ttl === null ? Infinity : ttl === "keep" ? kept : typeof ttl === "number" ? this.time + ttl : ttl.deadline;
        if (deadline <= this.time) return live !== undefined && this.entries.delete(key);
        this.entries.set(key, {
          number,
          createdAt: live?.createdAt ?? this.time,
          updatedAt: this.time,
          deadline,
          value: operation.type === "put" ? textOf(operation.value) : (live?.value ?? ""),
          metadata: operation.type === "put" ? this.#patched(operation.metadata, live?.metadata, number) : live?.metadata,
        });
        return true;
      }
    }
  }

  #patched(patch: MetadataPatch | undefined, present: ModelEntry["metadata"], number: number): ModelEntry["metadata"] {
    if (patch === undefined) return present;
    const tags = new Set(patch.tags ?? present?.tags);
    if (patch.addTag !== undefined) tags.add(patch.addTag);
    if (patch.removeTag !== undefined) tags.delete(patch.removeTag);
    const given = patch.properties?.map(([name, value]) => [name, textOf(value)]);
    const properties: Record<string, string> = given ? Object.fromEntries(given) : { ...present?.properties };
    if (patch.setProperty) properties[patch.setProperty[0]] = textOf(patch.setProperty[1]);
    if (patch.removeProperty !== undefined) delete properties[patch.removeProperty];
    const description = patch.description === undefined ? (present?.description ?? null) : patch.description;
    const next = { number, tags: [...tags].sort(), properties, description };
    return contentOf(next) === contentOf(present) ? present : next;
  }
}
