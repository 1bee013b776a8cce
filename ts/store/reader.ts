/**
 * Readers: views that cannot write, at run time as well as in types. A reader is a plain view, which keeps the way to the store to itself.
 *
 * @module
 */

import { exportLines } from "./lines.js";
import { isolatePrefix, scopePrefix } from "./scope.js";
import type { ChangeListener, CommitListener, Reader, Unsubscribe, Value, WatchTarget } from "./types/index.js";
import { coreOf, prefixWithin, StoreView } from "./view.js";
import { subscribe, watch } from "./watching.js";

/** A view without mutators, whose scopes have none either. */
export class ReaderView extends StoreView implements Reader {
  watch<T = Value>(target: WatchTarget | ChangeListener<T>, listener?: ChangeListener<T>): Unsubscribe {
    return watch(this, target, listener);
  }

  subscribe(listener: CommitListener): Unsubscribe {
    return subscribe(this, listener);
  }

  export(): IterableIterator<string> {
    return exportLines(coreOf(this), prefixWithin(this));
  }

  scope(name: string): Reader {
    const core = coreOf(this);
    return new ReaderView(core, scopePrefix(core, prefixWithin(this), name));
  }

  isolate(id: string): Reader {
    const core = coreOf(this);
    return new ReaderView(core, isolatePrefix(core, prefixWithin(this), id));
  }
}
