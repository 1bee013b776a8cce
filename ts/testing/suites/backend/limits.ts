/**
 * Promises about limits: what a store may hold over all its replicas, and how what has expired makes room.
 *
 * @module
 */

import { sweptAtOnce } from "../../../backends/backend.js";
import { decodeOperations, type Operation } from "../../../backends/operations.js";
import { rejects, same } from "../asserting.js";
import type { BackendPromise } from "./promise.js";
import { put, remove, text } from "./trial.js";

/** Limits. */
export const limitPromises: readonly BackendPromise[] = [
  {
    name: "limits are held exactly, and what would pass them changes nothing",
    async attempt(trial) {
      const one = await trial.open({ limits: { maxEntries: 2, maxBytes: 20 } });
      const other = await trial.open();
      await one.committed([put("a", "1"), put("b", "1")]);
      const third = await other.commit([put("c", "1")]);
      same(third.type === "refused" && third.code, "QUOTA_EXCEEDED", "the answer to a third entry");
      const swapped = await other.committed([put("c", "1"), remove("a")]);
      same(swapped.changed, true, "an entry that takes the place of another");
      // Two keys and one value of a byte each leave 17.
      await one.committed([put("b", "x".repeat(17))]);
      const larger = await one.commit([put("b", "x".repeat(18))]);
      same(larger.type === "refused" && larger.code, "QUOTA_EXCEEDED", "the answer to a byte more");
      const tagged = await one.commit([{ type: "annotate", key: "b", metadata: { addTag: "t" } }]);
      same(tagged.type === "refused" && tagged.code, "QUOTA_EXCEEDED", "the answer to a tag");
      same(await other.texts(), { b: "x".repeat(17), c: "1" }, "what is there");
    },
  },
  {
    name: "keys, values and metadata count by their bytes, all of them and nothing else",
    isGiven: ({ metadata }) => metadata,
    async attempt(trial) {
      // A key, a tag and the name of a property of two bytes each, a value of one, a property of two, and a description of three.
      const one = await trial.open({ limits: { maxBytes: 12 } });
      await one.committed([put("é", "1", null, { tags: ["é"], properties: [["é", text("12")]], description: "€" })]);
      const more: Readonly<Record<string, Operation>> = {
        "a tag": { type: "annotate", key: "é", metadata: { tags: ["é1"] } },
        "the name of a property": { type: "annotate", key: "é", metadata: { properties: [["é1", text("12")]] } },
        "a property": { type: "annotate", key: "é", metadata: { setProperty: ["é", text("123")] } },
        "a description": { type: "annotate", key: "é", metadata: { description: "€1" } },
        "a value": put("é", "12"),
      };
      for (const [what, operation] of Object.entries(more)) {
        const answer = await one.commit([operation]);
        same(answer.type === "refused" && answer.code, "QUOTA_EXCEEDED", `the answer to a byte more of ${what}`);
      }
    },
  },
  {
    name: "what has expired takes no room",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const one = await trial.open({ limits: { maxEntries: 2 } });
      await one.committed([put("a", "1", 20), put("b", "1", 10_000_000)]);
      same((await one.commit([put("c", "1")])).type, "refused", "the answer while it is there");
      await trial.pass(one, 20);
      await one.committed([put("c", "1", 20)]);
      same((await one.commit([put("d", "1")])).type, "refused", "the answer when its room is taken");
      await trial.pass(one, 20);
      await one.committed([put("d", "1")]);
      same(await one.texts(), { b: "1", d: "1" }, "what is there");
    },
  },
  {
    name: "what has expired takes no bytes either, the first and what expires after it",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const one = await trial.open({ limits: { maxBytes: 6 } });
      await one.committed([put("a", "12", 20), put("b", "12", 400)]);
      await trial.pass(one, 20);
      await one.committed([put("c", "12")]);
      await trial.pass(one, 380);
      await one.committed([put("d", "12")]);
      same(await one.texts(), { c: "12", d: "12" }, "what is there");
    },
  },
  {
    name: "what goes to make room is told to who follows, before the commit that it makes room for",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const one = await trial.open({ limits: { maxEntries: 3 } });
      const first = await one.committed([put("a", "1", 20), put("b", "1", 20), put("c", "1", 10_000_000)]);
      const follower = (await trial.open()).follow(first.number);
      await trial.pass(one, 20);
      const full = await one.commit([put("c", "2"), put("d", "1"), put("e", "1"), put("f", "1")]);
      same(full.type === "refused" && full.code, "QUOTA_EXCEEDED", "the answer to one too many");
      const made = await one.committed([put("b", "2"), put("d", "1")]);
      await follower.reaches(made.number);
      const told = follower.commits.map(({ operations, replica }) => [
        replica === one.name,
        decodeOperations(operations)
          .map(({ type, ...rest }) => [type, "key" in rest && rest.key])
          .sort(),
      ]);
      const swept = [
        ["expire", "a"],
        ["expire", "b"],
      ];
      const written = [
        ["put", "b"],
        ["put", "d"],
      ];
      same(
        told,
        [
          [false, swept],
          [true, written],
        ],
        "what is told",
      );
      same(
        [made.after, made.number],
        follower.commits.map(({ number }) => number),
        "the numbers",
      );
    },
  },
  {
    name: "to make room is no change of a range: what goes was missing already",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const one = await trial.open({ limits: { maxEntries: 2 } });
      const { number } = await one.committed([put("s:a", "1", 20), put("b", "1", 10_000_000)]);
      await trial.pass(one, 20);
      const range = { prefix: "s:", reverse: false, since: number, own: 0 };
      await one.committed([put("c", "1")], { ranges: [range] });
      await (await trial.open()).committed([put("c", "2")], { ranges: [range] });
      same(await one.texts(), { b: "1", c: "2" }, "what is there");
    },
  },
  {
    name: "room is made for a commit that needs more than goes at once",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const many = (letter: string, ttl?: number) => Array.from({ length: sweptAtOnce + 10 }, (_, at) => put(`${letter}${at}`, "1", ttl));
      const one = await trial.open({ limits: { maxEntries: sweptAtOnce + 15 } });
      await one.committed(many("a", 20));
      await trial.pass(one, 20);
      await one.committed(many("b"));
      same((await one.entries()).size, sweptAtOnce + 10, "how many are there");
    },
  },
  {
    name: "limits are those that a store was made with",
    async attempt(trial) {
      const one = await trial.open({ limits: { maxEntries: 2 } });
      same(one.store.header.limits, { maxEntries: 2 }, "the limits of a store that is made");
      same((await trial.open()).store.header.limits, { maxEntries: 2 }, "the limits for who asks for none");
      same(
        (await trial.open({ limits: { maxEntries: 2 } })).store.header.limits,
        { maxEntries: 2 },
        "the limits for who asks for the same",
      );
      await rejects(trial.open({ limits: { maxEntries: 3 } }), "INVALID_ARGUMENT", "who asks for more entries");
      await rejects(trial.open({ limits: { maxBytes: 10 } }), "INVALID_ARGUMENT", "who asks for a limit that it has not");
    },
  },
];
