/**
 * The backend on Pepr's resources: a store is one capability of a module.
 *
 * @module
 */

import { HoldallTypeError } from "../../../errors.js";
import type { Capabilities } from "../../backend.js";
import { formatSupport } from "../../local/formats.js";
import { ClusterBackend, type ClusterOptions } from "../cluster.js";
import { maxObjectBytes } from "../sizes.js";
import { type KubernetesSettings, watchSeconds } from "../store.js";
import { CapabilityKeys } from "./keys.js";
import { PeprLayout } from "./layout.js";

/** Options of `peprResource`. */
export interface PeprResourceOptions extends ClusterOptions {
  /** The module's UUID, from the `pepr` section of its `package.json`. */
  readonly uuid: string;
  /** Which of the module's two resources: what capabilities store, or what Pepr keeps of its schedules. Default: `"store"`. */
  readonly resource?: "store" | "schedule" | undefined;
  /** Its namespace. Default: `pepr-system`, where Pepr keeps it. */
  readonly namespace?: string | undefined;
  /**
   * The names of all capabilities of the module, where some begin with another's and a dash (`a` and `a-b`) or the resource has keys from before Pepr put
   * `v2-` in front of them. Default: unknown; such keys are then moved only where they cannot be another capability's, that is without a dash.
   */
  readonly capabilities?: readonly string[] | undefined;
}

/** What Pepr's resource can carry. */
export const peprCapabilities: Capabilities = {
  durability: "fsync",
  maxCommitBytes: 2 ** 20,
  // The resource holds values alone: what has happened to them is known to those who watch.
  logCommits: 0,
  history: false,
  values: "string",
  expiry: false,
  metadata: false,
  scopes: true,
  names: true,
  limits: false,
  removal: false,
};

/** What tests set otherwise. */
interface Tuning extends Pick<KubernetesSettings, "watchSeconds"> {
  /** The most bytes that the resource may have. */
  readonly maxBytes: number;
}

/** Opens capabilities of a module. */
export class PeprBackend extends ClusterBackend {
  /**
   * @param tuning - for tests
   */
  constructor(options: PeprResourceOptions, tuning: Partial<Tuning> = {}) {
    const { uuid, resource = "store", namespace = "pepr-system", capabilities } = options;
    check(options);
    const { maxBytes, ...settings } = { watchSeconds, maxBytes: maxObjectBytes, ...tuning };
    super(options, {
      kind: "pepr",
      capabilities: peprCapabilities,
      // The log is not in the object, so nothing of it has to make room.
      settings: {
        ...settings,
        formats: formatSupport,
        log: { commits: Infinity, bytes: Infinity },
        maxCommitBytes: peprCapabilities.maxCommitBytes,
      },
      maxBytes,
      async place(capability, _connection, now) {
        const layout = new PeprLayout(capability, new CapabilityKeys(capability, capabilities), now);
        return { namespace, name: `pepr-${uuid}-${resource}`, layout };
      },
    });
  }
}

function check({ uuid, resource, namespace, capabilities }: PeprResourceOptions): void {
  if (typeof uuid !== "string" || !/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(uuid)) {
    throw new HoldallTypeError("uuid must be the module's, as its package.json has it");
  }
  if (resource !== undefined && resource !== "store" && resource !== "schedule") {
    throw new HoldallTypeError('resource must be "store" or "schedule"');
  }
  if (namespace !== undefined && typeof namespace !== "string") throw new HoldallTypeError("namespace must be a string");
  if (capabilities !== undefined && !(Array.isArray(capabilities) && capabilities.every((name) => typeof name === "string"))) {
    throw new HoldallTypeError("capabilities must be a list of names");
  }
}
