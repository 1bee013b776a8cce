/**
 * Gives rights on the tests' API server.
 *
 * @module
 */
import { storeRole } from "../../../ts/backends/kubernetes/index.js";
import type { KubernetesAccess } from "../../servers/kubernetes.js";

/** A role, and the manifest that makes it. */
export interface GivenRole {
  readonly name: string;
  readonly manifest: string;
}

const ownRole: GivenRole = { name: "holdall", manifest: storeRole };

/** Gives the user `holdall` the rights of a manifest in a namespace. */
export async function grant(server: KubernetesAccess, namespace: string, { name, manifest }: GivenRole = ownRole): Promise<void> {
  const rights = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await expectStatus(server.request("PATCH", `${rights}/roles/${name}?fieldManager=tests`, manifest, "application/apply-patch+yaml"));
  const binding = {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "holdall" }],
  };
  await expectStatus(server.request("POST", `${rights}/rolebindings`, binding));
}

/** Rejects when the API server does not do what it is asked for. */
export async function expectStatus(answering: Promise<{ status: number; body: unknown }>): Promise<void> {
  const { status, body } = await answering;
  if (status >= 300) throw new Error(`the API server answered ${status}: ${JSON.stringify(body)}`);
}
