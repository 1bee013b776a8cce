/**
 * Readers: views that cannot write, at run time as well as in types. A reader is a plain view, which keeps the way to the store to itself.
 *
 * @module
 */

import { isolatePrefix, scopePrefix } from "./scope.js";
import type { Reader } from "./types.js";
import { coreOf, prefixWithin, StoreView } from "./view.js";

/** A view without mutators, whose scopes have none either. */
export class ReaderView extends StoreView implements Reader {
  scope(name: string): Reader {
    const core = coreOf(this);
    return new ReaderView(core, scopePrefix(core, prefixWithin(this), name));
  }

  isolate(id: string): Reader {
    const core = coreOf(this);
    return new ReaderView(core, isolatePrefix(core, prefixWithin(this), id));
  }
}
