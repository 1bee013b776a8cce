/**
 * Pepr's real store controller, loaded from the sources that its package carries (its bundle does not export it), over a cluster in memory:
 * one resource with JSON patches applied all or nothing, and a watch.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { unescapeToken } from "../../../ts/pepr/wire.js";

interface Operation {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly value?: string;
}

interface Resource {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly data: Record<string, string>;
}

/** What the controller needs of a capability. */
export interface ControlledCapability {
  readonly name: string;
  readonly registerStore: () => unknown;
}

/** A failure of the cluster, as its client reports it. */
export class ClusterError extends Error {
  /** The status that the cluster answered. */
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** A cluster with one resource of Pepr's. */
export class MemoryCluster {
  /** The resource's data, once there. */
  resource: Resource | undefined;
  /** The operations of every patch so far, without the controller's own. */
  readonly patches: Operation[][] = [];
  /** How many patches were refused. */
  refusals = 0;
  /** Runs before a patch is applied: may fail it, or take its time. */
  beforePatch: (operations: readonly Operation[]) => Promise<void> | void = () => {};
  #watchers: ((resource: Resource) => void)[] = [];

  /** Puts a value there, as somebody else does. */
  put(key: string, value: string): void {
    if (this.resource === undefined) throw new Error("there is no resource yet");
    this.resource = { ...this.resource, data: { ...this.resource.data, [key]: value } };
    this.#tell();
  }

  /** The data without the controller's placeholder. */
  get data(): Record<string, string> {
    const { __pepr_do_not_delete__, ...data } = this.resource?.data ?? {};
    return data;
  }

  /** The client that the controller calls. */
  readonly client = () => ({
    InNamespace: () => ({
      Get: async () => {
        if (this.resource === undefined) throw new ClusterError(404);
        return this.resource;
      },
    }),
    Apply: async (resource: Resource) => {
      this.resource = resource;
    },
    Watch: (watcher: (resource: Resource) => void) => ({
      start: async () => {
        this.#watchers.push(watcher);
        this.#tell();
      },
    }),
    Patch: async (operations: Operation[]) => this.#patch(operations),
  });

  async #patch(operations: Operation[]): Promise<void> {
    const own = operations.filter((operation) => operation?.path !== "/metadata/labels/pepr.dev-cacheID");
    this.patches.push([...own]);
    await this.beforePatch(own);
    const data = { ...this.resource?.data };
    for (const operation of own) {
      const key = unescapeToken(operation?.path?.slice("/data/".length) ?? "");
      if (!operation || (operation.op === "remove" && !(key in data))) {
        this.refusals += 1;
        throw new ClusterError(422);
      }
      if (operation.op === "remove") delete data[key];
      else data[key] = operation.value ?? "";
    }
    if (this.resource !== undefined) this.resource = { ...this.resource, data };
    this.#tell();
  }

  #tell(): void {
    const { resource } = this;
    if (resource !== undefined) for (const watcher of this.#watchers) watcher(resource);
  }
}

const require = createRequire(import.meta.url);
const root = dirname(require.resolve("pepr/package.json"));
const silence = { debug() {}, info() {}, warn() {}, error() {} };

/** Starts Pepr's controller for some capabilities on a cluster. */
export function startController(capabilities: readonly ControlledCapability[], cluster: MemoryCluster): void {
  const replaced: Record<string, unknown> = {
    "kubernetes-fluent-client": { K8s: cluster.client, GenericKind: class {}, RegisterKind() {} },
    pino: { pino: () => silence, stdTimeFunctions: {} },
  };
  const loaded = new Map<string, { exports: Record<string, unknown> }>();
  const load = (file: string): Record<string, unknown> => {
    const known = loaded.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as Record<string, unknown> };
    loaded.set(file, module);
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
    });
    const requireFrom = createRequire(file);
    const resolve = (name: string) =>
      replaced[name] ?? (name.startsWith(".") ? load(join(dirname(file), `${name}.ts`)) : requireFrom(name));
    new Function("module", "exports", "require", outputText)(module, module.exports, resolve);
    return module.exports;
  };
  const { StoreController } = load(join(root, "src/lib/controller/store.ts"));
  new (StoreController as new (capabilities: readonly ControlledCapability[], name: string, onReady: () => void) => unknown)(
    capabilities,
    "pepr-test-store",
    () => {},
  );
}
