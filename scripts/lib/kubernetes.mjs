/**
 * The Kubernetes that tests run against: upstream's own API server and etcd, found, or built from the Go module in `tests/kubernetes`.
 *
 * @module
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hashOf } from "./fresh.mjs";
import { findOnPath, root, run, say } from "./run.mjs";
import { cacheRoot } from "./tools.mjs";

const programs = ["kube-apiserver", "etcd"];
const source = "tests/kubernetes";

/** Where the servers of this checkout are kept once they are built: by what they are built from, so that checkouts share them. */
function builtFolder() {
  const inputs = ["go.mod", "go.sum", ...programs.map((program) => `${program}/main.go`)];
  return join(cacheRoot, "kubernetes", hashOf(inputs.map((name) => `${source}/${name}`)).slice(0, 16));
}

/** The folder with `kube-apiserver` and `etcd`: `KUBEBUILDER_ASSETS` (as envtest has it), else the one that we built; `undefined` where there is none. */
export function findKubernetes() {
  const folder = process.env.KUBEBUILDER_ASSETS || builtFolder();
  return programs.every((program) => existsSync(join(folder, program))) ? folder : undefined;
}

/** @typedef {{ folder: string } | { why: string, isFault: boolean }} Ensured Where the servers are; or why there are none, and whether something is wrong. */

/**
 * As `findKubernetes`, after building the servers where there is a Go to build them with.
 *
 * @returns {Promise<Ensured>}
 */
export async function ensureKubernetes() {
  const found = findKubernetes();
  if (found) {
    say("Kubernetes' API server and etcd: there");
    return { folder: found };
  }
  if (process.env.KUBEBUILDER_ASSETS) return { why: `KUBEBUILDER_ASSETS names a folder without ${programs.join(" and ")}`, isFault: true };
  if (!findOnPath("go")) {
    say(
      "Kubernetes: missing. Install Go 1.26 or later (go.dev/dl) to have its API server built, or name a folder with kube-apiserver and etcd by KUBEBUILDER_ASSETS (`setup-envtest use -p path`, say); the tests that need them are left out.",
    );
    // Where everything has to run, leaving it out is a failure.
    return { why: "no Go, and no KUBEBUILDER_ASSETS", isFault: process.env.CI === "true" };
  }
  say("Kubernetes' API server and etcd: building them into the cache (four minutes on two idle cores, and 180 MB of modules, once)");
  await buildServers();
  const built = findKubernetes();
  return built ? { folder: built } : { why: "the API server could not be built", isFault: true };
}

/** Builds into a folder of its own first, so that nobody finds half of it. */
async function buildServers() {
  const folder = builtFolder();
  mkdirSync(join(cacheRoot, "kubernetes"), { recursive: true });
  const unfinished = mkdtempSync(`${folder}.`);
  const nice = findOnPath("nice") ? ["nice", "-n", "10"] : [];
  const build = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", unfinished, ...programs.map((program) => `./${program}`)];
  const [program = "go", ...parameters] = [...nice, ...build];
  const { code } = await run(program, parameters, { cwd: join(root, source) });
  if (code === 0 && !existsSync(folder)) renameSync(unfinished, folder);
  else rmSync(unfinished, { recursive: true, force: true });
}
