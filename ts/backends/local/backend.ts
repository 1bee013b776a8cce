/**
 * A local backend: connects to its medium when the first store is opened, and opens stores on it.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Clock } from "../../store/types/index.js";
import { type Backend, type BackendStore, type Capabilities, logBytes, logCommits, type OpenRequest } from "../backend.js";
import { type FormatSupport, formatSupport } from "./formats.js";
import type { LogBounds } from "./ledger.js";
import type { Medium } from "./shelf.js";
import { type LocalSettings, LocalStore } from "./store.js";

/** What every local backend can be told; for tests, all of it. */
export interface LocalOptions {
  /** Where the backend's time comes from. Default: the platform. */
  readonly clock?: Pick<Clock, "now"> | undefined;
  /** How far logs reach back. Default: 10,000 commits, 8 MiB. */
  readonly log?: Partial<LogBounds> | undefined;
}

/** A local backend. */
export class LocalBackend implements Backend {
  readonly kind: string;
  readonly capabilities: Capabilities;
  readonly #connect: () => Promise<Medium>;
  readonly #settings: LocalSettings;
  readonly #stores = new Set<LocalStore>();
  #connection: Promise<Medium> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param connect - reaches the medium; called when the first store is opened, and again after it has failed
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
    this.#connect = connect;
    this.#settings = {
      now: () => clock.now(),
      formats,
      maxCommitBytes: capabilities.maxCommitBytes,
      log: { commits: log?.commits ?? logCommits, bytes: log?.bytes ?? logBytes },
    };
  }

  async open(request: OpenRequest): Promise<BackendStore> {
    this.#requireOpen();
    const medium = await this.#connected();
    const store = await LocalStore.open(medium, this.#settings, request, (closed) => this.#stores.delete(closed));
    this.#stores.add(store);
    if (this.#closing) await store.close();
    this.#requireOpen();
    return store;
  }

  close(): Promise<void> {
    this.#closing ??= this.#disconnect();
    return this.#closing;
  }

  async #disconnect(): Promise<void> {
    await Promise.all([...this.#stores].map((store) => store.close()));
    const medium = await this.#connection?.catch(() => undefined);
    await medium?.close();
  }

  #connected(): Promise<Medium> {
    if (this.#connection === undefined) {
      const connection = this.#connect();
      this.#connection = connection;
      connection.catch(() => {
        if (this.#connection === connection) this.#connection = undefined;
      });
    }
    return this.#connection;
  }

  #requireOpen(): void {
    if (this.#closing) throw new HoldallError("CLOSED", `The ${this.kind} backend is closed`);
  }
}
