/**
 * The store, and its scopes: what a view reads and writes, and what makes other views and stores of it.
 *
 * @module
 */

import { checkBounds, checkOptions } from "./arguments.js";
import { wholeStore } from "./exchange.js";
import { getOrLoad } from "./loading.js";
import { ReaderView } from "./reader.js";
import { isolatePrefix, scopePrefix } from "./scope.js";
import { typedStore } from "./typed.js";
import type {
  Bounds,
  ChangeListener,
  Codec,
  CommitListener,
  DeepReadonly,
  LoadOptions,
  Reader,
  StandardSchema,
  Store,
  TypedStore,
  Unsubscribe,
  Value,
  WatchTarget,
} from "./types/index.js";
import { coreOf, prefixWithin } from "./view.js";
import { subscribe, watch } from "./watching.js";
import { endWritable, WritableView } from "./writable.js";

/** A store or a scope of one. */
export class PlainStore extends WritableView implements Store {
  scope(name: string, bounds?: Bounds): Store {
    checkOptions(bounds);
    if (bounds !== undefined) checkBounds(bounds);
    const scope = new PlainStore(coreOf(this), scopePrefix(coreOf(this), prefixWithin(this), name));
    if (bounds !== undefined) scope.#bind(bounds);
    return scope;
  }

  isolate(id: string): Store {
    return new PlainStore(coreOf(this), isolatePrefix(coreOf(this), prefixWithin(this), id));
  }

  watch<T = Value>(target: WatchTarget | ChangeListener<T>, listener?: ChangeListener<T>): Unsubscribe {
    return watch(this, target, listener);
  }

  subscribe(listener: CommitListener): Unsubscribe {
    return subscribe(this, listener);
  }

  getOrLoad<T = Value>(key: string, loader: () => unknown, options?: LoadOptions): Promise<DeepReadonly<T>> {
    return getOrLoad(this, key, loader, options) as Promise<DeepReadonly<T>>;
  }

  typed<Input, T, Read>(schema: StandardSchema<Input, T>, codec?: Codec<unknown, unknown>): TypedStore<Input, T, Read> {
    return typedStore(this, schema, codec) as TypedStore<Input, unknown, unknown> as TypedStore<Input, T, Read>;
  }

  reader(): Reader {
    coreOf(this).begin();
    return new ReaderView(coreOf(this), prefixWithin(this));
  }

  clone(): Store {
    return new PlainStore(coreOf(this).clone(prefixWithin(this)), wholeStore);
  }

  dispose(): void {
    if (prefixWithin(this).text === "") coreOf(this).dispose();
    else endWritable(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #bind({ maxEntries, maxBytes }: Bounds): void {
    const core = coreOf(this);
    const now = core.begin();
    const to = core.exchange.writeKey(prefixWithin(this), "");
    const answer = core.run(() => core.raw.bind(core.exchange.keyFrom(prefixWithin(this)), to, maxEntries, maxBytes, now));
    core.check(answer, prefixWithin(this));
    core.countUses();
  }
}
