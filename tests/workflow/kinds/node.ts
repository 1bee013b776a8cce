/**
 * The kinds of stores that need nothing but Node.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Backend } from "../../../ts/backends/backend.js";
import { file } from "../../../ts/backends/file/index.js";
import { memory } from "../../../ts/backends/memory/index.js";
import { backed, plain, type StoreKind } from "./kind.js";

const places: { readonly path: string; readonly backend: Backend }[] = [];

afterEach(async () => {
  for (const { path, backend } of places.splice(0)) {
    await backend.close();
    rmSync(path, { recursive: true, force: true });
  }
});

/** The kinds of stores here. */
export const storeKinds: readonly StoreKind[] = [
  plain,
  backed("a store in memory", (clock) => memory({ clock })),
  backed("a store in files", (clock) => {
    const path = mkdtempSync(join(tmpdir(), "holdall-runs-"));
    const backend = file({ path, clock });
    places.push({ path, backend });
    return backend;
  }),
];
