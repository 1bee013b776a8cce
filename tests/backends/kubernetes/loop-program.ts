/**
 * A process of its own that writes in a loop, ten thousand times between two waits, again and again, and measures what it holds in memory after each: all of it
 * that is left after a full collection, and the most that the process had from the system. Prints what it saw.
 *
 * Run as: `node --expose-gc program.mjs <kubeconfig> <namespace> <loops>`
 *
 * @module
 */
import { kubernetes } from "../../../ts/backends/kubernetes/index.js";
import { openStore } from "../../../ts/index.js";

/** What a loop left. */
export interface Loop {
  /** The commits that it became. */
  readonly commits: number;
  /** Bytes in use after it: JavaScript's heap and everything that hangs on it, the engine's memory too. */
  readonly bytes: number;
}

/** What the program saw. */
export interface Loops {
  readonly loops: readonly Loop[];
  /** The most bytes that the process ever had. */
  readonly most: number;
}

const [, , kubeConfig = "", namespace = "", loops = "0"] = process.argv;
const writes = 10_000;
const keys = 1_000;

const store = await openStore({ backend: kubernetes({ kubeConfig, namespace, timeout: 60_000 }), name: "orders" });
const seen: Loop[] = [];
for (let loop = 0; loop < Number(loops); loop++) {
  const before = numberOf("key:999");
  for (let number = 0; number < writes; number++) store.set(`key:${number % keys}`, loop * writes + number);
  await store.flush();
  const commits = numberOf("key:999") - before;
  globalThis.gc?.();
  // Twice, for what the first has made unreachable.
  await new Promise(setImmediate);
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  seen.push({ commits, bytes: heapUsed + external + arrayBuffers });
}
const most = process.resourceUsage().maxRSS * 1024;
await store.close();
process.stdout.write(`${JSON.stringify({ loops: seen, most } satisfies Loops)}\n`);

/** The number of the commit that wrote a key last: the last of the loop. */
function numberOf(key: string): number {
  return store.meta(key)?.version ?? 0;
}
