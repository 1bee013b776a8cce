/**
 * One trial of the model test: a store and a naive one side by side, each step done to both and compared.
 *
 * @module
 */
import {
  type Bounds,
  type Change,
  type Commit,
  createStore,
  type FindOptions,
  HoldallError,
  type SetOptions,
  type Store,
  type Value,
} from "../../ts/index.js";
import { type ManualClock, manualClock } from "../../ts/testing/index.js";
import type { Operation, Setting } from "./model.arbitraries.js";
import { Model, type ModelChange, type ModelEntry, type ModelQuery, type ModelSet, readsAs, samples } from "./model.js";
import { Moving } from "./model.steps.moving.js";
import { updateBoth } from "./model.updates.js";
import { startTime } from "./support.js";

const gone = "missing";
/** A value of the pool. */
export const make = (index: number): Value => samples[index]?.make() as Value;
/** How an entry of the model reads. */
export const reads = (entry: ModelEntry | undefined): string => (entry === undefined ? gone : (samples[entry.sample]?.reads as string));
/** How a value reads. */
export const shown = (value: unknown): string => (value === undefined ? gone : readsAs(value));

/** Fails with both sides where they differ. */
export function same(what: string, actual: unknown, expected: unknown): undefined {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: the store has ${left}, the model ${right}`);
}

/** What a call gives, or the code that it throws. */
export function codeOf(call: () => unknown): unknown {
  try {
    return call() ?? null;
  } catch (error) {
    if (error instanceof HoldallError) return error.code;
    throw error;
  }
}

function findOptions({ property, ...others }: ModelQuery): FindOptions {
  return { ...others, property: property?.map(({ name, sample }) => (sample === undefined ? { name } : { name, value: make(sample) })) };
}

function setOptions(options: ModelSet | undefined): SetOptions | undefined {
  if (options?.properties === undefined) return options as SetOptions | undefined;
  return { ...options, properties: Object.fromEntries(options.properties.map(([name, index]) => [name, make(index)])) };
}

const toldAs = ({ type, key, value, previous, version }: Change) => [type, key, shown(previous), shown(value), version];
const expectedAs = ({ type, key, before, after }: ModelChange, from: number, version: number) => [
  type,
  key.slice(from),
  reads(before),
  reads(after),
  version,
];

/** A view, and what its keys begin with in the whole store. */
interface View {
  readonly store: Store;
  readonly prefix: string;
}

/** A store beside its model. */
export class Trial {
  readonly #model: Model;
  readonly #store: Store;
  readonly #views: readonly View[];
  readonly #clock: ManualClock | undefined;
  #time = startTime;
  readonly #iterators: { readonly iterator: Iterator<unknown>; readonly expected: unknown[] }[] = [];
  readonly #identities = new Map<string, { version: number; value: unknown }>();
  readonly #keepsIdentity: boolean;
  #ends: (() => void)[] = [];
  #heard: { commits: Commit[]; inScope: Commit[]; watched: Change[]; byKey: Change[]; byTag: Change[] } | undefined;
  #told = 0;
  readonly #moving = new Moving();
  readonly #setting: Setting;

  constructor(setting: Setting) {
    this.#setting = setting;
    const { isPrompt, isHeard, memo, defaultTtl, policy, bounds, scopeBounds } = setting;
    this.#clock = isPrompt ? manualClock(startTime) : undefined;
    const clock = this.#clock ?? { now: () => this.#time, setTimer: () => 0, clearTimer: () => undefined };
    this.#model = new Model({ now: startTime, defaultTtl, policy });
    this.#model.bind({ prefix: "", ...bounds });
    this.#store = createStore({ clock, memo, defaultTtl, policy, ...bounds });
    const root = this.#store;
    this.#bind("s", scopeBounds);
    const s = root.scope("s");
    this.#views = [
      { store: root, prefix: "" },
      { store: s, prefix: "s:" },
      { store: s.scope("t"), prefix: "s:t:" },
      { store: root.isolate("i"), prefix: "~i:" },
      { store: root.scope("s"), prefix: "s:" },
    ];
    this.#keepsIdentity = memo === undefined;
    if (isHeard) this.#listen(true);
  }

  /** Does one step to both, and compares. */
  step(operation: Operation): void {
    const { store: view, prefix } = this.#views[operation.view] as View;
    // Chosen before time passes, so that it may have expired meanwhile.
    const present = operation.name === "getExisting" ? this.#model.under(prefix) : [];
    const [existing, entry] = present[("index" in operation ? operation.index : 0) % present.length] ?? ["k"];
    // Warmed, so that the read itself is answered by the memo.
    if (entry !== undefined) this.#get(existing, "get", view, prefix);
    if (operation.name === "advance") this.#advance(operation.span);
    else if (operation.name === "goBack") this.#time -= operation.span;
    // What is due expires before anything else; the model's time is the latest seen.
    if (this.#clock === undefined) {
      // A read of what is there comes just before, or just at, its deadline.
      const deadline = entry !== undefined && Number.isFinite(entry.deadline) ? entry.deadline : undefined;
      if (deadline === undefined || operation.pause === 0) this.#time += operation.pause;
      else this.#time = operation.pause === 1 ? deadline - 1 : deadline;
      this.#model.now = Math.max(this.#model.now, this.#time);
      this.#model.expire();
    }
    this.#perform(operation, view, prefix, existing);
    this.#compare(view, prefix);
  }

  /** Ends iterators and listening, with a last comparison. */
  finish(): void {
    this.#drain(this.#iterators.length);
    this.#listen(false);
  }

  /** Frees the store. */
  dispose(): void {
    this.#moving.dispose();
    this.#store.dispose();
  }

  #advance(span: number): void {
    if (this.#clock === undefined) this.#time += span;
    else {
      this.#clock.advance(span);
      this.#model.advance(span);
    }
  }

  #perform(operation: Operation, view: Store, prefix: string, existing: string): undefined {
    const model = this.#model;
    switch (operation.name) {
      case "get":
        return this.#get(operation.key, operation.by, view, prefix);
      case "getExisting":
        return this.#get(existing, operation.by, view, prefix);
      case "getMany": {
        const expected = operation.keys.map((key) => reads(model.use(prefix + key)));
        return same("getMany", view.getMany(operation.keys).map(shown), expected);
      }
      case "ask": {
        const entry = model.entries.get(prefix + operation.key);
        const deadline = entry?.deadline ?? 0;
        const left = deadline === Number.POSITIVE_INFINITY ? null : deadline - model.now;
        same("ttl", String(view.ttl(operation.key)), String(entry && left));
        same("kindOf", view.kindOf(operation.key), entry && samples[entry.sample]?.kind);
        const [, index = -1] = entry?.properties.find(([name]) => name === operation.property) ?? [];
        same("getProperty", shown(view.getProperty(operation.key, operation.property)), samples[index]?.reads ?? gone);
        return same("hasTag", view.hasTag(operation.key, operation.tag), entry?.tags.includes(operation.tag) ?? false);
      }
      case "list": {
        const expected = model.list(prefix, operation.range).map(([key, entry]) => [key, reads(entry)]);
        same(
          "entries",
          Array.from(view.entries(operation.range), ([key, value]) => [key, shown(value)]),
          expected,
        );
        same(
          "keys",
          [...view.keys(operation.range)],
          expected.map(([key]) => key),
        );
        return same(
          "values",
          Array.from(view.values(operation.range), shown),
          expected.map(([, value]) => value),
        );
      }
      case "find":
        return same("find", [...view.find(findOptions(operation.query))], model.find(prefix, operation.query));
      case "set": {
        const done = codeOf(() => view.set(operation.key, make(operation.sample), setOptions(operation.options)));
        return same("set", done, model.put([[prefix + operation.key, operation.sample]], operation.options ?? {}) ?? null);
      }
      case "compareAndSet": {
        const key = prefix + operation.key;
        const current = model.entries.get(key)?.version ?? 0;
        const version = Math.max(current + operation.offset, 0);
        const done = codeOf(() => view.compareAndSet(operation.key, make(operation.sample), { ...setOptions(operation.options), version }));
        if (version !== current) return same("compareAndSet", done, "CONFLICT");
        return same("compareAndSet", done, model.put([[key, operation.sample]], operation.options ?? {}) ?? model.version);
      }
      case "setMany": {
        const pairs = operation.pairs.map(([key, index]) => [key, make(index)] as const);
        const done = codeOf(() => view.setMany(pairs, setOptions(operation.options)));
        const full = operation.pairs.map(([key, index]) => [prefix + key, index] as const);
        return same("setMany", done, model.put(full, operation.options ?? {}) ?? null);
      }
      case "update":
      case "increment":
      case "updateFields": {
        const [done, expected] = updateBoth(operation, { store: view, prefix }, model, codeOf);
        return same(operation.name, done, expected);
      }
      case "delete":
        return same("delete", view.delete(operation.key), model.remove([prefix + operation.key]) > 0);
      case "deleteMany":
        return same("deleteMany", view.deleteMany(operation.keys), model.remove(operation.keys.map((key) => prefix + key)));
      case "clear": {
        const [target, from] = operation.inRoot ? [this.#store, ""] : [view, prefix];
        return same("clear", target.clear(), model.remove(model.under(from).map(([key]) => from + key)));
      }
      case "touch": {
        const deadline = operation.ttl === null ? Number.POSITIVE_INFINITY : model.now + operation.ttl;
        return same("touch", view.touch(operation.key, operation.ttl), model.change(prefix + operation.key, { deadline }));
      }
      case "persist":
        return same("persist", view.persist(operation.key), model.change(prefix + operation.key, { deadline: Number.POSITIVE_INFINITY }));
      case "addTag":
      case "removeTag": {
        const { name, key, tag } = operation;
        const others = (model.entries.get(prefix + key)?.tags ?? []).filter((one) => one !== tag);
        const tags = name === "addTag" ? [...others, tag] : others;
        return same(
          name,
          codeOf(() => view[name](key, tag)),
          model.change(prefix + key, { tags }),
        );
      }
      case "bind":
        return this.#bind(operation.scope, operation.bounds);
      case "setMeta": {
        const { key, metadata } = operation;
        return same(
          "setMeta",
          codeOf(() => view.setMeta(key, setOptions(metadata) ?? {})),
          model.change(prefix + key, metadata),
        );
      }
      case "setProperty": {
        const { key, property, sample } = operation;
        const before = model.entries.get(prefix + key)?.properties ?? [];
        const isThere = before.some(([name]) => name === property);
        const replaced = before.map(([name, value]) => [name, name === property ? sample : value] as const);
        return same(
          "setProperty",
          codeOf(() => view.setProperty(key, property, make(sample))),
          model.change(prefix + key, { properties: isThere ? replaced : [...replaced, [property, sample] as const] }),
        );
      }
      case "removeProperty": {
        const { key, property } = operation;
        const properties = (model.entries.get(prefix + key)?.properties ?? []).filter(([name]) => name !== property);
        return same("removeProperty", view.removeProperty(key, property), model.change(prefix + key, { properties }));
      }
      case "listen":
        return this.#listen(operation.isOn);
      case "openIterator": {
        const expected = model.list(prefix, operation.range).map(([key, entry]) => [key, reads(entry)]);
        this.#iterators.push({ iterator: view.entries(operation.range), expected });
        return undefined;
      }
      case "drainIterators":
        return this.#drain(operation.count);
      case "advance":
      case "goBack":
        return undefined;
      default: {
        const { defaultTtl, scopeBounds } = this.#setting;
        const time = this.#clock?.now() ?? this.#time;
        const isClonable = prefix !== "s:" || Object.keys(scopeBounds).length === 0;
        return this.#moving.perform(operation, { root: this.#store, view, prefix, model, time, defaultTtl, isClonable });
      }
    }
  }

  #bind(name: "s" | "s:t" | "t" | "~i", bounds: Bounds): undefined {
    const within = name === "s:t" ? this.#store.scope("s") : this.#store;
    const bind = () => void (name === "~i" ? within.isolate("i", bounds) : within.scope(name.at(-1) as string, bounds));
    same(`binding ${name}`, codeOf(bind), this.#model.bind({ prefix: `${name}:`, ...bounds }) ?? null);
  }

  #get(key: string, by: Extract<Operation, { name: "get" }>["by"], view: Store, prefix: string): undefined {
    const isUse = by !== "peek" && by !== "has";
    const entry = isUse ? this.#model.use(prefix + key) : this.#model.entries.get(prefix + key);
    if (by === "has") return same(by, view.has(key), entry !== undefined);
    if (by === "getOrDefault")
      return same(by, shown(view.getOrDefault<unknown>(key, "fallback")), entry ? reads(entry) : readsAs("fallback"));
    if (by === "getOrThrow" && entry === undefined)
      return same(
        by,
        codeOf(() => view.getOrThrow(key)),
        "NOT_FOUND",
      );
    const value: unknown = view[by](key);
    same(by, shown(value), reads(entry));
    if (entry !== undefined && by !== "getMutable") this.#checkIdentity(prefix + key, entry, value);
    return undefined;
  }

  #checkIdentity(key: string, { version, sample }: ModelEntry, value: unknown): void {
    if (!this.#keepsIdentity || !samples[sample]?.isFrozen) return;
    const known = this.#identities.get(key);
    if (known?.version === version && known.value !== value) throw new Error(`${key} has lost its identity`);
    this.#identities.set(key, { version, value });
  }

  #drain(count: number): undefined {
    for (const { iterator, expected } of this.#iterators.splice(0, count)) {
      const found: unknown[] = [];
      for (let next = iterator.next(); !next.done; next = iterator.next()) {
        const [key, value] = next.value as [string, unknown];
        found.push([key, shown(value)]);
      }
      same("an iterator opened before", found, expected);
    }
  }

  #listen(isOn: boolean): undefined {
    if (isOn === (this.#heard !== undefined)) return undefined;
    for (const end of this.#ends) end();
    this.#ends = [];
    this.#heard = undefined;
    this.#told = this.#model.commits.length;
    if (!isOn) return undefined;
    const heard = {
      commits: [] as Commit[],
      inScope: [] as Commit[],
      watched: [] as Change[],
      byKey: [] as Change[],
      byTag: [] as Change[],
    };
    const scope = this.#store.scope("s");
    this.#ends = [
      this.#store.subscribe((commit) => heard.commits.push(commit)),
      scope.subscribe((commit) => heard.inScope.push(commit)),
      scope.watch((change) => heard.watched.push(change)),
      this.#store.watch("s:k", (change) => heard.byKey.push(change)),
      this.#store.watch({ tag: "t" }, (change) => heard.byTag.push(change)),
    ];
    this.#heard = heard;
    return undefined;
  }

  #compare(view: Store, prefix: string): void {
    const model = this.#model;
    const expected = model.under(prefix);
    same(
      "contents",
      Array.from(view.entries(), ([key, value]) => [key, shown(value)]),
      expected.map(([key, entry]) => [key, reads(entry)]),
    );
    same("size", view.size, expected.length);
    for (const [key, entry] of expected) {
      const meta = view.meta(key);
      const properties = entry.properties.map(([name, index]) => [name, samples[index]?.reads]);
      same(
        `meta of ${key}`,
        meta && { ...meta, properties: Object.entries(meta.properties).map(([name, value]) => [name, shown(value)]) },
        {
          version: entry.version,
          createdAt: entry.createdAt,
          updatedAt: entry.updatedAt,
          deadline: entry.deadline === Number.POSITIVE_INFINITY ? null : entry.deadline,
          tags: entry.tags,
          properties,
          description: entry.description,
        },
      );
    }
    const { memoBytes: _, ...stats } = this.#store.stats();
    same("stats", Object.entries(stats).sort(), Object.entries({ entries: model.entries.size, bytes: model.bytes, ...model.stats }).sort());
    this.#compareEvents();
  }

  #compareEvents(): void {
    const commits = this.#model.commits.slice(this.#told);
    this.#told = this.#model.commits.length;
    const heard = this.#heard;
    if (heard === undefined) return;
    const told = (list: Commit[]) => list.splice(0).map(({ version, changes }) => [version, changes.map(toldAs)]);
    const changesOf = (from: string, matches = (_: ModelChange) => true) =>
      commits.map(({ version, changes }): [number, unknown[]] => [
        version,
        changes
          .filter((change) => change.key.startsWith(from) && matches(change))
          .map((change) => expectedAs(change, from.length, version)),
      ]);
    const flat = (from: string, matches?: (change: ModelChange) => boolean) => changesOf(from, matches).flatMap(([, changes]) => changes);
    same("commits", told(heard.commits), changesOf(""));
    same(
      "commits of a scope",
      told(heard.inScope),
      changesOf("s:").filter(([, changes]) => changes.length > 0),
    );
    same("watched", heard.watched.splice(0).map(toldAs), flat("s:"));
    same(
      "watched by key",
      heard.byKey.splice(0).map(toldAs),
      flat("", ({ key }) => key === "s:k"),
    );
    const isTagged = ({ before, after }: ModelChange) => [before, after].some((entry) => entry?.tags.includes("t"));
    same("watched by tag", heard.byTag.splice(0).map(toldAs), flat("", isTagged));
  }
}
