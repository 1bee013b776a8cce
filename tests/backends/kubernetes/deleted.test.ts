/**
 * The object of a store is deleted while replicas write to it: what it held is gone, all replicas come to hold the same, made anew, and what is acknowledged after
 * that is there, once.
 */
import { expect, onTestFinished, test } from "vitest";
import { type BackedStore, openStore } from "../../../ts/index.js";
import { Mirror } from "./mirror.js";
import { backendIn, makeNamespace, objectIn, pathOf, shared } from "./support.js";

const server = shared();

/** How often; `HOLDALL_KUBERNETES_ROUNDS=20` takes a minute. */
const rounds = Number(process.env.HOLDALL_KUBERNETES_ROUNDS ?? 2);

const pause = (span: number) => new Promise((resolve) => setTimeout(resolve, span));

/** A call of a replica, from when to when, and the code that it was rejected with. */
interface Call {
  readonly key: string;
  readonly began: number;
  ended: number;
  code?: string;
}

/** Writes and counts up until it is told to end; tells what became of each call. */
function busy(store: BackedStore, name: string) {
  const writes: Call[] = [];
  const increments: Call[] = [];
  let isEnding = false;
  const through = async (list: Call[], key: string, act: () => Promise<unknown>) => {
    const call: Call = { key, began: performance.now(), ended: 0 };
    list.push(call);
    await act().catch((error) => {
      call.code = String(error.code);
    });
    call.ended = performance.now();
  };
  const running = (async () => {
    for (let number = 0; !isEnding; number++) {
      const key = `${name}:${number % 50}`;
      await through(writes, key, () => store.setAndWait(key, number));
      await through(increments, "count", () => store.increment("count"));
      // Others have their turn.
      await pause(Math.random() * 50);
    }
  })();
  return {
    writes,
    increments,
    async end() {
      isEnding = true;
      await running;
    },
  };
}

test("the replicas go on with what is made anew", { timeout: rounds * 240_000 }, async () => {
  const figures = { acknowledged: 0, lost: 0, codes: {} as Record<string, number> };
  for (let round = 0; round < rounds; round++) {
    const namespace = await makeNamespace(server);
    const stores = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const store = await openStore({ backend: backendIn(server, namespace), name: "orders" });
        onTestFinished(() => store.close());
        return store;
      }),
    );
    const mirrors = stores.map((store) => new Mirror(store));
    const replicas = stores.map((store, at) => busy(store, `r${at}`));
    await expect.poll(() => stores[0]?.getOrDefault("count", 0)).toBeGreaterThan(2);
    await pause(Math.random() * 100);
    const before = performance.now();
    const { uid } = (await objectIn(server, namespace, "orders")).metadata;
    await server.request("DELETE", pathOf(namespace, "orders"));
    const after = performance.now();
    const calls = () => replicas.flatMap(({ writes, increments }) => [...writes, ...increments]);
    const goesOn = () => replicas.every(({ increments }) => increments.filter(({ began, ended }) => began > after && ended > 0).length > 0);
    await expect.poll(goesOn).toBe(true);
    await Promise.all(replicas.map((replica) => replica.end()));
    await Promise.all(stores.map((store) => store.sync()));

    const object = await objectIn(server, namespace, "orders");
    expect(object.metadata.uid).not.toBe(uid);
    const content = new Map(stores[0]?.entries());
    expect(Object.keys(object.entries ?? {}).sort()).toEqual([...content.keys()]);
    for (const [at, store] of stores.entries()) {
      expect(new Map(store.entries())).toEqual(content);
      expect([mirrors[at]?.wrong, mirrors[at]?.entries]).toEqual([[], content]);
    }
    // What began when the object was gone is there; what was under way may be.
    for (const { key } of replicas.flatMap(({ writes }) => writes).filter(({ began, code }) => began > after && code === undefined)) {
      expect(content.has(key)).toBe(true);
    }
    const increments = replicas.flatMap((replica) => replica.increments);
    const least = increments.filter(({ began, code }) => began > after && code === undefined).length;
    const most = increments.filter(({ ended }) => ended > before).length;
    expect(content.get("count")).toBeGreaterThanOrEqual(least);
    expect(content.get("count")).toBeLessThanOrEqual(most);
    for (const { code, ended } of calls()) {
      if (code === undefined) figures.acknowledged++;
      else figures.codes[code] = (figures.codes[code] ?? 0) + 1;
      if (code === undefined && ended < before) figures.lost++;
    }
    // Nobody can know of a decision upon the store that was deleted: of each replica, of the one that was under way. All else is decided.
    for (const { writes, increments } of replicas) {
      const unknown = increments.filter(({ code }) => code === "OUTCOME_UNKNOWN");
      expect(unknown.length).toBeLessThanOrEqual(1);
      expect([...writes, ...increments].filter((call) => call.code !== undefined && !unknown.includes(call))).toEqual([]);
    }
  }
  if (rounds > 2) console.log(`object deleted: ${rounds} rounds`, JSON.stringify(figures));
});
