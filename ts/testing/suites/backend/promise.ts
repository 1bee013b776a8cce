/**
 * A promise of a backend: a sentence, what it is about where not all backends give it, and how it is tried.
 *
 * @module
 */

import type { Capabilities } from "../../../backends/backend.js";
import type { BackendAbilities } from "./options.js";
import type { Trial } from "./trial.js";

/** A promise of a backend. */
export interface BackendPromise {
  /** The sentence. */
  readonly name: string;
  /** Whether a backend gives it, and its places can show it. Default: all do. */
  readonly isGiven?: (capabilities: Capabilities, abilities: BackendAbilities) => boolean;
  /** Rejects where it is not kept. */
  readonly attempt: (trial: Trial) => Promise<void>;
}
