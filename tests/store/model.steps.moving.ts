/**
 * Steps of the model test that move entries between stores: clones, merges, transactions, snapshots. Each is done to the store and, by the contract
 * alone, to the model.
 *
 * @module
 */
import fc from "fast-check";
import type { MergeResult, MergeStrategy, Store } from "../../ts/index.js";
import { compareKeys, type Model, type ModelEntry, samples } from "./model.js";
import { codeOf, make, reads, same, shown } from "./model.trial.js";

const key = fc.constantFrom("", "k", "l", "m", "s:k", "s:t:k", "t:k", "~i:k", "é", "\uffff", "😀", "__proto__", "s:");
const sample = fc.nat({ max: samples.length - 1 });
const saved = fc.nat({ max: 3 });
const strategy = fc.constantFrom("skip", "overwrite", "error", "function");
const act = fc.oneof(
  fc.record({ type: fc.constantFrom("set", "set", "interfere"), key, sample }),
  fc.record({ type: fc.constantFrom("get", "delete", "size"), key, sample: fc.constant(0) }),
);

const of = <N extends string, T extends object>(name: N, rest: { [P in keyof T]: fc.Arbitrary<T[P]> }) =>
  fc.record({ name: fc.constant(name), view: fc.nat({ max: 4 }), pause: fc.constantFrom(0, 0, 1, 5), ...rest }) as unknown as fc.Arbitrary<
    { name: N; view: number; pause: number } & T
  >;

/** What these steps are generated from. */
export const movingOperations = fc.oneof(
  { weight: 2, arbitrary: of("clone", {}) },
  { weight: 3, arbitrary: of("editClone", { which: saved, key, sample, action: fc.constantFrom("set", "delete", "tag", "touch") }) },
  { weight: 5, arbitrary: of("merge", { which: saved, base: fc.option<number>(saved), strategy }) },
  { weight: 3, arbitrary: of("transaction", { acts: fc.array(act, { maxLength: 5 }), isThrown: fc.nat(5).map((number) => number === 0) }) },
  { weight: 1, arbitrary: of("snapshot", {}) },
  { weight: 1, arbitrary: of("restore", { which: saved }) },
);

/** One of these steps. */
export type MovingOperation = typeof movingOperations extends fc.Arbitrary<infer T> ? T : never;

type Entries = Map<string, ModelEntry>;

/** What a step is done to. */
export interface Ground {
  readonly root: Store;
  readonly view: Store;
  readonly prefix: string;
  readonly model: Model;
  /** What the clock gives, which may have gone back. */
  readonly time: number;
  readonly defaultTtl: number | null;
  /** Whether a clone of this view has bounds that order by recency. */
  readonly isClonable: boolean;
}

/** One of a list, whichever number was generated. */
const pick = <T>(list: readonly T[], which: number): T | undefined => list[which % list.length];

const live = (entries: Entries, now: number): Entries => new Map([...entries].filter(([, { deadline }]) => now < deadline));
const sorted = (keys: Iterable<string>) => [...new Set(keys)].sort(compareKeys);

function content({ sample: index, deadline, tags, properties, description }: ModelEntry): string {
  const byName = [...properties].sort(([a], [b]) => compareKeys(a, b));
  return JSON.stringify([index, String(deadline), tags, byName, description]);
}

const sameContent = (one: ModelEntry | undefined, other: ModelEntry | undefined) =>
  one === undefined || other === undefined ? one === other : content(one) === content(other);

/** The clones and snapshots of a trial. */
export class Moving {
  readonly #clones: { readonly store: Store; entries: Entries; now: number }[] = [];
  readonly #snapshots: { readonly bytes: Uint8Array; readonly entries: Entries }[] = [];

  /** Does one of these steps, and compares. */
  perform(operation: MovingOperation, ground: Ground): undefined {
    switch (operation.name) {
      case "clone":
        return this.#clone(ground);
      case "editClone":
        return this.#edit(operation, ground);
      case "merge":
        return this.#merge(operation, ground);
      case "transaction":
        return transaction(operation, ground);
      case "snapshot": {
        const entries = new Map(ground.model.under(ground.prefix));
        this.#snapshots.unshift({ bytes: ground.view.snapshot(), entries });
        this.#snapshots.splice(4);
        return undefined;
      }
      default:
        return this.#restore(operation.which, ground);
    }
  }

  /** Frees what is left. */
  dispose(): void {
    for (const { store } of this.#clones) store.dispose();
  }

  #clone({ view, prefix, model, time, isClonable }: Ground): undefined {
    if (!isClonable) return undefined;
    this.#clones.unshift({ store: view.clone(), entries: new Map(model.under(prefix)), now: model.now });
    for (const { store } of this.#clones.splice(4)) store.dispose();
    return this.#compareClone(0, time);
  }

  #edit({ which, key: name, sample: index, action }: Extract<MovingOperation, { name: "editClone" }>, ground: Ground): undefined {
    const clone = pick(this.#clones, which);
    if (clone === undefined) return undefined;
    // Each store has a time of its own, the latest that it has seen.
    const { time } = ground;
    const now = Math.max(clone.now, time);
    clone.entries = live(clone.entries, now);
    const before = clone.entries.get(name);
    const changed = { version: 0, updatedAt: now };
    if (action === "delete") {
      same("delete in a clone", clone.store.delete(name), clone.entries.delete(name));
    } else if (action === "set") {
      // Where bounds evict or refuse, it is for the other steps to tell which.
      if (before === undefined || samples[index]?.bytes !== samples[before.sample]?.bytes) return this.#compareClone(which, time);
      clone.store.set(name, make(index), { ttl: 50 });
      clone.entries.set(name, { ...before, ...changed, sample: index, deadline: now + 50 });
    } else if (before !== undefined && action === "touch") {
      clone.store.touch(name, 70);
      clone.entries.set(name, { ...before, ...changed, deadline: now + 70 });
    } else if (before?.tags.includes("t")) {
      clone.store.removeTag(name, "t");
      clone.entries.set(name, { ...before, ...changed, tags: before.tags.filter((tag) => tag !== "t") });
    }
    return this.#compareClone(which, time);
  }

  #compareClone(which: number, time: number): undefined {
    const clone = pick(this.#clones, which);
    if (clone === undefined) return undefined;
    clone.now = Math.max(clone.now, time);
    clone.entries = live(clone.entries, clone.now);
    const expected = sorted(clone.entries.keys()).map((name) => [name, describe(clone.entries.get(name))]);
    const { store } = clone;
    const found = [...store.keys()].map((name) => {
      const meta = store.meta(name);
      const properties = Object.entries(meta?.properties ?? {}).map(([property, value]) => [property, shown(value)]);
      const left = store.ttl(name);
      same("ttl in a clone", left, meta?.deadline && meta.deadline - clone.now);
      return [name, [shown(store.get(name)), meta?.deadline, meta?.tags, properties, meta?.description, meta?.createdAt, meta?.updatedAt]];
    });
    return same("a clone", found, expected);
  }

  #merge(operation: Extract<MovingOperation, { name: "merge" }>, { view, prefix, model, time, defaultTtl }: Ground): undefined {
    const other = pick(this.#clones, operation.which);
    const baseClone = operation.base === null ? undefined : pick(this.#clones, operation.base);
    if (other === undefined) return undefined;
    for (const side of [other, baseClone]) if (side !== undefined) side.now = Math.max(side.now, time);
    const { now } = model;
    const ours: Entries = new Map(model.under(prefix));
    const theirs = live(other.entries, now);
    const base = baseClone && live(baseClone.entries, now);
    const names = base === undefined ? sorted(theirs.keys()) : sorted([...base.keys(), ...theirs.keys()]);
    const result = {
      added: [] as string[],
      overwritten: [] as string[],
      skipped: [] as string[],
      deleted: [] as string[],
      collisions: [] as string[],
    };
    const draft = new Map(model.entries);
    const written: string[] = [];
    const replaced: string[] = [];
    let asked = 0;
    let isRefused = false;
    for (const name of names) {
      const [mine, incoming, was] = [ours.get(name), theirs.get(name), base?.get(name)];
      if (base !== undefined && sameContent(was, incoming)) continue;
      const isCollision = base === undefined ? mine !== undefined : !sameContent(mine, was);
      if (isCollision) result.collisions.push(name);
      const isConflict = isCollision && !sameContent(mine, incoming);
      const decision = isConflict ? (operation.strategy === "function" ? decisions[asked++ % 3] : operation.strategy) : "overwrite";
      isRefused ||= decision === "error";
      if (decision === "skip" || (isCollision && !isConflict)) {
        result.skipped.push(name);
        continue;
      }
      const list = mine === undefined ? "added" : incoming === undefined && decision === "overwrite" ? "deleted" : "overwritten";
      result[list].push(name);
      if (decision === "value") {
        replaced.push(name);
        continue;
      }
      written.push(prefix + name);
      if (incoming === undefined) draft.delete(prefix + name);
      else draft.set(prefix + name, merged(mine, incoming, isConflict, model));
    }
    for (const name of replaced) {
      written.push(prefix + name);
      const before = ours.get(name);
      draft.set(prefix + name, putOver(before, 0, defaultTtl, model));
    }
    asked = 0;
    const how = (operation.strategy === "function" ? () => answers[asked++ % 3] : operation.strategy) as MergeStrategy;
    const done = codeOf(() => view.merge(other.store, baseClone ? { strategy: how, base: baseClone.store } : how));
    if (isRefused) return same("merge", done, "CONFLICT");
    const outcome = model.commit(draft, written) ?? result;
    return same("merge", inOrder(done), inOrder(outcome));
  }

  #restore(which: number, { view, prefix, model }: Ground): undefined {
    const snapshot = pick(this.#snapshots, which);
    if (snapshot === undefined) return undefined;
    const draft: Entries = new Map([...model.entries].filter(([name]) => !name.startsWith(prefix)));
    const entries = live(snapshot.entries, model.now);
    const names = sorted(entries.keys());
    for (const name of names) {
      const entry = entries.get(name) as ModelEntry;
      const properties = [...entry.properties].sort(([a], [b]) => compareKeys(a, b));
      draft.set(prefix + name, { ...entry, properties, ...model.stamp(undefined) });
    }
    const done = codeOf(() => view.restore(snapshot.bytes));
    const outcome = model.commit(draft, [prefix, ...names.map((name) => prefix + name)]);
    if (outcome === undefined)
      same("a snapshot of what was restored", [...view.snapshot()], [...resnapshot(snapshot.bytes, entries, snapshot.entries, view)]);
    return same("restore", done, outcome ?? names.length);
  }
}

/** The same bytes where nothing had expired; else there is nothing to compare with. */
const resnapshot = (bytes: Uint8Array, left: Entries, all: Entries, view: Store) => (left.size === all.size ? bytes : view.snapshot());

const decisions = ["overwrite", "value", "skip"] as const;
const answers = ["overwrite", { value: "a" }, "skip"] as const;

const inOrder = (result: unknown) => {
  if (typeof result !== "object" || result === null) return result;
  const { added, overwritten, skipped, deleted, collisions } = result as MergeResult;
  return [added, overwritten, skipped, deleted, collisions];
};

const describe = (entry: ModelEntry | undefined) =>
  entry && [
    reads(entry),
    entry.deadline === Number.POSITIVE_INFINITY ? null : entry.deadline,
    entry.tags,
    entry.properties.map(([name, index]) => [name, samples[index]?.reads]),
    entry.description,
    entry.createdAt,
    entry.updatedAt,
  ];

/** What a merge makes of an entry. */
function merged(mine: ModelEntry | undefined, incoming: ModelEntry, isConflict: boolean, model: Model): ModelEntry {
  if (mine === undefined || !isConflict) return { ...incoming, ...model.stamp(mine) };
  const properties = new Map([...mine.properties, ...incoming.properties]);
  return {
    ...incoming,
    ...model.stamp(mine),
    tags: sorted([...mine.tags, ...incoming.tags]),
    properties: [...properties],
    description: incoming.description ?? mine.description,
  };
}

/** What a plain set makes of an entry. */
function putOver(before: ModelEntry | undefined, index: number, defaultTtl: number | null, model: Model): ModelEntry {
  const deadline = defaultTtl === null ? Number.POSITIVE_INFINITY : model.now + defaultTtl;
  const kept = { tags: before?.tags ?? [], properties: before?.properties ?? [], description: before?.description ?? null };
  return { sample: index, deadline, ...kept, ...model.stamp(before) };
}

/** Runs a body, with writes of the store between, and its model beside it. */
function transaction({ acts, isThrown }: Extract<MovingOperation, { name: "transaction" }>, ground: Ground): undefined {
  const { root, view, prefix, model, defaultTtl } = ground;
  const began = new Map(model.entries);
  const own = new Map(model.entries);
  const told = new Set<string>();
  const blind = new Set<string>();
  let isRangeTold = false;
  const writes: { readonly key: string; readonly sample: number | undefined }[] = [];
  const tell = (full: string) => {
    if (!blind.has(full)) told.add(full);
  };
  const failure = new Error("the body");
  const body = (tx: Parameters<Parameters<Store["transaction"]>[0]>[0]) => {
    for (const { type, key: short, sample: index } of acts) {
      const full = prefix + short;
      if (type === "get") {
        same("get in a body", shown(tx.get(short)), reads(own.get(full)));
        tell(full);
      } else if (type === "size") {
        same("size in a body", tx.size, [...own.keys()].filter((name) => name.startsWith(prefix)).length);
        isRangeTold = true;
      } else if (type === "delete") {
        same("delete in a body", tx.delete(short), own.delete(full));
        tell(full);
        writes.push({ key: full, sample: undefined });
      } else if (type === "set") {
        tx.set(short, make(index));
        own.set(full, putOver(own.get(full), index, defaultTtl, model));
        if (!told.has(full)) blind.add(full);
        writes.push({ key: full, sample: index });
      } else {
        // Not in the body's scope: it commits at once, and may conflict.
        same(
          "a write beside a body",
          codeOf(() => root.set(full, make(index))),
          model.put([[full, index]], {}) ?? null,
        );
      }
    }
    if (isThrown) throw failure;
    return "done";
  };
  let done: unknown;
  try {
    done = codeOf(() => view.transaction(body));
  } catch (error) {
    if (error !== failure) throw error;
    return undefined;
  }
  const hasChanged = (name: string) => began.get(name)?.version !== model.entries.get(name)?.version;
  const isInRange = (name: string) => isRangeTold && name.startsWith(prefix);
  const isStale =
    [...told].some(hasChanged) || [...began.keys(), ...model.entries.keys()].some((name) => isInRange(name) && hasChanged(name));
  if (isStale) return same("transaction", done, "CONFLICT");
  const draft = new Map(model.entries);
  let isTouched = false;
  for (const { key: full, sample: index } of writes) {
    if (index === undefined) isTouched = draft.delete(full) || isTouched;
    else {
      draft.set(full, putOver(draft.get(full), index, defaultTtl, model));
      isTouched = true;
    }
  }
  const outcome = model.commit(
    draft,
    writes.map(({ key: full }) => full),
    isTouched,
  );
  return same("transaction", done, outcome ?? "done");
}
