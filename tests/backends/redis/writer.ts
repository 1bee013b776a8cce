/**
 * A process that commits to a store as a replica does, and prints each commit that was acknowledged: `counter number`.
 *
 * Its arguments: the address, and how many commits. Each moves one from one account to another of its own, whose sum must stay, and sets an entry that tells its counter.
 *
 * @module
 */
import { redis } from "../../../ts/backends/redis/index.js";
import { commitSurely, openReplica, put } from "./support.js";

const [url = "", count = "0", name = ""] = process.argv.slice(2);
const backend = redis({ url, durability: "fsync", commandTimeout: 1_000 });
const replica = await openReplica(backend, { replica: name });
for (let at = 1; at <= Number(count); at++) {
  const answer = await commitSurely(replica, [put(`${name}:from`, String(-at)), put(`${name}:to`, String(at)), put(`${name}:${at}`, "1")]);
  process.stdout.write(`${at} ${answer.type === "committed" ? answer.number : answer.type}\n`);
}
await backend.close();
