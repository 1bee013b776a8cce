/**
 * A view that writes: what a view reads, and everything that changes entries.
 *
 * Each mutator encodes and checks what it was given first, so that a refusal changes nothing, and then passes the core's one way in.
 *
 * @module
 */

import { HoldallRangeError, HoldallTypeError } from "../errors.js";
import { checkIterable, checkOptions, stringsOf, ttlDefault, ttlNever, ttlNumber, typeOf, writeTtl } from "./arguments.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { endLoads } from "./loading.js";
import { checkText, type Metadata, metadataOf } from "./metadata.js";
import { commitSteps, stageVersion } from "./putting.js";
import { encodeFor, type Step } from "./staging.js";
import type {
  CompareAndSetOptions,
  DeepReadonly,
  IncrementOptions,
  MetadataOptions,
  SetOptions,
  StoreWriter,
  Ttl,
  Value,
} from "./types/index.js";
import { increment, update, updateFields } from "./update.js";
import { encodeValue } from "./values/encode.js";
import { encodings } from "./values/encoding.js";
import { endView, StoreView } from "./view.js";

const noOptions: SetOptions = {};

/** Ends a view that writes: later calls of it throw `CLOSED`. */
export let endWritable: (view: WritableView) => void;

/** As `coreOf`, of views that write alone: a method that writes has no way in through a reader that it is called on. Throws a `TypeError` for those. */
export let writingCoreOf: (view: WritableView) => Core;

/** What reads and writes: a store, a scope of one, or a transaction. */
export class WritableView extends StoreView implements Omit<StoreWriter, "scope" | "isolate"> {
  // The view's own, once more: a write through them was measured an eighth faster than through the view's accessors.
  #core: Core;
  readonly #prefix: Prefix;

  static {
    writingCoreOf = (view) => view.#core;
    endWritable = (view) => {
      view.#core = endView(view);
    };
  }

  /** Made by `createStore` and `scope`. */
  constructor(core: Core, prefix: Prefix) {
    super(core, prefix);
    this.#core = core;
    this.#prefix = prefix;
  }

  set(key: string, value: unknown, options?: SetOptions): void {
    const core = this.#core;
    const isText = typeof value === "string";
    const encoded = isText ? undefined : encodeFor(this.#prefix, key, value);
    let metadata: Metadata | undefined;
    let ttl = ttlDefault;
    // All that runs code of the caller's comes first: it may write, or dispose of the store.
    if (options !== undefined) {
      checkOptions(options);
      metadata = metadataOf(options);
      ttl = writeTtl(core.engine, options);
    }
    if (metadata !== undefined || core.wrapping !== undefined) {
      this.#commit([{ type: "set", key, encoded: encoded ?? encodeValue(value), ttl, metadata }], key);
      return;
    }
    const now = options === undefined ? core.beginTimeless() : core.begin();
    core.tellUses();
    if (isText) {
      const length = core.exchange.writeText(value);
      if (length >= 0) {
        core.set(this.#prefix, key, encodings.string, length, ttl, now);
        return;
      }
    }
    const { encoding, content } = encoded ?? encodeValue(value);
    core.set(this.#prefix, key, encoding, core.exchange.writeValue(content), ttl, now);
  }

  compareAndSet(key: string, value: unknown, options: CompareAndSetOptions): number {
    if (typeof options !== "object" || options === null) throw new HoldallTypeError(`options must be an object, not ${typeOf(options)}`);
    const { version } = options;
    if (typeof version !== "number") throw new HoldallTypeError(`version must be a number, not ${typeOf(version)}`);
    if (!(Number.isSafeInteger(version) && version >= 0)) throw new HoldallRangeError("version must be a whole number from 0 on");
    const encoded = encodeFor(this.#prefix, key, value);
    const metadata = metadataOf(options);
    const ttl = writeTtl(this.#core.engine, options);
    let committed = 0;
    const found = this.#commit([{ type: "set", key, encoded, ttl, metadata }], key, () => {
      stageVersion(this.#core, this.#prefix, key, version);
      committed = this.#core.raw.version() + 1;
    });
    // Middleware may have written nothing in its place.
    return found > 0 ? committed : 0;
  }

  update<T = Value>(key: string, change: (value: DeepReadonly<T> | undefined) => DeepReadonly<T>): DeepReadonly<T> {
    return update(this.#core, this.#prefix, key, change as (value: Value | undefined) => unknown) as DeepReadonly<T>;
  }

  increment(key: string, by = 1, options?: IncrementOptions): number {
    return increment(this.#core, this.#prefix, key, by, options);
  }

  updateFields<T = Value>(key: string, fields: Readonly<Record<string, Value | object>>): DeepReadonly<T> {
    return updateFields(this.#core, this.#prefix, key, fields) as DeepReadonly<T>;
  }

  delete(key: string): boolean {
    const core = this.#core;
    const isGone = core.wrapping === undefined ? core.delete(this.#prefix, key) : this.#change({ type: "delete", key });
    endLoads(core, this.#prefix, key);
    return isGone;
  }

  setMany(pairs: Iterable<readonly [string, unknown]>, options: SetOptions = noOptions): void {
    checkIterable("pairs", pairs);
    checkOptions(options);
    const metadata = metadataOf(options);
    const ttl = writeTtl(this.#core.engine, options);
    const steps = Array.from(pairs, (pair): Step => {
      if (!Array.isArray(pair)) throw new HoldallTypeError(`each of pairs must be a [key, value] array, not ${typeOf(pair)}`);
      const [key, value] = pair as [string, unknown];
      return { type: "set", key, encoded: encodeFor(this.#prefix, key, value), ttl, metadata };
    });
    this.#commit(steps);
  }

  deleteMany(keys: Iterable<string>): number {
    const list = stringsOf("keys", keys);
    const count = this.#commit(list.map((key) => ({ type: "delete", key })));
    for (const key of list) endLoads(this.#core, this.#prefix, key);
    return count;
  }

  clear(): number {
    const count = this.#commit([{ type: "clear", key: "" }]);
    endLoads(this.#core, this.#prefix);
    return count;
  }

  touch(key: string, ttl: Ttl): boolean {
    return this.#change({ type: "touch", key, ttl: ttlNumber(this.#core.engine, ttl) });
  }

  persist(key: string): boolean {
    return this.#change({ type: "touch", key, ttl: ttlNever });
  }

  addTag(key: string, tag: string): boolean {
    checkText("tag", tag);
    return this.#change({ type: "meta", key, addTag: tag });
  }

  removeTag(key: string, tag: string): boolean {
    checkText("tag", tag);
    return this.#change({ type: "meta", key, removeTag: tag });
  }

  setMeta(key: string, metadata: MetadataOptions): boolean {
    if (typeof metadata !== "object" || metadata === null)
      throw new HoldallTypeError(`metadata must be an object, not ${typeOf(metadata)}`);
    return this.#change({ type: "meta", key, metadata: metadataOf(metadata) });
  }

  setProperty(key: string, name: string, value: unknown): boolean {
    checkText("name", name);
    return this.#change({ type: "meta", key, setProperty: [name, encodeFor(this.#prefix, key, value)] });
  }

  removeProperty(key: string, name: string): boolean {
    checkText("name", name);
    return this.#change({ type: "meta", key, removeProperty: name });
  }

  #commit(steps: readonly Step[], key?: string, stageFirst?: () => void): number {
    return commitSteps(this.#core, this.#prefix, steps, key, stageFirst);
  }

  /** Commits one change of one entry; whether it was there. */
  #change(step: Step): boolean {
    return this.#commit([step], step.key) > 0;
  }
}
