/**
 * Readers: views that cannot write, at run time as well as in types. A reader is a plain view without the store behind it in reach.
 *
 * @module
 */

import type { Reader } from "./types.js";
import { StoreView } from "./view.js";

/** A view without mutators, whose scopes have none either. */
export class ReaderView extends StoreView implements Reader {
  scope(name: string): Reader {
    return new ReaderView(this.core, this.scopePrefix(name, false));
  }

  isolate(id: string): Reader {
    return new ReaderView(this.core, this.scopePrefix(id, true));
  }
}
