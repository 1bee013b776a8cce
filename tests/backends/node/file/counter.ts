/**
 * A process that counts an entry up under conditions: `counter.ts <folder> <times>`. Prints a line when it has read the entry for the first time, and waits for one
 * before it goes on; prints then how often another one came first.
 *
 * @module
 */
import { once } from "node:events";
import { file } from "../../../../ts/backends/file/index.js";
import { put, Replica, textOf } from "../../../../ts/testing/suites/backend/trial.js";

const [path = "", times = "0"] = process.argv.slice(2);
const backend = file({ path });
const name = `counter-${process.pid}`;
const replica = new Replica(await backend.open({ name: "s", scope: "", replica: name }), name);
let conflicts = 0;
for (let left = Number(times); left > 0; ) {
  const entry = (await replica.entries()).get("count");
  const count = entry ? Number(textOf(entry.value)) : 0;
  if (entry === undefined) {
    process.stdout.write("read\n");
    await once(process.stdin, "data");
  }
  const answer = await replica.commit([put("count", String(count + 1))], { conditions: [{ key: "count", version: entry?.number ?? 0 }] });
  if (answer.type === "committed") left--;
  else conflicts++;
}
await backend.close();
process.stdout.write(`${conflicts}\n`);
