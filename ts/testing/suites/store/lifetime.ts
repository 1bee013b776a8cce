/**
 * Promises about what is heard, and about opening and closing.
 *
 * @module
 */

import { arrives, holds, rejects, same } from "../asserting.js";
import { agree, contents, heardBy, type StorePromise } from "./trial.js";

/** Changes and cursors. */
export const hearingPromises: readonly StorePromise[] = [
  {
    name: "a commit of another replica is heard once for each key, with what was before",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      await one.setAndWait("a", "1");
      await other.sync();
      const heard = heardBy(other);
      one.setMany([
        ["a", "2"],
        ["b", "1"],
      ]);
      one.delete("a");
      await one.flush();
      await other.sync();
      holds(
        heard.every((line) => line.startsWith("remote ")),
        `all come from elsewhere: ${heard}`,
      );
      same(
        [heard.filter((line) => line.includes(" b ")), heard.at(-1)?.startsWith("remote ")],
        [["remote set b →1"], true],
        "what is heard",
      );
      same(contents(other), { b: "1" }, "what is left");
      const own = heardBy(other);
      other.set("c", "1");
      await other.flush();
      same(own, ["local set c →1"], "what is heard of a write of its own");
    },
  },
  {
    name: "a feed gives confirmed commits only, in the order of their numbers, and cursors hold on every replica",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const feed = one.changes();
      const begin = feed.cursor;
      const first = feed.next();
      one.set("a", "1");
      const { value } = await arrives(first, "the commit is given");
      same([value?.origin, value?.version, value?.changes.map(({ key }) => key)], ["local", one.meta("a")?.version, ["a"]], "the commit");
      await arrives(other.sync({ after: value?.cursor }), "another replica has applied it");
      same(other.get("a"), "1", "what it shows");
      await other.setAndWait("a", "2");
      const second = await arrives(feed.next(), "the next commit is given");
      same(
        [second.value?.origin, second.value?.changes[0]?.previous, second.value?.changes[0]?.value],
        ["remote", "1", "2"],
        "the next commit",
      );
      const again = one.changes({ since: begin });
      same((await again.next()).value?.version, value?.version, "where a feed goes on from a cursor");
      await Promise.all([feed.return(), again.return()]);
    },
  },
  {
    name: "a feed goes on from any cursor of the store, or says that it cannot",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const first = one.changes({ since: one.status.cursor });
      await one.setAndWait("a", "1");
      const old = one.status.cursor;
      const { value } = await arrives(first.next(), "what came after the status was asked for");
      same(value?.changes[0]?.key, "a", "the first key");
      await one.setAndWait("b", "1");
      // The other replica may not have heard of it yet.
      const second = other.changes({ since: one.status.cursor });
      await one.setAndWait("c", "1");
      const next = await arrives(second.next(), "what came behind another replica's cursor");
      same(next.value?.changes.at(-1)?.key, "c", "the next key");
      const third = await trial.open();
      await rejects(third.changes({ since: old }).next(), "CURSOR_TOO_OLD", "a cursor from before the replica was opened");
      await Promise.all([first.return(), second.return()]);
    },
  },
];

/** Opening and closing. */
export const lifetimePromises: readonly StorePromise[] = [
  {
    name: "a name or a scope that UTF-8 cannot hold is refused: it would be another's",
    async attempt(trial) {
      for (const text of ["\ud800", "a\udc00"]) {
        if (trial.capabilities.names) await rejects(trial.openWhole({ name: text }), "INVALID_ARGUMENT", "the name");
        if (trial.capabilities.scopes) await rejects(trial.openWhole({ scope: text }), "INVALID_ARGUMENT", "the scope");
      }
    },
  },
  {
    name: "close flushes, what was written is there when the store is opened again, and later calls get CLOSED",
    async attempt(trial) {
      const one = await trial.open();
      const keeper = await trial.open();
      one.set("a", "1");
      await arrives(trial.close(one), "the store is closed");
      await trial.close(one);
      let code: unknown;
      try {
        one.set("b", "1");
      } catch (error) {
        code = (error as { code?: unknown }).code;
      }
      same(code, "CLOSED", "why a later call is refused");
      await rejects(
        one.update("a", () => "2"),
        "CLOSED",
        "a later update",
      );
      await rejects(one.flush(), "CLOSED", "a later flush");
      const again = await trial.open();
      same(contents(again), { a: "1" }, "what is there");
      await agree([again, keeper], { a: "1" }, "what both show");
    },
  },
  {
    name: "a store that is removed is gone, and a replica that still has it open goes on with an empty one",
    async attempt(trial) {
      const [one, keeper] = [await trial.open(), await trial.openWhole()];
      await one.setAndWait("a", "1");
      if (!trial.isWhole || trial.capabilities.removal === false) {
        await rejects(one.removeStore(), "NOT_SUPPORTED", "the removal of a scope, or where no store is removed");
        return agree([trial.isWhole ? await trial.open() : one], { a: "1" }, "what is left");
      }
      same(await arrives(one.removeStore({ ifEmpty: true }), "an answer"), false, "whether a store with entries is gone");
      await rejects(one.flush(), "CLOSED", "a call after that");
      await agree([keeper], { a: "1" }, "what is left of it");
      const noticed = new Promise<void>((resolve) => {
        keeper.watch("a", ({ type }) => type === "delete" && resolve());
      });
      same(await arrives((await trial.open()).removeStore(), "an answer"), true, "whether a store is gone");
      await arrives(noticed, "the other replica hears that its entries are gone");
      keeper.set("b", "2");
      await arrives(keeper.flush(), "a write is acknowledged");
      await agree([keeper, await trial.open()], { b: "2" }, "what is in the one that is made in its place");
      await trial.close(keeper);
      same(await arrives((await trial.open()).removeStore(), "an answer"), true, "whether that is gone too");
      await agree([await trial.open()], {}, "what is left in the end");
    },
  },
  {
    name: "stores of other names do not see each other",
    isGiven: ({ names }) => names,
    async attempt(trial) {
      const backend = await trial.connect();
      const [one, other] = [await trial.open({ backend, name: "one" }), await trial.open({ backend, name: "two" })];
      await one.setAndWait("a", "1");
      await other.setAndWait("b", "2");
      await agree([one], { a: "1" }, "what one holds");
      await agree([other], { b: "2" }, "what the other holds");
    },
  },
  {
    name: "a scope is what the whole store has under its prefix, and nothing else",
    async attempt(trial) {
      const [whole, part] = [await trial.openWhole(), (await trial.openWhole()).scope("part")];
      const held = trial.capabilities.scopes ? await trial.openWhole({ scope: "part" }) : part;
      whole.setMany([
        ["part:a", "1"],
        ["other", "2"],
        ["party", "3"],
      ]);
      await whole.flush();
      await agree([part, held], { a: "1" }, "what the scopes show");
      const heard = heardBy(held);
      held.set("b", "2");
      await held.flush();
      await whole.sync();
      same(whole.get("part:b"), "2", "what the whole store shows of a write in the scope");
      whole.set("other", "4");
      whole.delete("part:a");
      await whole.flush();
      await agree([part, held], { b: "2" }, "what the scopes show in the end");
      same(heard, ["local set b →2", "remote delete a 1→"], "what the scope hears");
      held.clear();
      await held.flush();
      await agree([whole], { other: "4", party: "3" }, "what is left when the scope is cleared");
    },
  },
  {
    name: "a clone is a plain store of its own, and a reader cannot write",
    async attempt(trial) {
      const one = await trial.open();
      one.set("a", "1");
      const clone = one.clone();
      clone.set("a", "2");
      same([one.get("a"), clone.get("a"), clone.meta("a")?.pending], ["1", "2", undefined], "what they show");
      clone.dispose();
      holds(!("set" in one.reader()) && !("transaction" in one.reader()), "a reader has no mutators");
      same(one.reader().get("a"), "1", "what a reader shows");
    },
  },
  {
    name: "status tells the state, the backlog and the cursor",
    async attempt(trial) {
      const one = await trial.open();
      same(
        [one.status.state, one.status.backlog, one.status.durability],
        ["ready", 0, trial.capabilities.durability],
        "the status at rest",
      );
      one.set("a", "1");
      holds(one.status.backlog > 0, "a pending write is in the backlog");
      await one.flush();
      same([one.status.backlog, one.status.lag], [0, 0], "the status when all is acknowledged");
      await one.sync({ after: one.status.cursor });
      await trial.close(one);
      same(one.status.state, "closed", "the state when it is closed");
    },
  },
];
