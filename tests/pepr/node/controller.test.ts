/**
 * Ours in the place of Pepr's `Storage`, under Pepr's real store controller, in a real `Capability`: what the cluster holds in the end, for
 * each defect of Pepr's. Each story is told twice: what happens with Pepr's own (so that the test is known to be about the defect), and
 * with ours. Time is faked; the controller's rounds of 4 s and its quiet second pass at once.
 */
import { Capability } from "pepr";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { peprStore } from "../../../ts/pepr/index.js";
import type { PeprStore } from "../../../ts/pepr/store.js";
import { ClusterError, MemoryCluster, startController } from "./controller-source.js";

type AnyStore = Capability["Store"];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

function capabilityNamed(name: string): Capability {
  return new Capability({ name, description: "a test", namespaces: [] });
}

/** A capability with ours instead of Pepr's own, as the documentation of `PeprStore` says. */
function withOurs(name: string, onError?: (error: unknown) => void): { readonly capability: Capability; readonly store: PeprStore } {
  const capability = capabilityNamed(name);
  const store = peprStore({ capability: name, standIn: true, onError });
  capability.Store = store;
  capability.registerStore = () => store as never;
  return { capability, store };
}

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

async function started(...capabilities: Capability[]): Promise<MemoryCluster> {
  const cluster = new MemoryCluster();
  startController(capabilities, cluster);
  await seconds(5);
  return cluster;
}

type Story = (store: AnyStore, cluster: MemoryCluster) => Promise<void>;

async function endsOf(story: Story): Promise<{ readonly pepr: Record<string, string>; readonly ours: Record<string, string> }> {
  const plain = capabilityNamed("a");
  const plainCluster = await started(plain);
  await story(plain.Store, plainCluster);
  await seconds(60);
  const { capability, store } = withOurs("a");
  const cluster = await started(capability);
  await story(capability.Store, cluster);
  await seconds(60);
  // What ours reads is what the cluster holds.
  expect(Object.fromEntries(store.keys().map((key) => [`a-v2-${key}`, store.getItem(key)]))).toEqual(cluster.data);
  await store.close();
  return { pepr: plainCluster.data, ours: cluster.data };
}

describe("the cluster ends as written", () => {
  it("after clear() of two keys", async () => {
    const story: Story = async (store) => {
      store.setItem("x", "1");
      store.setItem("y/z", "2");
      await seconds(10);
      store.clear();
    };
    expect(await endsOf(story)).toEqual({ pepr: { "a-v2-x": "1", "a-v2-y/z": "2" }, ours: {} });
  });

  it("after set 1, 2, 1", async () => {
    const story: Story = async (store) => {
      for (const value of ["1", "2", "1"]) store.setItem("x", value);
    };
    expect(await endsOf(story)).toEqual({ pepr: { "a-v2-x": "2" }, ours: { "a-v2-x": "1" } });
  });

  it("after set, remove, set", async () => {
    const story: Story = async (store) => {
      store.setItem("x", "1");
      store.removeItem("x");
      store.setItem("x", "1");
    };
    expect(await endsOf(story)).toEqual({ pepr: {}, ours: { "a-v2-x": "1" } });
  });

  it("after the removal of a missing key among others", async () => {
    const story: Story = async (store) => {
      store.setItem("x", "1");
      store.removeItem("missing");
    };
    expect(await endsOf(story)).toEqual({ pepr: {}, ours: { "a-v2-x": "1" } });
  });

  it("after a write during a patch in flight", async () => {
    const story: Story = async (store, cluster) => {
      let land = () => {};
      cluster.beforePatch = () =>
        new Promise<void>((resolve) => {
          land = resolve;
        });
      store.setItem("x", "1");
      await seconds(4);
      store.setItem("y", "2");
      cluster.beforePatch = () => {};
      land();
    };
    expect(await endsOf(story)).toEqual({ pepr: { "a-v2-x": "1" }, ours: { "a-v2-x": "1", "a-v2-y": "2" } });
  });

  it("after a failure other than 422", async () => {
    const story: Story = async (store, cluster) => {
      let failures = 2;
      cluster.beforePatch = () => {
        failures -= 1;
        if (failures >= 0) throw new ClusterError(500);
      };
      store.setItem("x", "1");
      await seconds(5);
      store.setItem("y", "2");
    };
    const { pepr, ours } = await endsOf(story);
    expect(pepr["a-v2-x"]).toBeUndefined();
    expect(ours).toEqual({ "a-v2-x": "1", "a-v2-y": "2" });
  });

  it("after a value that the cluster refuses, but for that value", async () => {
    const errors: unknown[] = [];
    const { capability, store } = withOurs("a", (error) => errors.push(error));
    const cluster = await started(capability);
    cluster.beforePatch = (operations) => {
      if (operations.some((operation) => operation?.value === "too large")) throw new ClusterError(422);
    };
    store.setItem("large", "too large");
    store.setItem("x", "1");
    store.setItem("y", "2");
    for (let round = 0; round < 40; round += 1) {
      await seconds(5);
      cluster.put("other-v2-x", String(round));
    }
    expect(cluster.data).toMatchObject({ "a-v2-x": "1", "a-v2-y": "2" });
    await seconds(20);
    expect([store.getItem("large"), store.keys()]).toEqual([null, ["x", "y"]]);
    expect(errors).toEqual([expect.objectContaining({ code: "TIMEOUT", key: "large" })]);
    await store.close();
  });
});

describe("readers", () => {
  it("of capability a do not see the keys of a-b and ab", async () => {
    const real = capabilityNamed("a");
    const ours = withOurs("a");
    for (const [capability, seesOthers] of [
      [real, true],
      [ours.capability, false],
    ] as const) {
      const snapshots: Record<string, string>[] = [];
      capability.Store.subscribe((data) => snapshots.push(data));
      const dashed = capabilityNamed("a-b");
      const longer = capabilityNamed("ab");
      const cluster = await started(capability, dashed, longer);
      capability.Store.setItem("x", "1");
      dashed.Store.setItem("y", "2");
      longer.Store.setItem("z", "3");
      await seconds(10);
      expect(Object.keys(cluster.data)).toHaveLength(3);
      expect(Object.keys(snapshots.at(-1) ?? {})).toHaveLength(seesOthers ? 3 : 1);
    }
    expect(ours.store.keys()).toEqual(["x"]);
  });

  it("see their own writes while updates closer than a second keep contents from coming", async () => {
    const { capability, store } = withOurs("a");
    const cluster = await started(capability);
    const told = vi.fn();
    store.subscribe(told);
    for (let turn = 0; turn < 60; turn += 1) {
      store.setItem("count", String(turn));
      await vi.advanceTimersByTimeAsync(500);
      cluster.put("other-v2-x", String(turn));
      expect(store.getItem("count")).toBe(String(turn));
    }
    expect(told).toHaveBeenCalledTimes(60);
    await seconds(20);
    expect(cluster.data["a-v2-count"]).toBe("59");
    await store.flush();
  });

  it("of other capabilities hear of a content although a listener throws", async () => {
    const first = withOurs("a");
    const second = withOurs("b");
    const errors: unknown[] = [];
    const { capability: third, store: throwing } = withOurs("c", (error) => errors.push(error));
    throwing.subscribe(() => {
      throw "thrown";
    });
    const cluster = await started(third, first.capability, second.capability);
    for (const name of ["a", "b", "c"]) cluster.put(`${name}-v2-x`, "1");
    await seconds(3);
    expect([first.store.getItem("x"), second.store.getItem("x"), throwing.getItem("x")]).toEqual(["1", "1", "1"]);
    expect(errors).toEqual(["thrown"]);
  });
});

describe("waits", () => {
  it("end within the controller's usual time", async () => {
    const { capability, store } = withOurs("a");
    const cluster = await started(capability);
    const answers: string[] = [];
    void store.setItemAndWait("x", "1").then((answer) => answers.push(answer));
    await seconds(6);
    expect([answers, cluster.data]).toEqual([["ok"], { "a-v2-x": "1" }]);
    void store.removeItemAndWait("x").then((answer) => answers.push(answer));
    await seconds(6);
    expect([answers, cluster.data]).toEqual([["ok", "ok"], {}]);
  });

  it("for readiness end with the data that a capability has already, which stays as it is", async () => {
    const cluster = new MemoryCluster();
    cluster.resource = {
      metadata: { name: "pepr-test-store", labels: {} },
      data: { "a-v2-old": "1", "a-v2-https://x": "2", "b-v2-x": "3" },
    };
    const { capability, store } = withOurs("a");
    const ready = vi.fn();
    store.onReady(ready);
    startController([capability], cluster);
    await seconds(5);
    expect(ready.mock.calls).toEqual([[{ old: "1", "https://x": "2" }]]);
    expect(cluster.data).toEqual({ "a-v2-old": "1", "a-v2-https://x": "2", "b-v2-x": "3" });
  });
});
