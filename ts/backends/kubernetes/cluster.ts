/**
 * A backend on a cluster, whatever the layout: connects when the first store is opened, opens stores, and closes them.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Clock, Milliseconds, Timestamp } from "../../store/types/index.js";
import type { Backend, BackendStore, Capabilities, OpenRequest } from "../backend.js";
import { ObjectAccess } from "./access.js";
import { Connection } from "./connection.js";
import type { KubeConfigSource } from "./credentials.js";
import type { KubernetesObject, Layout } from "./layout.js";
import { type KubernetesSettings, KubernetesStore } from "./store.js";
import { ObjectWatch } from "./watching.js";

/** How a cluster is reached. */
export interface ClusterOptions {
  /**
   * Which cluster, and who asks: a `KubeConfig` of client-node, the path of a kubeconfig, or `"in-cluster"` for a pod's own service account.
   * Default: what `kubectl` would use, and in a pod its service account.
   */
  readonly kubeConfig?: KubeConfigSource;
  /** How long an answer of the API server may take, in milliseconds. Default: 10,000. */
  readonly timeout?: Milliseconds | undefined;
  /** Where the backend's time comes from. Default: the API server, by the `Date` of its answers; all replicas have to take it from the same. For tests. */
  readonly clock?: Pick<Clock, "now"> | undefined;
}

/** What a backend is made of beside the way to its cluster. */
export interface ClusterParts {
  /** What it is, for messages. */
  readonly kind: string;
  /** What it can do. */
  readonly capabilities: Capabilities;
  /** What its stores share. */
  readonly settings: Omit<KubernetesSettings, "now">;
  /** The most bytes that an object may have. */
  readonly maxBytes: number;
  /** Where a store is, and how it lies there. */
  place(store: string, connection: Connection, now: () => Timestamp): Promise<StorePlace>;
}

/** Where a store is, and how it lies there. */
export interface StorePlace {
  /** The namespace of its object. */
  readonly namespace: string;
  /** The name of its object. */
  readonly name: string;
  /** How it lies in there. */
  readonly layout: Layout<KubernetesObject>;
}

/** Opens stores in a cluster. */
export class ClusterBackend implements Backend {
  readonly kind: string;
  readonly capabilities: Capabilities;
  readonly #options: ClusterOptions;
  readonly #parts: ClusterParts;
  readonly #stores = new Set<KubernetesStore>();
  #connection: Promise<Connection> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ClusterOptions, parts: ClusterParts) {
    this.kind = parts.kind;
    this.capabilities = parts.capabilities;
    this.#options = options;
    this.#parts = parts;
  }

  async open(request: OpenRequest): Promise<BackendStore> {
    this.#requireOpen();
    const connection = await this.#connected();
    const { clock = connection.time } = this.#options;
    const { settings, maxBytes } = this.#parts;
    const now = () => clock.now();
    const { namespace, name, layout } = await this.#parts.place(request.name, connection, now);
    const watch = (watched: ObjectAccess) => {
      const watching = new ObjectWatch(connection, watched, settings.watchSeconds, () => {});
      return () => watching.stop();
    };
    const access = new ObjectAccess(connection, { place: { namespace, name }, layout, maxBytes, watch });
    const store = await KubernetesStore.open(connection, access, { now, ...settings }, request, (closed) => this.#stores.delete(closed));
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
    // One after the other: those that are in one object would only get in each other's way.
    for (const store of this.#stores) await store.close();
    (await this.#connection?.catch(() => undefined))?.close();
  }

  /** Reads the kubeconfig when the first store is opened, and again after that has failed. */
  #connected(): Promise<Connection> {
    const { kubeConfig, timeout = 10_000 } = this.#options;
    if (this.#connection === undefined) {
      const connection = Connection.open(kubeConfig, timeout);
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
