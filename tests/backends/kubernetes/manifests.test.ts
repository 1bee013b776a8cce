/**
 * The files that are shipped for `kubectl apply -f` say what the package does by itself: the definition that `applyStoreDefinition` applies, and the rights that all
 * these tests run with, of which none is missing and none too much. (There is no kubectl here; what it sends is.)
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAllYaml, loadYaml } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { applyStoreDefinition } from "../../../ts/backends/kubernetes/index.js";
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

test("rbac.yaml gives the rights that the tests run with, and no others", async () => {
  const namespace = await makeNamespace(server);
  const role = loadYaml<{ metadata: { name: string }; rules: Rule[] }>(shipped("rbac.yaml"));
  const { body: present } = await server.request("GET", `${rights(namespace)}/roles/holdall`);
  expect(present.rules).toEqual(role.rules);
  const review = async () => {
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
    const answer = await server.request(
      "POST",
      "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
      body,
      "application/json",
      "holdall",
    );
    const rules = answer.body.status.resourceRules as Rule[];
    // Everybody may ask what they may do.
    return rules.filter(({ apiGroups }) => !apiGroups.some((group) => ["authentication.k8s.io", "authorization.k8s.io"].includes(group)));
  };
  await expect.poll(review, { timeout: 10_000 }).toEqual(role.rules);
});

const [{ verbs = [] } = {}] = loadYaml<{ rules: Rule[] }>(shipped("rbac.yaml")).rules;

test.each(verbs)("without the right to %s a store is refused, or what takes that alone", async (missing) => {
  const namespace = await makeNamespace(server, { withRights: false });
  const role = loadYaml<{ metadata: object; rules: Rule[] }>(shipped("rbac.yaml"));
  const rules = role.rules.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== missing) }));
  const binding = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "holdall" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "holdall" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "holdall" }],
  };
  expect((await apply(`${rights(namespace)}/roles/holdall`, { ...role, rules })).status).toBe(201);
  expect((await apply(`${rights(namespace)}/rolebindings/holdall`, binding)).status).toBe(201);
  // Rights are known a moment after they are given; until then others are missing too.
  const present = verbs.find((verb) => verb !== missing && verb !== "watch");
  const review = { spec: { resourceAttributes: { namespace, verb: present, group: "holdall.dev", resource: "holdallstores" } } };
  const isAllowed = async () => {
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    return (await server.request("POST", path, review, "application/json", "holdall")).body.status.allowed;
  };
  await expect.poll(isAllowed, { timeout: 10_000 }).toBe(true);
  const forbidden = { code: "FORBIDDEN", message: expect.stringContaining("rbac.yaml") };
  if (missing !== "watch" && missing !== "delete") return expect(open(backendIn(server, namespace))).rejects.toMatchObject(forbidden);
  const orders = await open(backendIn(server, namespace));
  expect((await orders.commit([put("key", "1")])).type).toBe("committed");
  if (missing === "delete") {
    await expect(backendIn(server, namespace).remove({ name: "orders" })).rejects.toMatchObject(forbidden);
    return expect((await orders.commit([put("key", "2")])).type).toBe("committed");
  }
  const following = follow(orders, 1);
  await expect.poll(() => following.ends).toEqual([expect.objectContaining(forbidden)]);
});
