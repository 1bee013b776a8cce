/**
 * Promises about what entries become: deadlines, metadata, numbers and times.
 *
 * @module
 */

import type { MetadataPatch, Operation } from "../../../backends/operations.js";
import { holds, same } from "../asserting.js";
import type { BackendPromise } from "./promise.js";
import { put, type Replica, remove, type Trial, text, textOf } from "./trial.js";

async function entryOf(replica: Replica, key: string) {
  const entry = (await replica.entries()).get(key);
  holds(entry !== undefined, `an entry is under ${JSON.stringify(key)}`);
  return entry;
}

const annotate = (key: string, metadata: MetadataPatch) => ({ type: "annotate", key, metadata }) as const;

/** Deadlines. */
export const expiryPromises: readonly BackendPromise[] = [
  {
    name: "a deadline is the backend's time of the commit and the ttl; never, as it is and an absolute one are what they say",
    async attempt(trial) {
      const one = await trial.open();
      const { time } = await one.committed([put("a", "1", 60_000), put("b", "1"), put("c", "1", "keep")]);
      same((await entryOf(one, "a")).deadline, time + 60_000, "a ttl of a minute");
      same([(await entryOf(one, "b")).deadline, (await entryOf(one, "c")).deadline], [Infinity, Infinity], "never, and none that it had");
      const absolute = time + 90_000;
      await one.committed([put("a", "2", "keep"), put("b", "2", { deadline: absolute })]);
      same(
        [(await entryOf(one, "a")).deadline, (await entryOf(one, "b")).deadline],
        [time + 60_000, absolute],
        "what it had, and an absolute one",
      );
      await one.committed([put("a", "3")]);
      same((await entryOf(one, "a")).deadline, Infinity, "never, after it had one");
    },
  },
  {
    name: "an entry whose deadline has come counts as missing, and its metadata with it",
    isGiven: ({ metadata }) => metadata,
    async attempt(trial) {
      const one = await trial.open();
      const first = await one.committed([put("a", "1", 20, { tags: ["old"] }), put("b", "1", 20)]);
      await trial.pass(one, 20);
      same(await one.texts(), {}, "what is there");
      const none = await one.committed([remove("a"), { type: "touch", key: "b", ttl: null }, annotate("b", { addTag: "t" })]);
      same(none.changed, false, "whether changes of it are changes");
      const next = await one.committed([put("a", "2", "keep")], { conditions: [{ key: "a", version: 0 }] });
      const { createdAt, deadline, metadata } = await entryOf(one, "a");
      same([createdAt, deadline, metadata], [next.time, Infinity, undefined], "times and metadata of an entry in its place");
      holds(next.time >= first.time + 20, "time has passed");
    },
  },
  {
    name: "a write that would expire at once deletes",
    async attempt(trial) {
      const one = await trial.open();
      const { time } = await one.committed([put("a", "1"), put("b", "1")]);
      const past = await one.committed([put("a", "2", { deadline: time }), { type: "touch", key: "b", ttl: { deadline: time } }]);
      same(past.changed, true, "whether deleting is a change");
      same(await one.texts(), {}, "what is there");
      same((await one.committed([put("c", "1", { deadline: time })])).changed, false, "whether deleting nothing is a change");
    },
  },
  {
    name: "a touch sets the deadline and the number, and leaves the value and the metadata",
    isGiven: ({ metadata }) => metadata,
    async attempt(trial) {
      const one = await trial.open();
      const made = await one.committed([put("a", "1", 60_000, { tags: ["t"] })]);
      await trial.pass(one, 5);
      const touched = await one.committed([{ type: "touch", key: "a", ttl: 5_000 }]);
      const entry = await entryOf(one, "a");
      same([textOf(entry.value), entry.deadline, entry.number], ["1", touched.time + 5_000, touched.number], "value, deadline and number");
      same([entry.createdAt, entry.metadata?.number, entry.metadata?.tags], [made.time, made.number, ["t"]], "creation and metadata");
    },
  },
  {
    name: "an expire removes an entry of that version when its deadline has come, and else does nothing",
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("a", "1", 20), put("b", "1", 20), put("c", "1")]);
      const expire = (key: string, version: number) => ({ type: "expire", key, version }) as const;
      same((await one.committed([expire("c", number)])).changed, false, "one that never expires");
      await trial.pass(one, 20);
      same((await one.committed([expire("a", number + 1)])).changed, false, "one of another version");
      const removed = await one.committed([expire("a", number), expire("missing", number)]);
      same(removed.changed, true, "one that has expired");
      same((await one.committed([expire("a", number)])).changed, false, "one that is gone");
    },
  },
  {
    // Who reads commits was never told that it went: no delete of what is missing, and no removal either, for there was nothing any more.
    name: "what has expired is removed by an expire only, and by no delete or clear beside it",
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("a", "1", 20), put("b", "1", 20), put("c", "1"), put("d", "1")]);
      const expire = (key: string) => ({ type: "expire", key, version: number }) as const;
      await trial.pass(one, 20);
      await one.committed([remove("a"), remove("c")]);
      same((await one.committed([expire("a")])).changed, true, "whether one is there that was deleted");
      await one.committed([{ type: "clear", prefix: "" }]);
      same((await one.committed([expire("b")])).changed, true, "whether one is there that was cleared");
      same(await one.texts(), {}, "what is there");
    },
  },
];

/** What a backend without deadlines, without metadata or for texts alone must say. */
export const refusalPromises: readonly BackendPromise[] = [
  {
    name: "a deadline is refused with NOT_SUPPORTED",
    isGiven: ({ expiry }) => !expiry,
    attempt: (trial) => isNotSupported(trial, put("a", "1", 1_000)),
  },
  {
    name: "metadata is refused with NOT_SUPPORTED",
    isGiven: ({ metadata }) => !metadata,
    attempt: (trial) => isNotSupported(trial, put("a", "1", null, { tags: ["t"] })),
  },
  {
    name: "a value that is no text is refused with NOT_SUPPORTED",
    isGiven: ({ values }) => values === "string",
    attempt: (trial) => isNotSupported(trial, { type: "put", key: "a", value: { encoding: 2, bytes: text("1").bytes }, ttl: null }),
  },
];

async function isNotSupported(trial: Trial, operation: Operation): Promise<void> {
  const one = await trial.open();
  const answer = await one.commit([put("b", "1"), operation]);
  same(answer.type === "refused" && answer.code, "NOT_SUPPORTED", "the answer");
  same(await one.texts(), {}, "what is there");
}

/** Metadata. */
export const metadataPromises: readonly BackendPromise[] = [
  {
    name: "metadata has a cell of its own: a write leaves it, and it leaves the value",
    async attempt(trial) {
      const one = await trial.open();
      const made = await one.committed([put("a", "1", null, { tags: ["t"], description: "told" })]);
      await trial.pass(one, 5);
      const written = await one.committed([put("a", "2")]);
      const entry = await entryOf(one, "a");
      same([entry.number, entry.metadata?.number, entry.metadata?.tags], [written.number, made.number, ["t"]], "numbers and tags");
      await trial.pass(one, 5);
      const noted = await one.committed([annotate("a", { addTag: "u" })]);
      const { number, createdAt, updatedAt, metadata } = await entryOf(one, "a");
      same([number, metadata?.number, metadata?.description], [written.number, noted.number, "told"], "numbers after it was annotated");
      same([createdAt, updatedAt], [made.time, noted.time], "times");
      same(
        (await one.commit([put("a", "3")], { conditions: [{ key: "a", version: written.number }] })).type,
        "conflict",
        "its version is the later number",
      );
      await one.committed([put("a", "3")], { conditions: [{ key: "a", version: noted.number }] });
    },
  },
  {
    name: "a patch replaces, adds and removes what it names, and leaves the rest",
    async attempt(trial) {
      const one = await trial.open();
      await one.committed([
        put("a", "1", null, {
          tags: ["b", "a"],
          properties: [
            ["p", text("1")],
            ["q", text("2")],
          ],
          description: "told",
        }),
      ]);
      await one.committed([annotate("a", { addTag: "\uffff" }), annotate("a", { addTag: "\u{1f600}" }), annotate("a", { removeTag: "a" })]);
      await one.committed([
        annotate("a", { setProperty: ["p", text("3")] }),
        annotate("a", { setProperty: ["r", text("4")] }),
        annotate("a", { removeProperty: "q" }),
      ]);
      const { metadata } = await entryOf(one, "a");
      same(metadata?.tags, ["b", "\uffff", "\u{1f600}"], "tags, in the order of code points");
      same(
        metadata?.properties.map(([name, value]) => [name, textOf(value)]),
        [
          ["p", "3"],
          ["r", "4"],
        ],
        "properties, in their order",
      );
      same(metadata?.description, "told", "the description");
      await one.committed([annotate("a", { tags: [], properties: [], description: null })]);
      const emptied = (await entryOf(one, "a")).metadata;
      same([emptied?.tags, emptied?.properties, emptied?.description], [[], [], null], "what emptying leaves");
    },
  },
  {
    name: "a patch that changes nothing is no change, and one on a missing entry does nothing",
    async attempt(trial) {
      const one = await trial.open();
      await one.committed([put("a", "1", null, { tags: ["t"], properties: [["p", text("1")]] }), put("b", "1")]);
      const none = await one.committed([
        annotate("a", { addTag: "t" }),
        annotate("a", { removeTag: "u" }),
        annotate("a", { setProperty: ["p", text("1")] }),
        annotate("b", { tags: [], description: null }),
        annotate("missing", { addTag: "t" }),
      ]);
      same(none.changed, false, "whether any of them is a change");
      same((await entryOf(one, "b")).metadata, undefined, "metadata of an entry that never had some");
    },
  },
  {
    name: "what is deleted takes its metadata along",
    async attempt(trial) {
      const one = await trial.open();
      await one.committed([put("a", "1", null, { tags: ["t"] })]);
      await one.committed([remove("a"), put("a", "2")]);
      same((await entryOf(one, "a")).metadata, undefined, "metadata of an entry in its place");
    },
  },
];
