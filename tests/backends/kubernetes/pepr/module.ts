/**
 * Starts a whole Pepr module, the npm package's own, on the tests' API server.
 *
 * @module
 */
import { Capability, Log, PeprModule } from "pepr";
import { namespace } from "./cluster.js";
import { type Resource, server } from "./support.js";

/** A capability of a module. */
export const capabilityNamed = (name: string) => new Capability({ name, description: "a test", namespaces: [] });

/**
 * Starts a module whose controller keeps the stores of its capabilities; resolves when it has loaded them, some seconds later. It ends with the test's
 * process: Pepr has no way to stop it.
 */
export async function startModule({ uuid }: Resource, capabilities: readonly Capability[]): Promise<void> {
  Log.level = "silent";
  // Where Pepr's client looks when it is called.
  process.env.KUBECONFIG = server.kubeconfig("admin", { namespace });
  // A capability more, whose store nobody replaces, says when the controller has loaded.
  const witness = capabilityNamed("witness");
  const loaded = new Promise<void>((resolve) => witness.Store.onReady(() => resolve()));
  const pepr = { uuid, onError: "ignore", alwaysIgnore: { namespaces: [] } };
  new PeprModule({ description: "a test", pepr } as never, [...capabilities, witness], { deferStart: true });
  await loaded;
}
