/**
 * A local backend: connects to its medium when the first store is opened, and opens stores on it.
 *
 * @module
 */

import type { Clock } from "../../store/types/index.js";
import {
  type Backend,
  type BackendStore,
  type Capabilities,
  type LogBounds,
  logBytes,
  logCommits,
  type OpenRequest,
  type Removal,
} from "../backend.js";
import { Openings } from "../openings.js";
import { type FormatSupport, formatSupport } from "./formats.js";
import { removeStore } from "./opening.js";
import type { Medium } from "./shelf.js";
import { type LocalSettings, LocalStore } from "./store.js";

/** What every local backend can be told; for tests, all of it. */
export interface LocalOptions {
  /** Where the backend's time comes from. Default: the platform. */
  readonly clock?: Pick<Clock, "now"> | undefined;
  /** How far logs reach back. Default: 10,000 commits, 8 MiB. */
  readonly log?: Partial<LogBounds> | undefined;
}

/** A backend on a {@link Medium}. Connects when the first store is opened; all that is decided about stores is decided here. */
export class LocalBackend implements Backend {
  readonly kind: string;
  readonly capabilities: Capabilities;
  readonly #settings: LocalSettings;
  readonly #openings: Openings<Medium>;

  /**
   * @param kind - what it is, for messages
   * @param capabilities - what it can do: nearly all that stores ask for is done here, the durability is the medium's
   * @param connect - reaches the medium; called when the first store is opened, and again after it has failed
   * @param options - for tests, a clock and a shorter log
   * @param formats - what this version reads and writes; for tests, that of another version
   */
  constructor(
    kind: string,
    capabilities: Capabilities,
    connect: () => Promise<Medium>,
    { clock = Date, log }: LocalOptions = {},
    formats: FormatSupport = formatSupport,
  ) {
    this.kind = kind;
    this.capabilities = capabilities;
    this.#openings = new Openings({ kind, connect, disconnect: (medium) => medium.close() });
    this.#settings = {
      now: () => clock.now(),
      formats,
      maxCommitBytes: capabilities.maxCommitBytes,
      log: { commits: log?.commits ?? logCommits, bytes: log?.bytes ?? logBytes },
    };
  }

  open(request: OpenRequest): Promise<BackendStore> {
    return this.#openings.open(request, (medium, onClose) => LocalStore.open(medium, this.#settings, request, onClose));
  }

  remove({ name, ...removal }: Removal): Promise<boolean> {
    const { now, formats } = this.#settings;
    return this.#openings.use((medium) => medium.write(name, () => removeStore({ ...removal, now: now(), formats })));
  }

  close(): Promise<void> {
    return this.#openings.close();
  }
}
