/**
 * Starts the API server that the tests of Kubernetes share, teaches it what a store is and what Pepr needs, and tells them where it is.
 *
 * @module
 */
import type { TestProject } from "vitest/node";
import { ensureKubernetes } from "../../../scripts/lib/kubernetes.mjs";
import { applyStoreDefinition } from "../../../ts/backends/kubernetes/index.js";
import { startKubernetes } from "../../servers/kubernetes.js";
import { prepare } from "./pepr/cluster.js";

declare module "vitest" {
  interface ProvidedContext {
    /** How to reach the API server that all tests share. */
    kubernetes: { readonly folder: string; readonly port: number; readonly tokens: Record<string, string> };
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const ensured = await ensureKubernetes();
  if ("why" in ensured) throw new Error(`There is no Kubernetes API server to test on: ${ensured.why}`);
  const server = await startKubernetes();
  try {
    await applyStoreDefinition({ kubeConfig: server.kubeconfig("admin") });
    await prepare(server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const { folder, port, tokens } = server;
  provide("kubernetes", { folder, port, tokens });
  return () => server.stop();
}
