/**
 * Promises about stores as a whole: their names, formats, and what closing and opening again leave.
 *
 * @module
 */

import { encodeOperations, type Operation } from "../../../backends/operations.js";
import { holds, rejects, same } from "../asserting.js";
import type { BackendAbilities } from "./options.js";
import type { BackendPromise } from "./promise.js";
import { requireReplaced } from "./replaced.js";
import { put, text } from "./trial.js";

/** Names, and the size of commits. */
export const storePromises: readonly BackendPromise[] = [
  {
    name: "stores of other names are other stores",
    isGiven: ({ names }) => names,
    async attempt(trial) {
      const names = ["one", "two", "", "one:", "\u{1f600}", "ONE", "../one"];
      const replicas = await Promise.all(names.map((name) => trial.open({ name, replica: "the same" })));
      await Promise.all(replicas.map((replica, at) => replica.committed([put("a", String(at)), put(`own:${at}`, "1")])));
      for (const [at, replica] of replicas.entries()) {
        same(await replica.texts(), { a: String(at), [`own:${at}`]: "1" }, `what is in the store ${JSON.stringify(names[at])}`);
        same((await replica.store.head()).number, (await replica.entries()).get("a")?.number, "its numbers are its own");
      }
      same(new Set(replicas.map(({ store }) => store.header.id)).size, names.length, "how many ids they have");
    },
  },
  {
    name: "a name or a scope that UTF-8 cannot hold is refused: it would be another's",
    async attempt(trial) {
      for (const text of ["\ud800", "a\udc00"]) {
        await rejects(trial.open({ name: text }), "INVALID_ARGUMENT", "the name");
        await rejects(trial.open({ scope: text }), "INVALID_ARGUMENT", "the scope");
      }
    },
  },
  {
    name: "a commit that is larger than declared is refused, and one that is as large is not for that",
    async attempt(trial) {
      const one = await trial.open();
      const sized = (bytes: number): Operation => ({ type: "put", key: "a", value: text("x".repeat(bytes)), ttl: null });
      const room = trial.maxCommitBytes - encodeOperations([sized(0)]).length;
      const larger = await one.commit([sized(room + 1)]);
      same(larger.type === "refused" && larger.code, "COMMIT_TOO_LARGE", "the answer");
      same(await one.texts(), {}, "what is there");
      // It may have no room for it beside what it keeps of the store.
      const asLarge = await one.commit([sized(room)]);
      holds(
        asLarge.type === "committed" || (asLarge.type === "refused" && asLarge.code === "QUOTA_EXCEEDED"),
        `it is taken, not answered ${JSON.stringify(asLarge)}`,
      );
    },
  },
];

const withFormats = (_: unknown, { formats = false }: BackendAbilities) => formats;

/** Formats. */
export const formatPromises: readonly BackendPromise[] = [
  {
    name: "a store that asks for a later version to read it is refused, and left as it is",
    isGiven: withFormats,
    async attempt(trial) {
      const later = await trial.open({ settings: { formats: { knows: 9, read: 9, write: 9 } } });
      await later.committed([put("a", "1")]);
      await rejects(trial.open(), "FORMAT_TOO_NEW", "an earlier version that opens it");
      same(await later.texts(), { a: "1" }, "what is there");
    },
  },
  {
    name: "a store that asks for a later version to write it makes the earlier one a reader",
    isGiven: withFormats,
    async attempt(trial) {
      const later = await trial.open({ settings: { formats: { knows: 9, read: 1, write: 9 } } });
      const { number } = await later.committed([put("a", "1")]);
      const earlier = await trial.open();
      holds(later.store.isWritable && !earlier.store.isWritable, "only the later one may write");
      same(await earlier.texts(), { a: "1" }, "what the earlier one reads");
      const log = earlier.follow(0);
      await log.reaches(number);
      const answer = await earlier.commit([put("a", "2")]);
      same(answer.type === "refused" && answer.code, "FORMAT_TOO_NEW", "the answer to its commit");
      await rejects(earlier.store.upgrade(), "FORMAT_TOO_NEW", "its upgrade");
    },
  },
  {
    name: "only an upgrade raises the format, and then earlier versions that have it open write no more",
    isGiven: withFormats,
    async attempt(trial) {
      const earlier = await trial.open();
      const { readFormat, writeFormat } = earlier.store.header;
      const later = await trial.open({ settings: { formats: { knows: 9, read: 1, write: 9 } } });
      same(
        [later.store.header.readFormat, later.store.header.writeFormat],
        [readFormat, writeFormat],
        "formats after a later version has opened it",
      );
      await later.committed([put("a", "1")]);
      await earlier.committed([put("a", "2")]);
      const upgraded = await later.store.upgrade();
      same(
        [upgraded.writeFormat, later.store.header.writeFormat, upgraded.id],
        [9, 9, earlier.store.header.id],
        "formats and id after the upgrade",
      );
      const answer = await earlier.commit([put("a", "3")]);
      same(answer.type === "refused" && answer.code, "FORMAT_TOO_NEW", "the answer to the earlier version");
      same(await later.texts(), { a: "2" }, "what is there");
    },
  },
  {
    name: "a commit from before an upgrade is answered as at first when it is sent again",
    isGiven: withFormats,
    async attempt(trial) {
      const earlier = await trial.open();
      const later = await trial.open({ settings: { formats: { knows: 9, read: 1, write: 9 } } });
      const request = earlier.next([put("a", "1")]);
      const first = await earlier.store.commit(request);
      await later.store.upgrade();
      same(await earlier.store.commit({ ...request, isRetry: true }), first, "the answer after the upgrade");
      const next = await earlier.commit([put("a", "2")]);
      same(next.type === "refused" && next.code, "FORMAT_TOO_NEW", "the answer to the next commit");
    },
  },
  {
    name: "an upgrade to what the store has already changes nothing",
    async attempt(trial) {
      const one = await trial.open();
      const { header } = one.store;
      same(await one.store.upgrade(), header, "the header after it");
      await one.committed([put("a", "1")]);
    },
  },
];

/** The same store. */
export const replacementPromises: readonly BackendPromise[] = [
  {
    name: "a store that was replaced takes no commit of who had it open, until that one has loaded the other",
    isGiven: (_, { replace = false }) => replace,
    attempt: (trial) => requireReplaced(trial, () => trial.replace()),
  },
];

/** Opening and closing. */
export const lifetimePromises: readonly BackendPromise[] = [
  {
    name: "what was committed is there when the store is opened again, and goes on from there",
    async attempt(trial) {
      const first = await trial.connect();
      const one = await trial.open({ backend: first });
      const { number } = await one.committed([put("a", "1"), put("b", "1")]);
      const before = await one.entries();
      const { id } = one.store.header;
      await one.store.close();
      await first.close();
      const again = await trial.open();
      same(again.store.header.id, id, "its id");
      if (trial.keepsHistory) same(await again.entries(), before, "its entries");
      same(await again.texts(), { a: "1", b: "1" }, "its texts");
      const next = await again.committed([put("a", "2")]);
      same(next.after, number, "the commit that the next one comes after");
      const log = again.follow(trial.keepsHistory ? 0 : number);
      await log.reaches(next.number);
      same(
        log.commits.map((commit) => commit.number),
        trial.keepsHistory ? [number, next.number] : [next.number],
        "its log",
      );
    },
  },
  {
    name: "a store that is closed rejects with CLOSED and tells nothing more; others go on",
    async attempt(trial) {
      const backend = await trial.connect();
      const [one, other] = [await trial.open({ backend }), await trial.open({ backend })];
      const log = one.follow(0);
      await one.store.close();
      await one.store.close();
      await rejects(one.commit([put("a", "1")]), "CLOSED", "a commit");
      await rejects(one.store.load(), "CLOSED", "a load");
      await rejects(one.store.head(), "CLOSED", "a look at the head");
      await other.committed([put("a", "1")]);
      const witness = other.follow(0);
      await witness.reaches((await other.store.head()).number);
      same(log.commits, [], "what it is told");
    },
  },
  {
    name: "a backend that is closed closes its stores, and opens no more",
    async attempt(trial) {
      const backend = await trial.connect();
      const one = await trial.open({ backend });
      await backend.close();
      await backend.close();
      await rejects(one.commit([put("a", "1")]), "CLOSED", "a commit");
      await rejects(trial.open({ backend }), "CLOSED", "opening another");
      same(await (await trial.open()).texts(), {}, "what another connection finds");
    },
  },
];
