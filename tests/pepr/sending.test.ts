/**
 * What Pepr's face hands to the controller when it stands in for Pepr's own `Storage`, and what becomes of lost and refused writes.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { peprStore } from "../../ts/pepr/index.js";
import type { PeprStore } from "../../ts/pepr/store.js";
import type { PeprData } from "../../ts/pepr/types.js";
import { Cluster } from "./support/cluster.js";
import { connected, stateOf } from "./support/connected.js";

describe("what is sent", () => {
  it("is an add or a remove of one key, as a JSON Pointer token after v2-", () => {
    const { cluster, store } = connected({ "v2-https://a~b": "0" });
    store.setItem("https://a~b", "1");
    store.setItem("plain", "");
    store.removeItem("https://a~b");
    expect(cluster.sent).toEqual([
      ["add", ["v2-https:~1~1a~0b"], "1"],
      ["add", ["v2-plain"], ""],
      ["remove", ["v2-https:~1~1a~0b"]],
    ]);
  });

  it("is held back when it returns to a value that a late content could still show", () => {
    const { cluster, store } = connected({ "v2-a": "1" });
    const stale = cluster.content();
    store.setItem("a", "2");
    store.setItem("a", "1");
    store.receive(stale);
    expect(cluster.sent).toEqual([["add", ["v2-a"], "2"]]);
    cluster.patch();
    store.receive(cluster.content());
    expect(cluster.sent[1]).toEqual(["add", ["v2-a"], "1"]);
    expect(store.getItem("a")).toBe("1");
  });

  it("is each of several values of a key, while no two of them can be mistaken", () => {
    const { cluster, store, round } = connected({ "v2-a": "0" });
    for (const value of ["1", "2", "3"]) store.setItem("a", value);
    expect(cluster.sent).toHaveLength(3);
    round();
    expect([cluster.content(), store.getItem("a")]).toEqual([{ "v2-a": "3" }, "3"]);
  });

  it("is nothing when the store underneath refuses the write", async () => {
    const { cluster, store } = connected();
    expect(() => store.setItem("\ud800", "1")).toThrow(expect.objectContaining({ code: "INVALID_KEY" }));
    await expect(store.setItemAndWait("x".repeat(1025), "1")).rejects.toMatchObject({ code: "INVALID_KEY" });
    expect(cluster.sent).toEqual([]);
    await store.flush();
  });

  it("waits for a sender when it stands in, removals for the first content too", () => {
    const cluster = new Cluster();
    cluster.data.set("v2-old", "0").set("v2-older", "0");
    const store = peprStore({ standIn: true });
    store.setItem("a", "1");
    store.removeItem("old");
    store.removeItem("missing");
    expect([store.getItem("a"), store.getItem("old")]).toEqual(["1", null]);
    store.registerSender(cluster.sender);
    expect(cluster.sent).toEqual([["add", ["v2-a"], "1"]]);
    store.receive(cluster.content());
    expect(cluster.sent.slice(1)).toEqual([["remove", ["v2-old"]]]);
    cluster.patch();
    store.receive(cluster.content());
    expect(cluster.content()).toEqual({ "v2-a": "1", "v2-older": "0" });
  });

  it("clears at the first content what was cleared before it, and keeps what was set after", () => {
    const cluster = new Cluster();
    cluster.data.set("v2-old", "0").set("v2-a", "0");
    const store = peprStore({ standIn: true });
    store.registerSender(cluster.sender);
    store.setItem("lost", "0");
    store.clear();
    store.setItem("a", "1");
    store.receive(cluster.content());
    expect(store.keys()).toEqual(["a"]);
    for (let round = 0; round < 3; round += 1) {
      cluster.patch();
      store.receive(cluster.content());
    }
    expect(cluster.content()).toEqual({ "v2-a": "1" });
  });

  it("is what the store held when the sender came, unless it stood in", () => {
    const store = peprStore();
    store.setItem("a", "1");
    const cluster = new Cluster();
    store.registerSender(cluster.sender);
    expect(cluster.sent).toEqual([["add", ["v2-a"], "1"]]);
  });

  it("goes to the newest sender, what is on its way included", () => {
    const { cluster, store } = connected();
    store.setItem("a", "1");
    const second = new Cluster();
    store.registerSender(second.sender);
    store.setItem("b", "2");
    expect([cluster.sent.length, second.sent]).toEqual([
      1,
      [
        ["add", ["v2-a"], "1"],
        ["add", ["v2-b"], "2"],
      ],
    ]);
  });

  it("may be answered within the call", async () => {
    const store = peprStore({ standIn: true });
    const data: PeprData = {};
    store.registerSender((operation, [key = ""], value = "") => {
      if (operation === "add") data[key] = value;
      else delete data[key];
      store.receive({ ...data });
    });
    store.receive(data);
    store.subscribe((seen) => {
      if (seen.a === "1") store.setItem("a", "2");
    });
    await expect(store.setItemAndWait("a", "1")).resolves.toBe("ok");
    expect([store.getItem("a"), data]).toEqual(["2", { "v2-a": "2" }]);
    store.clear();
    await store.flush();
    expect([store.length, data]).toEqual([0, {}]);
  });

  it("is at most a thousand keys at once; the others follow", async () => {
    const { cluster, store, round } = connected();
    for (let index = 0; index < 2_500; index += 1) store.setItem(`k${index}`, "1");
    expect(cluster.sent).toHaveLength(1_000);
    for (let turn = 0; turn < 3; turn += 1) round();
    expect(cluster.data.size).toBe(2_500);
    await store.flush();
  });
});

describe("lost and refused writes", () => {
  it("are handed over again when no answer comes, until one does", async () => {
    const { clock, cluster, store, round } = connected();
    const wait = store.setItemAndWait("a", "1");
    cluster.lose();
    await clock.advance(6_000);
    round();
    await expect(wait).resolves.toBe("ok");
    await clock.advance(60_000);
    expect(cluster.sent).toHaveLength(2);
  });

  it("do not take others with them, and end as the cluster's value, with a TIMEOUT to onError", async () => {
    const { clock, cluster, errors, store, round } = connected({ "v2-poison": "good" });
    cluster.refuses = (value) => value === "bad";
    const told: PeprData[] = [];
    store.setItem("poison", "bad");
    store.setItem("a", "1");
    store.setItem("b", "2");
    const waits = [store.flush({ timeout: 600_000 })].map((wait) => wait.catch((error: { code: string }) => error.code));
    store.subscribe((data) => told.push(data));
    round();
    expect([cluster.refusals, cluster.content()]).toEqual([1, { "v2-poison": "good" }]);
    for (let second = 0; second < 60; second += 4) {
      await clock.advance(4_000);
      round();
    }
    expect(cluster.content()).toEqual({ "v2-poison": "good", "v2-a": "1", "v2-b": "2" });
    expect(store.getItem("poison")).toBe("bad");
    for (let second = 0; second < 60; second += 4) {
      await clock.advance(4_000);
      round();
    }
    expect(store.getItem("poison")).toBe("good");
    expect(told.at(-1)).toEqual({ poison: "good", a: "1", b: "2" });
    expect(errors).toEqual([expect.objectContaining({ code: "TIMEOUT", key: "poison" })]);
    expect(await waits[0]).toBe("TIMEOUT");
    expect(clock.timers).toBe(0);
  });

  it("are kept and tried on while no content comes at all", async () => {
    const { clock, cluster, errors, store, round } = connected();
    store.setItem("a", "1");
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advance(60_000);
      cluster.lose();
    }
    expect([store.getItem("a"), errors]).toEqual(["1", []]);
    await clock.advance(6_000);
    round();
    expect(cluster.content()).toEqual({ "v2-a": "1" });
    await store.flush();
  });

  it("are removals that are not repeated blindly: one that was done after all would be refused, and all else with it", async () => {
    const { clock, cluster, store } = connected({ "v2-a": "1" });
    const removals = () => cluster.sent.filter(([operation]) => operation === "remove").length;
    store.removeItem("a");
    await clock.advance(29_999);
    expect(removals()).toBe(1);
    await clock.advance(1);
    expect(removals()).toBe(2);
    cluster.lose();
    await clock.advance(1_000);
    store.receive(cluster.content());
    await clock.advance(6_000);
    expect(removals()).toBe(3);
    cluster.patch();
    store.receive(cluster.content());
    expect([cluster.refusals, cluster.data.size]).toEqual([0, 0]);
  });

  it("may still arrive: a removal of a key whose lost value was never seen waits until it is seen", async () => {
    const { clock, cluster, store, round } = connected();
    store.setItem("a", "1");
    const removal = store.removeItemAndWait("a", { timeout: 60_000 });
    await clock.advance(20_000);
    store.receive({});
    expect(await stateOf(removal)).toBe("pending");
    round();
    expect(cluster.content()).toEqual({ "v2-a": "1" });
    expect(store.getItem("a")).toBeNull();
    round();
    await expect(removal).resolves.toBe("ok");
    expect(cluster.content()).toEqual({});
  });

  it("are sent one at a time first, then twice as many in each round that goes well", async () => {
    const { clock, cluster, store, round } = connected();
    for (let index = 0; index < 100; index += 1) store.setItem(`k${index}`, "1");
    cluster.lose();
    const sizes: number[] = [];
    for (let turn = 0; turn < 7; turn += 1) {
      await clock.advance(turn === 0 ? 6_000 : 1_000);
      round();
      sizes.push(cluster.data.size);
    }
    expect(sizes).toEqual([1, 3, 7, 15, 31, 63, 100]);
    await store.flush();
  });

  it("do not hold up new writes", async () => {
    const { clock, cluster, store } = connected();
    store.setItem("a", "1");
    store.setItem("b", "1");
    await clock.advance(20_000);
    const before = cluster.sent.length;
    store.setItem("c", "1");
    expect(cluster.sent.slice(before)).toEqual([["add", ["v2-c"], "1"]]);
  });

  it("of a sender that throws or rejects are reported, and tried on", async () => {
    const { clock, errors, store } = connected();
    const data: PeprData = {};
    let tries = 0;
    store.registerSender((_operation, [key = ""], value = "") => {
      tries += 1;
      if (tries === 1) throw "thrown";
      if (tries === 2) return Promise.reject("rejected");
      data[key] = value;
      return store.receive(data);
    });
    const wait = store.setItemAndWait("a", "1");
    await clock.advance(12_000);
    await expect(wait).resolves.toBe("ok");
    expect(errors).toEqual(["thrown", "rejected"]);
  });
});

describe("names", () => {
  it("that another capability's keys could be mistaken for are refused where Pepr's resource is used", () => {
    for (const capability of ["a-v2-b", "a-v2"]) {
      expect(() => peprStore({ capability }).registerSender(() => {})).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
    for (const capability of ["a", "a-b", "v2", "hello-v2x"]) {
      const store: PeprStore = peprStore({ capability });
      expect(() => store.registerSender(() => {})).not.toThrow();
    }
  });

  it("are exactly those: the keys of the others never meet, and each that is refused has a key of another", () => {
    const inResource = (capability: string, key: string) => `${capability}-v2-${key}`;
    const texts = fc
      .array(fc.constantFrom("a", "-", "v", "2", "v2", "-v2", "v2-", "-v2-"), { maxLength: 5 })
      .map((parts) => parts.join(""));
    const isTaken = (capability: string) => {
      const end = `${capability}-`.indexOf("-v2-");
      if (end < 0) return true;
      const other = capability.slice(0, end);
      const key = inResource(capability, "k").slice(inResource(other, "").length);
      expect(inResource(other, key)).toBe(inResource(capability, "k"));
      return false;
    };
    fc.assert(
      fc.property(texts, texts, texts, texts, (one, other, key, otherKey) => {
        const taken = [one, other].map((capability) => {
          if (capability === "") return false;
          let refusal: unknown;
          try {
            peprStore({ capability }).registerSender(() => {});
          } catch (error) {
            refusal = error;
          }
          expect(refusal === undefined).toBe(isTaken(capability));
          return refusal === undefined;
        });
        if (taken.every(Boolean) && (one !== other || key !== otherKey)) {
          expect(inResource(one, key)).not.toBe(inResource(other, otherKey));
        }
      }),
      { numRuns: 300 },
    );
  });
});
