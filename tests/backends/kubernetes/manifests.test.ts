/**
 * The files that are shipped for `kubectl apply -f` say what the package does by itself: the definition that `applyStoreDefinition` applies, and the rights that all
 * these tests run with, of which none is missing and none too much. (There is no kubectl here; what it sends is, applying at the server and at
 * the client.)
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAllYaml, loadYaml } from "@kubernetes/client-node";
import { expect, onTestFinished, test } from "vitest";
import { applyStoreDefinition, peprResource, peprRole, storeRole } from "../../../ts/backends/kubernetes/index.js";
import { grant } from "./rights.js";
import { backendIn, follow, makeNamespace, open, put, shared } from "./support.js";

const server = shared();
const shipped = (name: string) => readFileSync(join(import.meta.dirname, "..", "..", "..", "dist", "kubernetes", name), "utf8");
const definitionPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/holdallstores.holdall.dev";
const rights = (namespace: string) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;

/** What `kubectl apply --server-side -f` does with an object of a file, and refuses what the cluster would not know. */
const apply = (path: string, object: object, manager = "kubectl") =>
  server.request(
    "PATCH",
    `${path}?fieldManager=${manager}&force=true&fieldValidation=Strict`,
    JSON.stringify(object),
    "application/apply-patch+yaml",
  );

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

test("crd.yaml, applied as a file, is what the function applies", async () => {
  await applyStoreDefinition({ kubeConfig: server.kubeconfig("admin") });
  const { body: before } = await server.request("GET", definitionPath);
  const [object, ...more] = loadAllYaml(shipped("crd.yaml"));
  expect(more).toEqual([]);
  const applied = await apply(definitionPath, object);
  expect([applied.status, applied.body.spec, applied.body.metadata.generation]).toEqual([200, before.spec, before.metadata.generation]);
  await applyStoreDefinition({ kubeConfig: server.kubeconfig("admin") });
  const { body: after } = await server.request("GET", definitionPath);
  expect([after.spec, after.metadata.generation]).toEqual([before.spec, before.metadata.generation]);
});

/** What `kubectl apply -f` does with an object of a file, which it notes on the object: makes it, or patches what differs. */
async function applyAtClient(collection: string, name: string, object: { metadata: object }): Promise<number> {
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(object) };
  const noted = { ...object, metadata: { ...object.metadata, annotations } };
  const query = "fieldManager=kubectl-client-side-apply&fieldValidation=Strict";
  const made = await server.request("POST", `${collection}?${query}`, noted);
  if (made.status !== 409) return made.status;
  return (await server.request("PATCH", `${collection}/${name}?${query}`, noted, "application/merge-patch+json")).status;
}

test("each file can be applied at the client too, first and again", async () => {
  const namespace = await makeNamespace(server, { withRights: false });
  for (const name of ["rbac.yaml", "pepr-rbac.yaml"]) {
    const role = loadYaml<{ metadata: { name: string } }>(shipped(name));
    const statuses = [1, 2].map(() => applyAtClient(`${rights(namespace)}/roles`, role.metadata.name, role));
    expect([await statuses[0], await statuses[1]].sort()).toEqual([200, 201]);
  }
  const { body: before } = await server.request("GET", definitionPath);
  const definition = loadYaml<{ metadata: { name: string } }>(shipped("crd.yaml"));
  const definitions = definitionPath.slice(0, definitionPath.lastIndexOf("/"));
  expect(await applyAtClient(definitions, definition.metadata.name, definition)).toBe(200);
  expect((await server.request("GET", definitionPath)).body.spec).toEqual(before.spec);
});

/** The files with rights, and the backend that they are for. */
const roles = [
  { file: "rbac.yaml", manifest: storeRole, backend: (namespace: string) => backendIn(server, namespace) },
  {
    file: "pepr-rbac.yaml",
    manifest: peprRole,
    backend(namespace: string) {
      const backend = peprResource({ kubeConfig: server.kubeconfig("holdall"), uuid: "u", namespace });
      onTestFinished(() => backend.close());
      return backend;
    },
  },
].map((role) => ({ ...role, shipped: loadYaml<{ metadata: { name: string }; rules: Rule[] }>(shipped(role.file)) }));

test.each(roles)("$file gives the rights that the tests run with, and no others", async ({ manifest, shipped: role }) => {
  const namespace = await makeNamespace(server, { withRights: false });
  await grant(server, namespace, { name: role.metadata.name, manifest });
  const { body: present } = await server.request("GET", `${rights(namespace)}/roles/${role.metadata.name}`);
  expect(present.rules).toEqual(role.rules);
  const review = async () => {
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    const answer = await server.request("POST", path, body, "application/json", "holdall");
    const rules = answer.body.status.resourceRules as Rule[];
    // Everybody may ask what they may do.
    return rules.filter(({ apiGroups }) => !apiGroups.some((group) => ["authentication.k8s.io", "authorization.k8s.io"].includes(group)));
  };
  await expect.poll(review).toEqual(role.rules);
});

const cases = roles.flatMap((role) => (role.shipped.rules[0]?.verbs ?? []).map((missing) => ({ ...role, missing })));

test.each(cases)("$file without the right to $missing: a store is refused, or what takes that alone", async (given) => {
  const { file, missing, backend, shipped: role } = given;
  const namespace = await makeNamespace(server, { withRights: false });
  const verbs = role.rules[0]?.verbs.filter((verb) => verb !== missing) ?? [];
  const { name } = role.metadata;
  const rules = role.rules.map((rule) => ({ ...rule, verbs }));
  await grant(server, namespace, { name, manifest: JSON.stringify({ ...role, rules }) });
  // Rights are known a moment after they are given; until then others are missing too.
  const [{ apiGroups: [group] = [], resources: [resource] = [] } = {}] = role.rules;
  const verb = verbs.find((one) => one !== "watch");
  const review = { spec: { resourceAttributes: { namespace, verb, group, resource } } };
  const isAllowed = async () => {
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    return (await server.request("POST", path, review, "application/json", "holdall")).body.status.allowed;
  };
  await expect.poll(isAllowed).toBe(true);
  const forbidden = { code: "FORBIDDEN", message: expect.stringContaining(`rights of ${file}`) };
  if (missing !== "watch" && missing !== "delete") return expect(open(backend(namespace))).rejects.toMatchObject(forbidden);
  const opened = await open(backend(namespace));
  const answer = await opened.commit([put("key", "1")]);
  if (answer.type !== "committed") throw new Error(`it was ${answer.type}`);
  if (missing === "delete") {
    await expect(backend(namespace).remove({ name: "orders" })).rejects.toMatchObject(forbidden);
    return expect((await opened.commit([put("key", "2")])).type).toBe("committed");
  }
  const following = follow(opened, answer.number);
  await expect.poll(() => following.ends).toEqual([expect.objectContaining(forbidden)]);
});
