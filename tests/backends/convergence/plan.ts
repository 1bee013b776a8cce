/**
 * What a writer is going to do, by a seed: the same seed is the same plan.
 *
 * @module
 */
import { seeded } from "../../seeded.js";

/** One thing to do. Those with `isAwaited` are waited for before the next begins. */
export type Step = { readonly isAwaited: boolean } & (
  | { readonly type: "set" | "delete"; readonly key: string }
  | { readonly type: "clear" }
  | { readonly type: "pass"; readonly key: string; readonly ttl: number }
  | { readonly type: "increment"; readonly key: string; readonly by: number }
  | { readonly type: "swap"; readonly key: string }
  | { readonly type: "stamp"; readonly group: string; readonly byTransaction: boolean }
  | { readonly type: "move"; readonly from: number; readonly to: number; readonly amount: number }
);

/** The steps of a writer. */
export function plan(seed: number, count: number): Step[] {
  const next = seeded(seed);
  const below = (end: number) => Math.floor(next() * end);
  const name = (kind: string, count: number) => `${kind}:${below(count)}`;
  const kinds: readonly (() => Step)[] = [
    () => ({ type: "set", key: name("plain", 8), isAwaited: false }),
    () => ({ type: "set", key: name("plain", 8), isAwaited: next() < 0.3 }),
    () => ({ type: "delete", key: name("plain", 8), isAwaited: false }),
    () => ({ type: next() < 0.2 ? "clear" : "delete", key: name("plain", 8), isAwaited: false }),
    () => ({ type: "pass", key: name("passing", 4), ttl: 1 + below(200), isAwaited: false }),
    () => ({ type: "increment", key: name("count", 3), by: 1 + below(3), isAwaited: next() < 0.5 }),
    () => ({ type: "swap", key: name("cell", 3), isAwaited: next() < 0.5 }),
    () => ({ type: "stamp", group: String(below(3)), byTransaction: next() < 0.5, isAwaited: next() < 0.3 }),
    () => {
      const from = below(3);
      return { type: "move", from, to: (from + 1 + below(2)) % 3, amount: 1 + below(20), isAwaited: next() < 0.5 };
    },
  ];
  return Array.from({ length: count }, () => (kinds[below(kinds.length)] as () => Step)());
}
