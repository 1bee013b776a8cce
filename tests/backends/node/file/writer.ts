/**
 * A process that commits pairs of entries for ever, and prints a line for each commit that was acknowledged: `writer.ts <folder> <name> <first> <pause>`.
 * It rests for so many milliseconds between them.
 *
 * @module
 */
import { file } from "../../../../ts/backends/file/index.js";
import { put, Replica } from "../../../../ts/testing/suites/backend/trial.js";

const [path = "", name = "", first = "0", pause = "0"] = process.argv.slice(2);
const backend = file({ path });
const replica = new Replica(await backend.open({ name: "s", scope: "", replica: name }), name);
for (let at = Number(first); ; at++) {
  // Both or neither; the value grows and shrinks, so that pages split and join.
  const text = `${at}:${"x".repeat((at * 37) % 900)}`;
  await replica.committed([put(`left:${at % 50}`, text), put(`right:${at % 50}`, text)]);
  process.stdout.write(`${at}\n`);
  if (pause !== "0") await new Promise((resolve) => setTimeout(resolve, Number(pause)));
}
