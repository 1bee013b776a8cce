/**
 * The scenarios that Pepr documents for its store, in a real `Capability` with `capability.Store = ours`: alone, and over a cluster that
 * answers through `registerSender` and `receive` as Pepr's controller does.
 */
import { Capability } from "pepr";
import { describe, expect, it, vi } from "vitest";
import { peprStore } from "../../../ts/pepr/index.js";
import type { PeprStore } from "../../../ts/pepr/store.js";
import type { PeprData } from "../../../ts/pepr/types.js";
import { Cluster } from "../support/cluster.js";

function newCapability(): Capability {
  return new Capability({ name: "hello-store", description: "scenarios", namespaces: ["hello-store"] });
}

/** A cluster that patches and answers soon after each operation. */
function answerSoon(store: PeprStore): Cluster {
  const cluster = new Cluster();
  store.registerSender((...parameters) => {
    cluster.sender(...parameters);
    queueMicrotask(() => {
      cluster.patch();
      store.receive(cluster.content());
    });
  });
  queueMicrotask(() => store.receive(cluster.content()));
  return cluster;
}

const drivers = {
  alone: () => peprStore(),
  "over a cluster": () => {
    const store = peprStore({ capability: "hello-store", standIn: true });
    answerSoon(store);
    return store;
  },
};

describe.each(Object.entries(drivers))("%s", (_name, newStore) => {
  it("async: set, wait until it is seen, remove, wait until it is gone", async () => {
    const capability = newCapability();
    capability.Store = newStore();
    const { Store } = capability;
    Store.setItem("https://async", "yep");
    await expect.poll(() => Store.getItem("https://async")).toBe("yep");
    Store.removeItem("https://async");
    await expect.poll(() => Store.getItem("https://async")).toBe(null);
    expect(Store.getItem("https://async")).toBeNull();
  });

  it("sync: setItemAndWait, read, removeItemAndWait", async () => {
    const capability = newCapability();
    capability.Store = newStore();
    const { Store } = capability;
    await expect(Store.setItemAndWait("https://sync", "yep")).resolves.toBe("ok");
    expect(Store.getItem("https://sync")).toBe("yep");
    await expect(Store.removeItemAndWait("https://sync")).resolves.toBe("ok");
    expect(Store.getItem("https://sync")).toBeNull();
  });

  it("observe: a subscriber sees four writes", async () => {
    const capability = newCapability();
    capability.Store = newStore();
    const { Store } = capability;
    const updates: PeprData[] = [];
    const unsubscribe = Store.subscribe((data) => updates.push(data));
    Store.setItem("a", "1");
    Store.setItem("b", "2");
    Store.setItem("c", "3");
    await Store.setItemAndWait("https://observed", "yay");
    unsubscribe();
    Store.setItem("later", "unseen");
    expect(updates).toEqual([
      { a: "1" },
      { a: "1", b: "2" },
      { a: "1", b: "2", c: "3" },
      { a: "1", b: "2", c: "3", "https://observed": "yay" },
    ]);
  });

  it("onReady: writes, waits and clears within the callback; clear() in an empty store is no error", async () => {
    const capability = newCapability();
    const store = newStore();
    capability.Store = store;
    const { Store } = capability;
    const seen: unknown[] = [];
    Store.clear();
    Store.onReady(async (data) => {
      seen.push(data);
      Store.clear();
      await Store.setItemAndWait("https://onReady", "yep");
      seen.push(Store.getItem("https://onReady"));
      Store.clear();
      await expect.poll(() => Store.getItem("https://onReady")).toBe(null);
      seen.push("gone");
    });
    await store.ready();
    await store.flush();
    expect(seen).toEqual([{}, "yep", "gone"]);
    expect(store.length).toBe(0);
    await store.close();
  });

  it("setter and getter: what one action awaits, another reads", async () => {
    const capability = newCapability();
    capability.Store = newStore();
    const { Store } = capability;
    const alphabet = "abcdefghijklmnopqrstuvwxyz";
    const getter = vi.waitUntil(() => Store.getItem("alphabet"), { timeout: 60_000 });
    await Store.setItemAndWait("alphabet", alphabet);
    expect(await getter).toBe(alphabet);
  });
});

describe("types and places", () => {
  it("ours fits capability.Store, and capability.registerStore with a cast: Pepr's Storage has private fields", () => {
    const capability = newCapability();
    const store = peprStore({ standIn: true });
    capability.Store = store;
    capability.Store = peprStore({ compat: "strict" });
    // @ts-expect-error: no other class can have the private fields of Pepr's
    capability.registerStore = () => store;
    capability.registerStore = () => store as never;
    expect(capability.registerStore()).toBe(store);
  });

  it("ours runs with registerSender and receive taken off it, as a Capability does with Pepr's", () => {
    const { registerSender, receive, setItem, getItem } = peprStore({ standIn: true });
    const sender = vi.fn();
    registerSender(sender);
    receive({ "v2-a": "1" });
    setItem("b", "2");
    expect([getItem("a"), sender.mock.calls]).toEqual(["1", [["add", ["v2-b"], "2"]]]);
  });
});
