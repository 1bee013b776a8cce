/** How replicas of the operator agree, whatever the backend: by conditions on what they commit, and by entries that expire. */
import { openStore } from "holdall";
import { memory } from "holdall/backends/memory";
import { manualClock } from "holdall/testing";
import { expect, onTestFinished, test } from "vitest";
import { type Configuration, Reconciler } from "../../examples/operator/reconciler.mjs";

const configuration = (name: string, version: number): Configuration => ({ name, version: String(version), uid: "u", data: {} });

/** Replicas on one backend whose time is set by hand, and what they apply. */
function operator() {
  const clock = manualClock(0);
  const backend = memory({ clock });
  const applied: string[] = [];
  return {
    clock,
    applied,
    async replica(name: string, apply: (what: string) => Promise<void> | void = () => {}) {
      const store = await openStore({ backend, name: "operator", clock });
      const known = new Map<string, Configuration>();
      const reconciler = new Reconciler({
        store,
        replica: name,
        find: (key) => known.get(key),
        async apply({ name, version }) {
          await apply(`${name}@${version}`);
          applied.push(`${name}@${version}`);
        },
        say: () => {},
      });
      onTestFinished(async () => {
        // Some hang for ever.
        void reconciler.stop();
        await store.close();
      });
      const see = (seen: Configuration) => {
        known.set(seen.name, seen);
        reconciler.look(seen.name);
      };
      return { reconciler, store, known, see };
    },
  };
}

const resultOf = async (store: { sync(): Promise<void>; get(key: string): unknown }, name: string) => {
  await store.sync();
  return store.get(`seen:${name}`);
};

test("of two replicas that see a version at the same time one applies it", async () => {
  const { applied, replica } = operator();
  const [one, two] = [await replica("one"), await replica("two")];
  for (let at = 0; at < 20; at++) for (const { see } of [one, two]) see(configuration(`map-${at}`, 1));
  await expect.poll(() => [...one.store.scope("seen").keys()].length).toBe(20);
  expect(new Set(applied).size).toBe(20);
  expect(applied).toHaveLength(20);
});

test("a replica that is behind brings no earlier version back, nor one that was removed", async () => {
  const { applied, replica } = operator();
  const [one, two] = [await replica("one"), await replica("two")];
  one.see(configuration("mail", 5));
  await expect.poll(() => resultOf(one.store, "mail")).toMatchObject({ version: "5", result: "applied" });
  two.see(configuration("mail", 4));
  one.known.delete("mail");
  await one.reconciler.remove(configuration("mail", 6));
  two.see(configuration("mail", 5));
  two.see(configuration("other", 1));
  await expect.poll(() => resultOf(two.store, "other")).toMatchObject({ version: "1" });
  expect(applied).toEqual(["mail@5", "other@1"]);
  // Made anew, it is applied; that it was removed, heard late, changes nothing.
  two.see(configuration("mail", 7));
  await expect.poll(() => resultOf(two.store, "mail")).toMatchObject({ version: "7", result: "applied" });
  await two.reconciler.remove(configuration("mail", 6));
  expect(await resultOf(one.store, "mail")).toMatchObject({ version: "7", result: "applied" });
});

test("what fails waits for its time, a later version does not, and the third failure is the last", async () => {
  const { applied, clock, replica } = operator();
  const tried: string[] = [];
  const { see, store } = await replica("one", (what) => {
    tried.push(what);
    if (what.startsWith("mail") && what !== "mail@3") throw new Error("no");
  });
  see(configuration("mail", 1));
  await expect.poll(() => store.get("held:mail")).toMatchObject({ for: "retry", version: "1" });
  see(configuration("mail", 1));
  // One is looked at after the other.
  see(configuration("other", 1));
  await expect.poll(() => store.has("seen:other")).toBe(true);
  expect(tried).toEqual(["mail@1", "other@1"]);
  see(configuration("mail", 2));
  await expect.poll(() => store.get("held:mail")).toMatchObject({ for: "retry", version: "2" });
  expect(tried).toEqual(["mail@1", "other@1", "mail@2"]);
  clock.advance(500);
  await expect.poll(() => store.get("tries:mail")).toMatchObject({ version: "2", count: 2, isOpen: false });
  clock.advance(500);
  expect(store.has("held:mail")).toBe(true);
  clock.advance(500);
  await expect.poll(() => resultOf(store, "mail")).toEqual({ version: "2", result: "given up", tries: 3, by: "one" });
  see(configuration("mail", 3));
  await expect.poll(() => resultOf(store, "mail")).toMatchObject({ version: "3", result: "applied" });
  expect([tried, applied]).toEqual([
    ["mail@1", "other@1", "mail@2", "mail@2", "mail@2", "mail@3"],
    ["other@1", "mail@3"],
  ]);
});

test("what one has in work others leave alone, and a replica that hangs loses it and settles nothing any more", async () => {
  const { clock, replica } = operator();
  let release = () => {};
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = await replica("slow", () => hanging);
  const other = await replica("other");
  slow.see(configuration("mail", 1));
  await expect.poll(() => other.store.get("tries:mail")).toMatchObject({ count: 1 });
  other.see(configuration("mail", 1));
  other.see(configuration("other", 1));
  await expect.poll(() => resultOf(other.store, "other")).toMatchObject({ result: "applied" });
  expect(other.store.get("tries:mail")).toMatchObject({ count: 1, isOpen: true });
  clock.advance(15_000);
  await expect.poll(() => resultOf(other.store, "mail")).toMatchObject({ result: "applied", tries: 2, by: "other" });
  release();
  await slow.reconciler.stop();
  expect(await resultOf(other.store, "mail")).toMatchObject({ by: "other" });
  expect(other.store.get<{ what: string }[]>("audit")?.map(({ what }) => what)).toEqual(["applied", "taken over", "applied"]);
});

test("a version that ends each replica that tries it is given up", async () => {
  const { applied, clock, replica } = operator();
  for (const name of ["one", "two", "three"]) {
    const dying = await replica(name, () => new Promise(() => {}));
    dying.see(configuration("mail", 1));
    await expect.poll(() => dying.store.get("tries:mail")).toMatchObject({ isOpen: true });
    // Dead: it neither looks nor settles.
    void dying.reconciler.stop();
    clock.advance(15_000);
  }
  const last = await replica("last");
  last.see(configuration("mail", 1));
  await expect.poll(() => resultOf(last.store, "mail")).toEqual({ version: "1", result: "given up", tries: 3, by: "last" });
  expect(applied).toEqual([]);
});
