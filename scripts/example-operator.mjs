/**
 * `npm run example:operator`: sets up, builds, finds or builds a Kubernetes API server, and runs the operator of `examples/operator` on it. What follows `--` is
 * passed to it.
 *
 * @module
 */
import { ensureKubernetes } from "./lib/kubernetes.mjs";
import { main, Refusal, run } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";

await main(async () => {
  await setUp();
  await build();
  if ((await ensureKubernetes()) === undefined) throw new Refusal("The operator needs a Kubernetes API server to run on.");
  process.stdout.write("\n");
  process.exitCode = (await run(process.execPath, ["examples/operator/main.mjs", ...process.argv.slice(2)])).code;
});
