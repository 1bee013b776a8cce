/**
 * Writing where others listen to something else.
 *
 * @module
 */
import { createStore } from "holdall";
import { createStore as createTinyStore } from "tinybase";
import { consume, makeKeys, makeSequence, valueAt } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */

const alone = "holdall without listeners";

/** @type {Group} */
const elsewhere = {
  name: "write with 100 listeners on other keys, 1,000 entries",
  does: "overwrites one of 900 strings while 100 others are listened to; Pepr's Storage tells every subscriber the whole content of every write that it has received",
  unit: "ns",
  comparisons: [
    { against: "tinybase", atMost: 0.1 },
    { against: "Pepr's Storage with 100 subscribers", atMost: 0.0001 },
    { against: alone },
  ],
  async measure(scale) {
    // Loaded late: it is large, and no other row needs it.
    const { Capability } = await import("pepr");
    const keys = makeKeys(1_000);
    const [heard, unheard] = [keys.slice(0, 100), keys.slice(100)];
    const store = createStore();
    const quiet = createStore();
    const tiny = createTinyStore();
    const storage = new Capability({ name: "bench", description: "beside ours", namespaces: [] }).registerStore();
    /** @type {Record<string, string>} */
    const content = {};
    // The smallest cluster: what is sent is there, and everything is received again.
    storage.registerSender((_operation, [key = ""], value = "") => {
      content[key] = value;
      storage.receive(content);
    });
    for (const [index, key] of keys.entries()) {
      store.set(key, valueAt(index));
      quiet.set(key, valueAt(index));
      tiny.setValue(key, valueAt(index));
      content[`v2-${key}`] = valueAt(index);
    }
    storage.receive(content);
    let calls = 0;
    const listener = () => {
      calls += 1;
    };
    for (const key of heard) {
      store.watch(key, listener);
      tiny.addValueListener(key, listener);
      storage.subscribe(listener);
    }
    const sequence = makeSequence(unheard, scale.size(20_000));
    const fewer = sequence.slice(0, scale.size(5_000));
    const few = sequence.slice(0, scale.quick ? 2 : 3);
    const samples = await interleave(
      {
        [holdall]: {
          run() {
            for (let index = 0; index < sequence.length; index++) store.set(/** @type {string} */ (sequence[index]), valueAt(index));
          },
        },
        [alone]: {
          run() {
            for (let index = 0; index < sequence.length; index++) quiet.set(/** @type {string} */ (sequence[index]), valueAt(index));
          },
        },
        tinybase: {
          count: fewer.length,
          run() {
            for (let index = 0; index < fewer.length; index++) tiny.setValue(/** @type {string} */ (fewer[index]), valueAt(index));
          },
        },
        "Pepr's Storage with 100 subscribers": {
          count: few.length,
          run() {
            for (let index = 0; index < few.length; index++) storage.setItem(/** @type {string} */ (few[index]), valueAt(index));
          },
        },
      },
      { count: sequence.length, rounds: scale.rounds(21) },
    );
    consume(calls);
    for (const one of [store, quiet]) one.dispose();
    return { samples };
  },
};

/** @type {readonly Group[]} */
export const listeners = [elsewhere];
