/**
 * Operations of those who hear of changes.
 *
 * @module
 */
import { consume, valueAt } from "../lib/data.mjs";
import { each } from "./stand.mjs";

/** @typedef {import("./stand.mjs").Operation} Operation */
/** @typedef {import("./stand.mjs").Stand} Stand */

/**
 * Overwrites that somebody hears of.
 *
 * @param {Stand["store"]} store
 * @param {readonly string[]} keys
 * @param {(hear: () => void) => () => void} listen
 * @returns {import("../lib/timing.mjs").Subject}
 */
function heardBy(store, keys, listen) {
  let heard = 0;
  let stop = () => {};
  return {
    ...each((key, at) => store.set(key, valueAt(at)))([keys]),
    before() {
      stop = listen(() => {
        heard += 1;
      });
    },
    after() {
      stop();
      consume(heard);
    },
  };
}

/** @type {readonly Operation[]} */
export const hearing = [
  {
    name: "a write that is heard",
    does: "overwrites of keys whose scope is listened to",
    of: ["watch"],
    on: "plain",
    subject: ({ store, few }) => heardBy(store, few, (hear) => store.watch({ prefix: "scope" }, hear)),
  },
  {
    name: "a write with a subscriber",
    does: "the same, of one who hears of every commit",
    of: ["subscribe"],
    on: "plain",
    subject: ({ store, few }) => heardBy(store, few, (hear) => store.subscribe(hear)),
  },
  {
    name: "waitFor",
    does: "waits for an entry, and sets it",
    of: ["waitFor"],
    on: "plain",
    subject: ({ store }) => ({
      async: true,
      count: 200,
      async run() {
        for (let time = 0; time < 200; time++) {
          const waiting = store.waitFor("waited for");
          store.set("waited for", time);
          consume(/** @type {number} */ (await waiting));
          store.delete("waited for");
        }
      },
    }),
  },
  {
    name: "changes",
    does: "a write of a clone, and its commit from a feed",
    of: ["changes"],
    on: "plain",
    subject({ store }) {
      /** @type {typeof store} */
      let copy;
      /** @type {ReturnType<typeof store.changes>} */
      let feed;
      return {
        async: true,
        count: 200,
        before() {
          // Of a clone, since a store keeps history from its first feed on.
          copy = store.clone();
          feed = copy.changes();
        },
        after: () => copy.dispose(),
        async run() {
          for (let time = 0; time < 200; time++) {
            copy.set("told", time);
            const { value } = await feed.next();
            consume(value?.changes.length ?? 0);
          }
        },
      };
    },
  },
];
