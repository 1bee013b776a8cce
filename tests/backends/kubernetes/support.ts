/**
 * What the tests of Kubernetes share: namespaces of their own, in which the user `holdall` has the rights of the manifest and no others.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { inject, onTestFinished } from "vitest";
import type { Backend, BackendStore, CommitAnswer, LoggedCommit, OpenRequest } from "../../../ts/backends/backend.js";
import { decodePart, type StoredEntry } from "../../../ts/backends/entries.js";
import { type KubernetesOptions, kubernetes } from "../../../ts/backends/kubernetes/index.js";
import type { StoreObject } from "../../../ts/backends/kubernetes/object.js";
import type { Operation } from "../../../ts/backends/operations.js";
import { type CommitParts, commitOf } from "../../../ts/testing/suites/commits.js";
import { KubernetesAccess } from "../../servers/kubernetes.js";
import { expectStatus, grant } from "./rights.js";

/** The server that all tests share. */
export const shared = () => new KubernetesAccess(inject("kubernetes"));

/** Makes a namespace, with the manifest's rights for `holdall` unless told otherwise. */
export async function makeNamespace(server: KubernetesAccess, { withRights = true } = {}): Promise<string> {
  const namespace = `test-${randomUUID().slice(0, 13)}`;
  await expectStatus(server.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } }));
  if (withRights) {
    await grant(server, namespace);
    // The server takes a moment to hear of rights that it has just kept itself.
    const asked = () => server.request("GET", pathOf(namespace, "any"), undefined, undefined, "holdall");
    while ((await asked()).status === 403) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return namespace;
}

/** The path of a store's object. */
export const pathOf = (namespace: string, name: string) => `/apis/holdall.dev/v1/namespaces/${namespace}/holdallstores/${name}`;

/** The object of a store, as `kubectl get -o yaml` would show it. */
export async function objectIn(server: KubernetesAccess, namespace: string, name: string): Promise<StoreObject> {
  return (await server.request("GET", pathOf(namespace, name))).body as StoreObject;
}

/** The head and the entries of a store's object; both empty where there is none yet. */
export async function headIn(server: KubernetesAccess, namespace: string, name: string) {
  const { head, entries = {} } = await objectIn(server, namespace, name);
  return { head: head ?? { number: 0 }, entries };
}

/** A backend as the user `holdall`, which is closed with the test. */
export function backendIn(server: KubernetesAccess, namespace: string, options: KubernetesOptions = {}): Backend {
  const backend = kubernetes({ kubeConfig: server.kubeconfig("holdall", { namespace }), ...options });
  onTestFinished(() => backend.close());
  return backend;
}

/** A store that a replica of its own has opened, and a short way to commit to it. */
export class Opened {
  readonly replica: string;
  readonly store: BackendStore;
  #counter = 0;

  constructor(store: BackendStore, replica: string) {
    this.store = store;
    this.replica = replica;
  }

  /** The next commit of the replica. */
  next(operations: readonly Operation[], parts: Partial<CommitParts> = {}) {
    return commitOf({ replica: this.replica, counter: ++this.#counter, operations, ...parts });
  }

  /** Commits operations. */
  commit(operations: readonly Operation[], parts?: Partial<CommitParts>): Promise<CommitAnswer> {
    return this.store.commit(this.next(operations, parts));
  }

  /** All entries of a load. */
  async entries(): Promise<Map<string, StoredEntry>> {
    const { parts } = await this.store.load();
    const entries = new Map<string, StoredEntry>();
    for await (const part of parts) for (const [key, entry] of decodePart(part)) entries.set(key, entry);
    return entries;
  }
}

/** Opens a store as a new replica. */
export async function open(backend: Backend, request: Partial<OpenRequest> = {}): Promise<Opened> {
  const replica = request.replica ?? randomUUID();
  return new Opened(await backend.open({ name: "orders", scope: "", ...request, replica }), replica);
}

/** A put of a text. */
export const put = (key: string, text: string, more: Partial<Extract<Operation, { type: "put" }>> = {}): Operation => ({
  type: "put",
  key,
  value: { encoding: 0, bytes: new TextEncoder().encode(text) },
  ttl: null,
  ...more,
});

/** Follows a store and keeps what it hears. */
export function follow({ store }: Opened, after: number) {
  const heard: LoggedCommit[] = [];
  const ends: unknown[] = [];
  const state = { heard, ends, through: after };
  const following = store.follow(after, {
    commits(commits, through) {
      heard.push(...commits);
      state.through = through;
    },
    gap: () => void ends.push("gap"),
    failed: (error) => void ends.push(error),
  });
  onTestFinished(() => following.stop());
  return Object.assign(state, { following });
}
