/** The promises of reading and writing at a size where rows are reused, pages compact and the memo turns: long random churn beside a `Map`. */
import { describe, expect, it } from "vitest";
import type { Store, StoreOptions } from "../../ts/index.js";
import { compareKeys } from "./model.js";
import { contentsOf, timedStore } from "./support.js";

/** Numbers below a bound, the same in every run. */
function numbersFrom(seed: number) {
  let state = seed;
  return (bound: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const values = (random: (bound: number) => number): unknown => {
  switch (random(4)) {
    case 0:
      return random(1_000_000);
    case 1:
      return "v".repeat(random(300));
    case 2:
      return { list: [random(10), "é".repeat(random(20))] };
    default:
      return `short ${random(100)}`;
  }
};

function churn(seed: number, keyCount: number, options: StoreOptions): void {
  const random = numbersFrom(seed);
  const { store, clock } = timedStore(options);
  const map = new Map<string, { value: unknown; deadline: number }>();
  const views: [Store, string][] = [
    [store, ""],
    [store.scope("s"), "s:"],
  ];
  for (let step = 0; step < 12_000; step++) {
    const [view, prefix] = views[random(2)] as [Store, string];
    const key = `${random(2) === 0 ? "s:" : ""}k${random(keyCount)}`;
    const full = prefix + key;
    const phase = Math.floor(step / 2_000) % 2;
    const choice = random(100);
    if (choice < (phase === 0 ? 60 : 20)) {
      const value = values(random);
      const ttl = random(3) === 0 ? 1 + random(500) : null;
      view.set(key, value as string, { ttl });
      map.set(full, { value, deadline: ttl === null ? Number.POSITIVE_INFINITY : clock.now() + ttl });
    } else if (choice < 85) {
      expect(view.delete(key)).toBe(map.delete(full));
    } else {
      clock.advance(1);
      for (const [name, { deadline }] of map) if (deadline <= clock.now()) map.delete(name);
    }
    const asked = `k${random(keyCount)}`;
    expect(view.get(asked)).toEqual(map.get(prefix + asked)?.value);
    if (step % 2_000 === 1_999) {
      const expected = [...map].map(([name, { value }]) => [name, value] as const).sort(([a], [b]) => compareKeys(a, b));
      expect(contentsOf(store)).toEqual(expected);
      expect(store.size).toBe(map.size);
      if (step % 4_000 === 3_999) {
        const { prefix: cleared, view: target } = { prefix: prefix || "s:", view: store.scope("s") };
        const names = [...map.keys()].filter((name) => name.startsWith(cleared));
        expect(target.clear()).toBe(names.length);
        for (const name of names) map.delete(name);
      }
    }
  }
  store.dispose();
}

describe("long churn", () => {
  it.each<[string, number, number, StoreOptions]>([
    ["among few keys", 1, 30, {}],
    ["among many keys", 2, 5_000, {}],
    ["with a memo that turns", 3, 2_000, { memo: { maxBytes: 100_000 } }],
    ["without a memo", 4, 2_000, { memo: false }],
  ])("leaves exactly what a map would hold: %s", (_, seed, keyCount, options) => churn(seed, keyCount, options));
});
