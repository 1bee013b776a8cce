/**
 * A process that opens a store in each of some folders and reads it whole, and prints what came of it, a line each: an error's code, or a hash of what was read:
 * `opener.ts <folder>…`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { file } from "../../../../ts/backends/file/index.js";
import { put, Replica } from "../../../../ts/testing/suites/backend/trial.js";

for (const path of process.argv.slice(2)) {
  const backend = file({ path });
  try {
    const replica = new Replica(await backend.open({ name: "s", scope: "", replica: "opener" }), "opener");
    const texts = JSON.stringify(Object.entries(await replica.texts()).sort());
    await replica.commit([put("opened", "1")]);
    process.stdout.write(`${createHash("sha256").update(texts).digest("hex")}\n`);
  } catch (error) {
    process.stdout.write(`${(error as { readonly code?: string }).code}\n`);
  }
  await backend.close();
}
