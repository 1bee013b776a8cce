/**
 * The end of the stack in the middle of a call into the engine: a process of its own, since it ends the engine.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");

it("is ENGINE_FAILED from then on, if it hit the engine, and never an error without a code", () => {
  const program = `
    import { createStore } from "holdall";
    const store = createStore();
    const visit = (id) => { store.set("visited:" + id, { at: id }); visit((id + 1) % 500); };
    try { visit(0); } catch {}
    try { store.set("later", 1); console.log("works"); } catch (error) { console.log(error.code); }
  `;
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: root, encoding: "utf8" });
  expect(["works\n", "ENGINE_FAILED\n"]).toContain(printed);
});
