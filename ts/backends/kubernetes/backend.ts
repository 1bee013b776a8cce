/**
 * The backend on Kubernetes: stores that are objects of their own, in a namespace.
 *
 * @module
 */

import type { Capabilities } from "../backend.js";
import { formatSupport } from "../local/formats.js";
import { ClusterBackend, type ClusterOptions } from "./cluster.js";
import { holdallLayout } from "./holdall-layout.js";
import { objectName } from "./names.js";
import { maxObjectBytes } from "./sizes.js";
import { type KubernetesSettings, watchSeconds } from "./store.js";

/** Options of `kubernetes`. */
export interface KubernetesOptions extends ClusterOptions {
  /** The namespace that the objects are in. Default: that of the kubeconfig's context, or of the pod; else `default`. */
  readonly namespace?: string | undefined;
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

/** What tests set otherwise. */
interface Tuning extends Pick<KubernetesSettings, "formats" | "log" | "watchSeconds"> {
  /** The most bytes that an object may have. */
  readonly maxBytes: number;
  /** The most bytes that the operations of a commit may have. */
  readonly maxCommitBytes: number;
}

/** Opens stores in a namespace of a cluster. */
export class KubernetesBackend extends ClusterBackend {
  /**
   * @param tuning - for tests
   */
  constructor(options: KubernetesOptions, tuning: Partial<Tuning> = {}) {
    const { maxCommitBytes } = kubernetesCapabilities;
    const { maxBytes, ...settings } = {
      formats: formatSupport,
      log: logBounds,
      watchSeconds,
      maxBytes: maxObjectBytes,
      maxCommitBytes,
      ...tuning,
    };
    super(options, {
      kind: "kubernetes",
      capabilities: kubernetesCapabilities,
      settings,
      maxBytes,
      async place(store, connection) {
        const { namespace = connection.namespace ?? "default" } = options;
        return { namespace, name: await objectName(store), layout: holdallLayout(store) };
      },
    });
  }
}
