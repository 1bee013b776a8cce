/**
 * What a cluster has to have: the definition of the objects, which an administrator applies once, and the rights of who opens stores. Both are in the package as
 * files too, `dist/kubernetes/crd.yaml`, `rbac.yaml` and `pepr-rbac.yaml`, for `kubectl apply -f`.
 *
 * @module
 */

/** The definition of `HoldallStore`, in YAML. The cluster checks each object by it, so that a slip of the hand is refused. */
export const storeDefinition = `# The stores of Holdall: one object for each. Apply it once for a cluster.
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: holdallstores.holdall.dev
spec:
  group: holdall.dev
  scope: Namespaced
  names:
    kind: HoldallStore
    listKind: HoldallStoreList
    plural: holdallstores
    singular: holdallstore
  versions:
    - name: v1
      served: true
      storage: true
      additionalPrinterColumns:
        - { name: Store, type: string, jsonPath: .store.name }
        - { name: Entries, type: integer, jsonPath: .head.entries }
        - { name: Commit, type: integer, jsonPath: .head.number }
        - { name: Changed, type: date, jsonPath: .head.time }
      schema:
        openAPIV3Schema:
          type: object
          required: [store, head]
          properties:
            store:
              description: Which store it is. The object's uid is the store's id.
              type: object
              required: [name, readFormat, writeFormat]
              properties:
                name: { type: string }
                readFormat: { type: integer, minimum: 1 }
                writeFormat: { type: integer, minimum: 1 }
                limits:
                  type: object
                  properties:
                    maxEntries: { type: number }
                    maxBytes: { type: number }
            head:
              description: The last commit, and what it left.
              type: object
              required: [number, time, entries, bytes, logFirst, logBytes]
              properties:
                number: { type: integer, minimum: 0 }
                time: { type: string }
                entries: { type: integer, minimum: 0 }
                bytes: { type: integer, minimum: 0 }
                earliest: { type: string }
                logFirst: { type: integer, minimum: 1 }
                logBytes: { type: integer, minimum: 0 }
            entries:
              description: The entries by their keys. A value is the text of its kind; never edit one by hand, replicas would not hear of it.
              type: object
              additionalProperties:
                type: object
                required: [kind, value, number, createdAt, updatedAt]
                properties:
                  kind: { type: string }
                  value: { type: string }
                  number: { type: integer, minimum: 0 }
                  createdAt: { type: string }
                  updatedAt: { type: string }
                  deadline: { type: string }
                  metadata:
                    type: object
                    required: [number, tags, properties]
                    properties:
                      number: { type: integer, minimum: 0 }
                      tags: { type: array, items: { type: string } }
                      properties:
                        type: array
                        items:
                          type: object
                          required: [name, kind, value]
                          properties:
                            name: { type: string }
                            kind: { type: string }
                            value: { type: string }
                      description: { type: string }
            log:
              description: The latest commits by their numbers.
              type: object
              additionalProperties:
                type: object
                required: [time, replica, counter, operations]
                properties:
                  time: { type: string }
                  replica: { type: string }
                  counter: { type: integer, minimum: 0 }
                  operations: { type: string }
            replicas:
              description: The last commit of each replica, so that none is applied twice.
              type: object
              additionalProperties:
                type: object
                required: [counter, number, after, time, changed]
                properties:
                  counter: { type: integer, minimum: 0 }
                  number: { type: integer, minimum: 0 }
                  after: { type: integer, minimum: 0 }
                  time: { type: string }
                  changed: { type: boolean }
`;

/** The rights that opening stores in a namespace takes, in YAML: a `Role`. No list, nothing beyond the stores; `delete` is what `removeStore` takes. */
export const storeRole = `# What a process needs to open the stores of a namespace, and to remove them: who never does can leave delete out. Apply it there, and bind it to the service account
# that it runs as:
#   kubectl apply -n orders -f rbac.yaml
#   kubectl create rolebinding holdall -n orders --role=holdall --serviceaccount=orders:default
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: holdall
rules:
  - apiGroups: [holdall.dev]
    resources: [holdallstores]
    verbs: [get, watch, create, patch, delete]
`;

/** The rights that capabilities of a Pepr module take whose stores are opened on Pepr's own resource, in YAML: a `Role`. Pepr's service account has them already. */
export const peprRole = `# What a process needs to open the stores of Pepr modules. A module's own pods have these rights from Pepr's manifest; this is for others. Apply it in
# Pepr's namespace, and bind it to the service account that the process runs as:
#   kubectl apply -n pepr-system -f pepr-rbac.yaml
#   kubectl create rolebinding holdall-pepr -n pepr-system --role=holdall-pepr --serviceaccount=orders:default
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: holdall-pepr
rules:
  - apiGroups: [pepr.dev]
    resources: [peprstores]
    verbs: [get, watch, create, patch]
`;
