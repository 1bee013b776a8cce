/**
 * What a backend has open: its connection and its stores. The same for every backend that connects.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../errors.js";
import type { BackendStore, OpenRequest } from "./backend.js";

/** How a backend connects. */
export interface Connecting<Connection> {
  /** What the backend is, for messages. */
  readonly kind: string;
  /** Connects; called when the first store is opened, and again after it has failed. */
  connect(): Promise<Connection>;
  /** Ends the connection, when all stores on it are closed. */
  disconnect(connection: Connection): void | Promise<void>;
}

/** The connection of a backend and the stores on it, from the first that is opened until the backend is closed. */
export class Openings<Connection> {
  readonly #parts: Connecting<Connection>;
  readonly #stores = new Set<BackendStore>();
  #connection: Promise<Connection> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: Connecting<Connection>) {
    this.#parts = parts;
  }

  /**
   * Opens a store, connecting first where that has not been done.
   *
   * @param request - names it, and what of it is wanted
   * @param open - opens it, and sees to it that `onClose` is called when it is closed
   * @throws `CLOSED` when the backend is, or was meanwhile; `INVALID_ARGUMENT` for names that would be others' in UTF-8; what `connect` and `open` reject with.
   */
  async open(
    { name, scope }: OpenRequest,
    open: (connection: Connection, onClose: () => void) => Promise<BackendStore>,
  ): Promise<BackendStore> {
    this.#requireOpen();
    if (/\p{Surrogate}/u.test(`${name}\n${scope}`)) throw new HoldallTypeError("name and scope must not hold a lone surrogate");
    const connection = await this.#connected();
    const store = await open(connection, () => this.#stores.delete(store));
    this.#stores.add(store);
    if (this.#closing) await store.close();
    this.#requireOpen();
    return store;
  }

  /**
   * Does something on the connection, connecting first where that has not been done.
   *
   * @throws `CLOSED` when the backend is; what `connect` and `task` reject with.
   */
  async use<Result>(task: (connection: Connection) => Promise<Result>): Promise<Result> {
    this.#requireOpen();
    return task(await this.#connected());
  }

  /** Closes all stores, then the connection. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#stores].map((store) => store.close()));
    const connection = await this.#connection?.catch(() => undefined);
    if (connection !== undefined) await this.#parts.disconnect(connection);
  }

  #connected(): Promise<Connection> {
    if (this.#connection === undefined) {
      const connection = this.#parts.connect();
      this.#connection = connection;
      connection.catch(() => {
        if (this.#connection === connection) this.#connection = undefined;
      });
    }
    return this.#connection;
  }

  #requireOpen(): void {
    if (this.#closing) throw new HoldallError("CLOSED", `The ${this.#parts.kind} backend is closed`);
  }
}
