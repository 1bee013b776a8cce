/**
 * The backend on Kubernetes: connects when the first store is opened, and opens stores.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Clock, Milliseconds } from "../../store/types/index.js";
import type { Backend, BackendStore, Capabilities, OpenRequest } from "../backend.js";
import { formatSupport } from "../local/formats.js";
import { ObjectAccess } from "./access.js";
import { Connection } from "./connection.js";
import type { KubeConfigSource } from "./credentials.js";
import { objectName } from "./names.js";
import { maxObjectBytes } from "./sizes.js";
import { type KubernetesSettings, KubernetesStore } from "./store.js";

/** Options of `kubernetes`. */
export interface KubernetesOptions {
  /**
   * Which cluster, and who asks: a `KubeConfig` of client-node, the path of a kubeconfig, or `"in-cluster"` for a pod's own service account.
   * Default: what `kubectl` would use, and in a pod its service account.
   */
  readonly kubeConfig?: KubeConfigSource;
  /** The namespace that the objects are in. Default: that of the kubeconfig's context, or of the pod; else `default`. */
  readonly namespace?: string | undefined;
  /** How long an answer of the API server may take, in milliseconds. Default: 10,000. */
  readonly timeout?: Milliseconds | undefined;
  /** Where the backend's time comes from. Default: the API server, by the `Date` of its answers; all replicas have to take it from the same. For tests. */
  readonly clock?: Pick<Clock, "now"> | undefined;
}

/** What an object can carry; the rest is up to etcd. */
export const kubernetesCapabilities: Capabilities = {
  durability: "fsync",
  maxCommitBytes: 2 ** 20,
  // A full object has no room for a log.
  logCommits: 0,
  values: "any",
  expiry: true,
  metadata: true,
  scopes: true,
  names: true,
  limits: true,
};

/** How far the log in an object reaches back: a watch tells every state, so it serves those who were away for a short time. */
const logBounds = { commits: 100, bytes: 64 * 1024 };

/** How long a watch lasts at least before the server ends it, in seconds. */
const watchSeconds = 240;

/** What tests set otherwise. */
interface Tuning extends Pick<KubernetesSettings, "formats" | "log" | "watchSeconds"> {
  /** The most bytes that an object may have. */
  readonly maxBytes: number;
  /** The most bytes that the operations of a commit may have. */
  readonly maxCommitBytes: number;
}

/** Opens stores in a namespace of a cluster. */
export class KubernetesBackend implements Backend {
  readonly kind = "kubernetes";
  readonly capabilities = kubernetesCapabilities;
  readonly #options: KubernetesOptions;
  readonly #tuning: Tuning;
  readonly #stores = new Set<KubernetesStore>();
  #connection: Promise<Connection> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param tuning - for tests
   */
  constructor(options: KubernetesOptions, tuning: Partial<Tuning> = {}) {
    this.#options = options;
    const { maxCommitBytes } = this.capabilities;
    this.#tuning = { formats: formatSupport, log: logBounds, watchSeconds, maxBytes: maxObjectBytes, maxCommitBytes, ...tuning };
  }

  async open(request: OpenRequest): Promise<BackendStore> {
    this.#requireOpen();
    const connection = await this.#connected();
    const { namespace = connection.namespace ?? "default", clock = connection.time } = this.#options;
    const { maxBytes, ...settings } = this.#tuning;
    const place = { namespace, name: await objectName(request.name), store: request.name, maxBytes };
    const access = new ObjectAccess(connection, place);
    const store = await KubernetesStore.open(connection, access, { now: () => clock.now(), ...settings }, request, (closed) =>
      this.#stores.delete(closed),
    );
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
    if (this.#closing) throw new HoldallError("CLOSED", "The kubernetes backend is closed");
  }
}
