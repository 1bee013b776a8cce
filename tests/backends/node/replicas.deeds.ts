/**
 * What may be done to a replica in a life, and how often it is.
 *
 * @module
 */
import type { SetOptions, Value } from "../../../ts/index.js";
import { createStore } from "../../../ts/index.js";
import { leap } from "./lives.js";
import type { Life, Replica } from "./replicas.trial.js";

/** Who does something, and to what. */
export interface Doing {
  readonly life: Life;
  readonly replica: Replica;
  readonly random: () => number;
  /** A key that others know too. */
  readonly key: string;
  /** A value that nobody has written before. */
  readonly value: number;
}

interface Deed {
  /** How often it is done, beside the others. */
  readonly weight: number;
  /** Whether it is done in such a life; in any where it is left out. */
  readonly isOf?: (life: Life) => boolean;
  readonly act: (doing: Doing) => unknown;
}

const expires = ({ plan }: Life) => plan.expires;

/** Conflicts are a matter of course here. */
const patient = { retries: 1_000 };

/** The options of a write: where entries expire, half of them do. */
function someTtl({ life, random }: Doing): SetOptions {
  return life.plan.expires && random() < 0.5 ? { ttl: 10 + Math.floor(random() * 400) } : {};
}

/** What another store holds: keys that replicas have, and others. */
function otherStore() {
  const other = createStore();
  other.setMany([
    ["a", "merged"],
    ["s:b", "merged"],
    ["x", "merged"],
  ]);
  return other;
}

/** What a snapshot replaces all by. */
function otherSnapshot(): Uint8Array {
  const other = createStore();
  other.setMany([
    ["a", "restored"],
    ["y", "restored"],
  ]);
  return other.snapshot();
}

const deeds: readonly Deed[] = [
  { weight: 32, act: (doing) => doing.replica.store.set(doing.key, doing.value, someTtl(doing)) },
  { weight: 3, isOf: expires, act: ({ replica: { store }, key, value }) => store.set(key, value, { keepTtl: true }) },
  { weight: 3, act: ({ replica: { store }, key, value }) => store.set(key, value, { tags: [`t${value % 3}`] }) },
  {
    weight: 4,
    act: (doing) => {
      const { life, replica, key, value } = doing;
      life.decided("setAndWait", replica.store.setAndWait(key, value, someTtl(doing)));
    },
  },
  { weight: 7, act: ({ replica: { store }, key }) => store.delete(key) },
  { weight: 4, act: ({ replica: { store } }) => store.clear() },
  {
    weight: 4,
    act: ({ replica: { store }, value }) =>
      store.setMany([
        ["a", value],
        ["b", value],
      ]),
  },
  {
    weight: 8,
    act: ({ life, replica: { store }, key, value }) =>
      life.decided(
        "update",
        store.update<Value>(key, (known) => `${String(known).slice(0, 5)}${value}`, patient),
      ),
  },
  {
    weight: 6,
    act: ({ life, replica: { store }, key }) =>
      life.decided(
        "transaction",
        store.transaction((tx) => tx.set(key, [...tx.keys()].length), patient),
      ),
  },
  {
    weight: 3,
    act: ({ life, replica: { store }, key, value }) =>
      life.decided("compareAndSet", store.compareAndSet(key, value, { version: store.meta(key)?.version ?? 0 }), ["CONFLICT"]),
  },
  { weight: 4, act: ({ life, replica: { store }, key, value }) => life.decided("addTag", store.addTag(key, `t${value % 3}`, patient)) },
  {
    weight: 2,
    act: ({ life, replica: { store }, key, value }) => life.decided("removeTag", store.removeTag(key, `t${value % 3}`, patient)),
  },
  {
    weight: 2,
    act: ({ life, replica: { store }, key, value }) =>
      life.decided("setMeta", store.setMeta(key, { tags: [], properties: { value } }, patient)),
  },
  {
    weight: 4,
    act: ({ life, replica: { store }, random }) =>
      life.decided("merge", store.merge(otherStore(), random() < 0.5 ? "skip" : "overwrite", patient)),
  },
  { weight: 3, act: ({ life, replica: { store } }) => life.decided("restore", store.restore(otherSnapshot(), patient)) },
  { weight: 3, isOf: expires, act: ({ life, replica: { store }, key }) => life.decided("touch", store.touch(key, 100, patient)) },
  { weight: 2, isOf: expires, act: ({ life, replica: { store }, key }) => life.decided("persist", store.persist(key, patient)) },
  { weight: 8, act: ({ life, replica: { store } }) => life.decided("sync", store.sync()) },
  { weight: 6, act: ({ life, replica: { store } }) => life.decided("flush", store.flush()) },
  {
    weight: 4,
    act: ({ life, replica: { witness }, key, random }) => {
      const isThere = random() < 0.5;
      const waiting = witness.waitFor(key, (value) => (value !== undefined) === isThere, 1 + Math.floor(random() * 300));
      life.decided("waitFor", waiting, ["TIMEOUT"]);
    },
  },
  { weight: 3, act: ({ replica: { witness } }) => witness.feed.resume() },
  { weight: 3, act: ({ life, replica, random }) => life.reopen(replica, random() < 0.3 ? 1 + Math.floor(random() * 20) : undefined) },
  { weight: 5, isOf: expires, act: ({ random }) => leap(Math.floor(random() * 200)) },
  { weight: 2, isOf: ({ plan }) => plan.isRemoved, act: ({ life }) => life.decided("remove", life.backend.remove({ name: "default" })) },
  { weight: 2, isOf: ({ plan }) => plan.traps, act: ({ life }) => life.trap() },
];

/** Draws something that is done in such a life. */
export function drawDeed(life: Life, random: () => number): Deed["act"] {
  const possible = deeds.filter(({ isOf }) => isOf?.(life) ?? true);
  let left = random() * possible.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, act } of possible) {
    left -= weight;
    if (left < 0) return act;
  }
  return () => undefined;
}
