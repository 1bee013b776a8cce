/**
 * A process of its own that counts up in a store: reads the counter, and writes it one greater if it has not changed, together with how often it has done so itself,
 * under a key of its own. Sends a commit again until there is an answer, as a replica does. Prints what it saw, and a line to the other output whenever a call
 * fails.
 *
 * It counts so often, and goes on until its input ends: so whoever brings a failure about does so in the midst of it, however fast it is.
 *
 * Run as: `node program.mjs <kubeconfig> <namespace> <name> <how many>`
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { BackendStore, CommitAnswer, CommitRequest } from "../../../ts/backends/backend.js";
import { decodePart, versionOf } from "../../../ts/backends/entries.js";
import { kubernetes } from "../../../ts/backends/kubernetes/index.js";
import { commitOf } from "../../../ts/testing/suites/commits.js";

/** What a program saw. */
export interface Seen {
  /** The numbers of its commits. */
  readonly numbers: number[];
  /** How often the counter had changed in between. */
  conflicts: number;
  /** How often there was no answer. */
  failures: number;
  /** How often the first answer to a commit was to its second sending or later. */
  repeated: number;
}

const [, , kubeConfig = "", namespace = "", name = "", count = "0"] = process.argv;
const seen: Seen = { numbers: [], conflicts: 0, failures: 0, repeated: 0 };
const replica = randomUUID();
const backend = kubernetes({ kubeConfig, namespace, timeout: 3_000 });

const pause = () => new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 50));

/** Tries again until it succeeds; what fails passes. */
async function patiently<T>(attempt: (isRetry: boolean) => Promise<T>): Promise<T> {
  for (let isRetry = false; ; isRetry = true) {
    try {
      const result = await attempt(isRetry);
      if (isRetry) seen.repeated++;
      return result;
    } catch {
      seen.failures++;
      process.stderr.write("a call failed\n");
      await pause();
    }
  }
}

async function counterOf(store: BackendStore): Promise<{ value: number; version: number }> {
  const { parts } = await store.load();
  for await (const part of parts) {
    for (const [key, entry] of decodePart(part)) {
      if (key === "counter") return { value: Number(new TextDecoder().decode(entry.value.bytes)), version: versionOf(entry) };
    }
  }
  return { value: 0, version: 0 };
}

let isToldToEnd = false;
process.stdin.resume().once("end", () => {
  isToldToEnd = true;
});

const number = (value: number) => ({ encoding: 2, bytes: new TextEncoder().encode(String(value)) });
const store = await patiently(() => backend.open({ name, scope: "", replica }));
for (let counter = 1; seen.numbers.length < Number(count) || !isToldToEnd; counter++) {
  const { value, version } = await patiently(() => counterOf(store));
  const request: CommitRequest = commitOf({
    replica,
    counter,
    conditions: [{ key: "counter", version }],
    operations: [
      { type: "put", key: "counter", value: number(value + 1), ttl: null },
      { type: "put", key: replica, value: number(seen.numbers.length + 1), ttl: null },
    ],
  });
  const answer: CommitAnswer = await patiently((isRetry) => store.commit({ ...request, isRetry }));
  if (answer.type === "committed") seen.numbers.push(answer.number);
  else if (answer.type === "conflict") seen.conflicts++;
  else throw new Error(JSON.stringify(answer));
}
// The record of the replica stays for the test to see: closing the backend would forget it.
process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0));
