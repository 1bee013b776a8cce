/**
 * What the tests of Pepr's layout share: resources of modules that nothing else uses, and what stands in them.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { Backend } from "../../../../ts/backends/backend.js";
import { type PeprResourceOptions, peprResource } from "../../../../ts/backends/kubernetes/index.js";
import type { PeprObject } from "../../../../ts/backends/kubernetes/pepr/object.js";
import type { KubernetesAccess } from "../../../servers/kubernetes.js";
import { shared } from "../support.js";
import { collection, namespace } from "./cluster.js";

/** The server that all tests share. */
export const server = shared();

/** A kubeconfig of the user who has the manifest's rights and no others. */
export const kubeConfig = (port?: number) => server.kubeconfig("holdall", { namespace, ...(port !== undefined && { port }) });

/** The resource of a module that is nobody else's. */
export class Resource {
  readonly uuid = randomUUID();
  readonly kind: "store" | "schedule";
  readonly #server: KubernetesAccess;

  /** @param place - the server that it is on. Default: the one that all tests share */
  constructor(kind: "store" | "schedule" = "store", place: KubernetesAccess = server) {
    this.kind = kind;
    this.#server = place;
  }

  /** Its path. */
  get path(): string {
    return `${collection}/pepr-${this.uuid}-${this.kind}`;
  }

  /** Makes it as it was left by somebody. */
  async make(data: Record<string, string>, labels: Record<string, string> = { "pepr.dev-cacheID": "1764316112123" }): Promise<void> {
    const metadata = { name: `pepr-${this.uuid}-${this.kind}`, labels };
    await this.#ask("POST", collection, { apiVersion: "pepr.dev/v1", kind: "PeprStore", metadata, data: { ...placeholder, ...data } });
  }

  /** Makes it as Pepr does when it has found none; gives the status. */
  async applyAsPepr(): Promise<number> {
    const metadata = { name: `pepr-${this.uuid}-${this.kind}`, namespace, labels: { "pepr.dev-cacheID": `${Date.now()}` } };
    const body = { apiVersion: "pepr.dev/v1", kind: "PeprStore", metadata, data: placeholder };
    const query = "fieldManager=pepr&fieldValidation=Strict&force=false";
    return (await this.#server.request("PATCH", `${this.path}?${query}`, body, "application/apply-patch+yaml")).status;
  }

  /** Changes it as somebody else does: `null` removes. */
  async edit(data: Record<string, string | null>): Promise<void> {
    await this.#ask("PATCH", this.path, { data });
  }

  /** Changes it in any way. */
  async patch(change: unknown): Promise<void> {
    await this.#ask("PATCH", this.path, change);
  }

  /** The object. */
  async read(): Promise<PeprObject> {
    return this.#ask("GET", this.path);
  }

  /** The data without Pepr's placeholder, which has to be there. */
  async data(): Promise<Record<string, string>> {
    const { __pepr_do_not_delete__: kept, ...data } = (await this.read()).data ?? {};
    if (kept !== placeholder.__pepr_do_not_delete__) throw new Error("the placeholder is gone");
    return data;
  }

  /** A backend on it as the user `holdall`, which is closed with the test. */
  backend(options: Partial<PeprResourceOptions> = {}): Backend {
    const backend = peprResource({
      kubeConfig: this.#server.kubeconfig("holdall", { namespace }),
      uuid: this.uuid,
      resource: this.kind,
      ...options,
    });
    onTestFinished(() => backend.close());
    return backend;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<PeprObject> {
    const type = method === "PATCH" ? "application/merge-patch+json" : undefined;
    const { status, body: answer } = await this.#server.request(method, path, body, type);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer as PeprObject;
  }
}

const placeholder = { __pepr_do_not_delete__: "k-thx-bye" };
