/** What is written while a patch is in flight goes with the next: a loop of writes becomes few patches, and nothing of it stays in memory. */
import { beforeAll, expect, test } from "vitest";
import type { Loop, Loops } from "./loop-program.js";
import { compileProgram, runProgram } from "./processes.js";
import { makeNamespace, objectIn, shared } from "./support.js";

const server = shared();
beforeAll(() => compileProgram("loop-program"));

/** How often ten thousand writes are made; `HOLDALL_KUBERNETES_LOOPS=20` takes a minute. */
const loops = Number(process.env.HOLDALL_KUBERNETES_LOOPS ?? 6);

/** What a loop may leave at most, in bytes: less than the smallest object for each of its writes. What is compiled when is up to the machine. */
const mostGrowth = 300_000;

test("ten thousand writes in a loop become a bounded number of patches, and memory stays flat", { timeout: 300_000 }, async () => {
  const namespace = await makeNamespace(server);
  const parameters = [server.kubeconfig("holdall", { namespace }), namespace, String(loops)];
  const seen = JSON.parse(await runProgram("loop-program", parameters, ["--expose-gc"])) as Loops;
  // What is written in one turn is one commit, cut where it would pass the bytes that a commit may have.
  for (const { commits } of seen.loops) expect(commits).toBeLessThanOrEqual(10);
  const { head, entries = {}, metadata } = await objectIn(server, namespace, "orders");
  expect(head?.number).toBe(seen.loops.reduce((sum, { commits }) => sum + commits, 0));
  // Kubernetes counts the states that the object has had: one for each commit, beside those of opening and closing.
  expect((metadata as { generation?: number }).generation).toBeLessThanOrEqual((head?.number ?? 0) + 3);
  expect([Object.keys(entries).length, entries["key:999"]?.value]).toEqual([1_000, String(loops * 10_000 - 1)]);
  // The first loops compile code, and fill what stays; now and then one holds something a little longer, which the one beside it does not.
  const least = (some: readonly Loop[]) => Math.min(...some.map(({ bytes }) => bytes));
  const growth = (least(seen.loops.slice(-2)) - least(seen.loops.slice(2, 4))) / (loops - 4);
  if (loops > 6) console.log(`${loops} × 10,000 writes: ${JSON.stringify(seen)}, ${Math.round(growth)} bytes more for each loop`);
  expect(growth).toBeLessThan(mostGrowth);
});
