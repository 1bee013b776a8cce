/**
 * A real Kubernetes API for tests: upstream's API server and etcd, each of which can be killed as by a crash and started again.
 *
 * @module
 */
export { KubernetesAccess, type KubernetesServer, startKubernetes } from "../../scripts/lib/kubernetes-server.mjs";
