/**
 * A backend on a cluster, whatever the layout: connects when the first store is opened, opens stores, and closes them.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Clock, Milliseconds, Timestamp } from "../../store/types/index.js";
import type { Backend, BackendStore, Capabilities, OpenRequest, Removal } from "../backend.js";
import { removeStore } from "../local/opening.js";
import { Openings } from "../openings.js";
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
  readonly #openings: Openings<Connection>;

  constructor(options: ClusterOptions, parts: ClusterParts) {
    this.kind = parts.kind;
    this.capabilities = parts.capabilities;
    this.#options = options;
    this.#parts = parts;
    const { kubeConfig, timeout = 10_000 } = options;
    this.#openings = new Openings({
      kind: parts.kind,
      connect: () => Connection.open(kubeConfig, timeout),
      disconnect: (connection) => connection.close(),
    });
  }

  open(request: OpenRequest): Promise<BackendStore> {
    return this.#openings.open(request, (connection, onClose) => this.#open(connection, request, onClose));
  }

  remove({ name, id, ifEmpty }: Removal): Promise<boolean> {
    if (this.capabilities.removal === false)
      return Promise.reject(
        new HoldallError("NOT_SUPPORTED", `The backend "${this.kind}" removes no stores: they are parts of what is not its own`),
      );
    const { formats } = this.#parts.settings;
    return this.#openings.use(async (connection) => {
      const now = this.#nowOn(connection);
      const access = await this.#access(connection, name, now);
      try {
        // One that is made while this one is being removed is another.
        const meant = id ?? (await access.refresh())?.metadata.uid;
        if (meant === undefined) return true;
        return await access.write(() => removeStore({ id: meant, ifEmpty, now: now(), formats }));
      } finally {
        access.release();
      }
    });
  }

  close(): Promise<void> {
    return this.#openings.close();
  }

  #nowOn(connection: Connection): () => Timestamp {
    const { clock = connection.time } = this.#options;
    return () => clock.now();
  }

  async #open(connection: Connection, request: OpenRequest, onClose: () => void): Promise<BackendStore> {
    const now = this.#nowOn(connection);
    const access = await this.#access(connection, request.name, now);
    try {
      return await KubernetesStore.open(connection, access, { now, ...this.#parts.settings }, request, onClose);
    } catch (error) {
      access.release();
      throw error;
    }
  }

  async #access(connection: Connection, store: string, now: () => Timestamp): Promise<ObjectAccess> {
    const { settings, maxBytes } = this.#parts;
    const { namespace, name, layout } = await this.#parts.place(store, connection, now);
    const watch = (watched: ObjectAccess) => {
      const watching = new ObjectWatch(connection, watched, settings.watchSeconds, () => {});
      return () => watching.stop();
    };
    return new ObjectAccess(connection, { place: { namespace, name }, layout, maxBytes, watch });
  }
}
