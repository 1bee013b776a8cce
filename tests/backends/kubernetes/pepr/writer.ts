/**
 * A process of its own that writes by Pepr's face for ever, and counts up beside it together with others. It prints a line for each thing that was acknowledged:
 * `began <number>`, the last number that its predecessors are read to have written; `written <number>`, under a key of its line and under one that all write;
 * `counted <times>`, how often it has counted. It ends by itself only where something is refused, or told by `onError`.
 *
 * Run as: `node writer.mjs <kubeconfig> <uuid> <line> <name>`, where processes of one line succeed each other, and each has a name of its own.
 *
 * @module
 */
import { peprResource } from "../../../../ts/backends/kubernetes/index.js";
import { type BackedStore, openStore } from "../../../../ts/index.js";
import { peprStore } from "../../../../ts/pepr/kubernetes.js";

const [, , kubeConfig = "", uuid = "", line = "", name = ""] = process.argv;
const capability = "hello";
const kubernetes = { kubeConfig, timeout: 3_000 };

const print = (what: string, number: number) => process.stdout.write(`${what} ${number}\n`);

/** The store itself, which the face has not: for what depends on others. */
async function opened(): Promise<BackedStore> {
  for (;;) {
    try {
      return await openStore({ backend: peprResource({ ...kubernetes, uuid }), name: capability });
    } catch (error) {
      if ((error as { code?: string }).code !== "UNAVAILABLE") throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const face = peprStore({ kubernetes, uuid, capability, timeout: 120_000 });
await face.ready();
const first = Number.parseInt(face.getItem(`line:${line}`) ?? "0", 10);
print("began", first);
const store = await opened();
for (let times = 1; ; times++) {
  const number = first + times;
  const value = `${number} of ${name}`;
  face.setItem(`all:${number % 3}`, value);
  await face.setItemAndWait(`line:${line}`, value);
  print("written", number);
  await store.transaction(
    (tx) => {
      tx.set("count", String(Number(tx.get<string>("count") ?? 0) + 1));
      tx.set(`count:${name}`, String(times));
    },
    { retries: 1_000 },
  );
  print("counted", times);
}
