/**
 * Everything that a resource ever held, as etcd has kept it: each of its states, whoever saw them.
 *
 * @module
 */
import type { PeprObject } from "../../../../ts/backends/kubernetes/pepr/object.js";
import type { KubernetesServer } from "../../../servers/kubernetes.js";
import { namespace } from "./cluster.js";
import type { Resource } from "./support.js";

/** What etcd has of a key. */
interface Kept {
  readonly mod_revision: string;
  readonly create_revision: string;
  readonly value: string;
}

/** The data of a resource through its states, oldest first. The API server must not have told etcd to forget any. */
export async function historyOf(server: KubernetesServer, { uuid, kind }: Resource): Promise<Readonly<Record<string, string>>[]> {
  const key = btoa(`/registry/pepr.dev/peprstores/${namespace}/pepr-${uuid}-${kind}`);
  const states: Readonly<Record<string, string>>[] = [];
  for (let revision: number | undefined; ; ) {
    const { kvs } = (await server.etcdRequest("/v3/kv/range", { key, revision })) as { readonly kvs?: readonly Kept[] };
    const kept = kvs?.[0];
    if (kept === undefined) throw new Error("etcd has forgotten a state");
    const { data = {} } = JSON.parse(Buffer.from(kept.value, "base64").toString()) as PeprObject;
    states.unshift(data);
    if (kept.mod_revision === kept.create_revision) return states;
    revision = Number(kept.mod_revision) - 1;
  }
}

/** Each value that a key was given in some state and had not in the one before, in their order. */
export function valuesGiven(states: readonly Readonly<Record<string, string>>[], key: string): string[] {
  return states.map((state) => state[key]).filter((value, at, all): value is string => value !== undefined && value !== all[at - 1]);
}
