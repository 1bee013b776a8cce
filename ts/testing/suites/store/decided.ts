/**
 * Promises about what the backend decides: exact between replicas, shown when it is accepted.
 *
 * @module
 */

import { arrives, holds, rejects, same } from "../asserting.js";
import { holdable } from "./holdable.js";
import { agree, type StorePromise } from "./trial.js";

/** Conditional commits. */
export const decidedPromises: readonly StorePromise[] = [
  {
    name: "compareAndSet is decided by the backend's numbers, whatever this replica has heard",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const first = await one.compareAndSet("a", "1", { version: 0 });
      same(one.meta("a")?.version, first, "the version that it is shown with");
      const second = await other.compareAndSet("a", "2", { version: first });
      await rejects(one.compareAndSet("a", "3", { version: first }), "CONFLICT", "a version that is no longer");
      await rejects(other.compareAndSet("a", "3", { version: 0 }), "CONFLICT", "what must not exist");
      await agree([one, other], { a: "2" }, "what both show");
      same([one.meta("a")?.version, other.meta("a")?.version], [second, second], "its version on both");
      await one.compareAndSet("a", "4", { version: second });
    },
  },
  {
    name: "increments of several replicas at once add up",
    isGiven: ({ values }) => values === "any",
    async attempt(trial) {
      const replicas = await Promise.all([1, 2, 3].map(() => trial.open()));
      const rounds = Array.from({ length: 10 }, () => replicas.map((store) => store.increment("n")));
      const sums = await arrives(Promise.all(rounds.flat()), "all are accepted");
      same(
        [...sums].sort((a, b) => a - b),
        Array.from({ length: 30 }, (_, at) => at + 1),
        "the sums that were told",
      );
      await agree(replicas, { n: 30 }, "what all show");
    },
  },
  {
    name: "update runs again on what has changed, and shows nothing until it is accepted",
    async attempt(trial) {
      const door = holdable(await trial.connect());
      const [one, other] = [await trial.open(), await trial.open({ backend: door.backend })];
      await one.setAndWait("a", "1");
      await other.sync();
      const seen: unknown[] = [];
      const arrived = door.hold();
      const updated = other.update<string>("a", (value) => {
        seen.push(value);
        return `${value ?? ""}+`;
      });
      same(other.get("a"), "1", "what is shown at once");
      await arrives(arrived, "the commit is sent");
      same(other.get("a"), "1", "what is shown while it is decided");
      await one.setAndWait("a", "2");
      door.release();
      same(await arrives(updated, "it is accepted"), "2+", "what it comes to");
      same([seen[0], seen.at(-1)], ["1", "2"], "what it was made of at first and at last");
      await agree([one, other], { a: "2+" }, "what both show");
    },
  },
  {
    name: "a transaction is one commit everywhere, and nothing when its body throws",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const commits: number[] = [];
      other.subscribe(({ changes }) => commits.push(changes.length));
      const result = await one.transaction(async (tx) => {
        tx.set("a", "1");
        await Promise.resolve();
        tx.set("b", `${tx.get<string>("a") ?? ""}2`);
        return "done";
      });
      same(result, "done", "what the body returned");
      const broken = one.transaction((tx) => {
        tx.set("a", "9");
        throw new Error("no");
      });
      await broken.then(
        () => Promise.reject(new Error("a body that throws was committed")),
        () => undefined,
      );
      await agree([one, other], { a: "1", b: "12" }, "what both show");
      same(commits, [2], "the commits that another replica heard");
    },
  },
  {
    name: "a transaction conflicts with any change of what it read, and runs again as often as it may",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      await one.setAndWait("a", "1");
      await other.sync();
      const meddle = (
        retries: number,
        touch: () => Promise<unknown>,
        read: (tx: { get(key: string): unknown; keys(): Iterable<string> }) => unknown,
      ) => {
        let runs = 0;
        return one.transaction(
          async (tx) => {
            read(tx);
            if (runs++ === 0) await touch();
            tx.set("out", String(runs));
            return runs;
          },
          { retries },
        );
      };
      await rejects(
        meddle(
          0,
          () => other.setAndWait("a", "2"),
          (tx) => tx.get("a"),
        ),
        "CONFLICT",
        "a value that changed",
      );
      await rejects(
        meddle(
          0,
          () => other.setAndWait("new", "2"),
          (tx) => tx.get("new"),
        ),
        "CONFLICT",
        "a key that came to be",
      );
      await rejects(
        meddle(
          0,
          () => other.setAndWait("newer", "2"),
          (tx) => [...tx.keys()],
        ),
        "CONFLICT",
        "a range that changed",
      );
      same(
        await meddle(
          1,
          () => other.setAndWait("a", "3"),
          (tx) => tx.get("a"),
        ),
        2,
        "how often it ran",
      );
      await agree([one, other], { a: "3", new: "2", newer: "2", out: "2" }, "what both show");
      same(
        await meddle(
          0,
          () => other.setAndWait("b", "1"),
          (tx) => tx.get("a"),
        ),
        1,
        "how often it ran when something else changed",
      );
    },
  },
  {
    name: "what is decided waits for the pending writes that it reads",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      one.set("a", "1");
      const updated = one.update<string>("a", (value) => `${value ?? ""}2`);
      one.set("b", "3");
      const both = one.transaction(
        (tx) => {
          const joined = [...tx.values<string>()].join("");
          tx.set("c", joined);
          return joined;
        },
        { retries: 3 },
      );
      // Either may come first.
      const joined = await both;
      holds(joined === "123" || joined === "13", `the transaction reads what was pending, not ${joined}`);
      same(await updated, "12", "what the update reads");
      await agree([one, other], { a: "12", b: "3", c: joined }, "what both show");
    },
  },
  {
    name: "a merge and a restore are one commit each",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      one.setMany([
        ["a", "1"],
        ["b", "2"],
      ]);
      await one.flush();
      const snapshot = one.snapshot();
      const source = one.clone();
      source.set("b", "3");
      source.set("c", "4");
      await other.sync();
      const { added, collisions, overwritten } = await other.merge(source, "overwrite");
      same({ added, collisions, overwritten }, { added: ["c"], collisions: ["a", "b"], overwritten: ["b"] }, "what the merge tells");
      await agree([one, other], { a: "1", b: "3", c: "4" }, "what both show after the merge");
      same(await one.restore(snapshot), 2, "how many entries the snapshot brought");
      await agree([one, other], { a: "1", b: "2" }, "what both show after restoring");
      const lines = [...source.export()];
      await other.import(lines, "skip");
      await agree([one, other], { a: "1", b: "2", c: "4" }, "what both show after the import");
      source.dispose();
    },
  },
];

/** Metadata. */
export const annotatedPromises: readonly StorePromise[] = [
  {
    name: "metadata is apart from the value: a write at the same time undoes nobody's tag",
    isGiven: ({ metadata }) => metadata,
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      await one.setAndWait("a", "1", { tags: ["first"], description: "kept" });
      await other.sync();
      one.set("a", "2");
      same(await other.addTag("a", "second"), true, "whether it was there");
      same(await other.setProperty("a", "owner", "ada"), true, "whether it was there");
      await one.flush();
      await agree([one, other], { a: "2" }, "what both show");
      for (const store of [one, other]) {
        same(store.meta("a")?.tags, ["first", "second"], "its tags");
        same([store.getProperty("a", "owner"), store.meta("a")?.description], ["ada", "kept"], "the rest of it");
        same([...store.find({ allTags: ["second"] })], ["a"], "what is found by tag");
      }
      same(await one.addTag("missing", "x"), false, "whether what is missing was there");
    },
  },
];

/** Expiry. */
export const expiryPromises: readonly StorePromise[] = [
  {
    name: "an entry expires for everybody by the backend's time, once, and is gone from the backend",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      await one.setAndWait("a", "1", { ttl: 400 });
      await one.setAndWait("b", "1");
      await agree([one, other], { a: "1", b: "1" }, "what both show");
      same(one.meta("a")?.deadline, other.meta("a")?.deadline, "the deadline on both");
      const heard: string[] = [];
      for (const store of [one, other]) store.watch(({ type, key }) => heard.push(`${type} ${key}`));
      await trial.pass(400);
      same([one.has("a"), other.has("a")], [false, false], "whether it is there at its deadline");
      await trial.pass(1_000);
      await agree([one, other], { b: "1" }, "what both show");
      same(heard, ["expire a", "expire a"], "what listeners hear");
      const third = await trial.open();
      same([...third.keys()], ["b"], "what a new replica loads");
    },
  },
  {
    name: "touch, persist and keepTtl mean the same on all replicas",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      for (const key of ["touched", "persisted", "kept", "reset"]) one.set(key, "1", { ttl: 60_000 });
      await one.flush();
      await other.sync();
      await other.touch("touched", 120_000);
      await other.persist("persisted");
      other.set("kept", "2", { keepTtl: true });
      other.set("reset", "2");
      await other.flush();
      await one.sync();
      for (const store of [one, other]) {
        const left = (key: string) => Math.round((store.ttl(key) ?? 0) / 30_000);
        same([left("touched"), left("kept"), store.ttl("persisted"), store.ttl("reset")], [4, 2, null, null], "what is left of them");
      }
    },
  },
];
