/**
 * The promise of contract 15 on memory, in generated calls near its end: each of many stores, clones and scopes holds what it was told to, and
 * what was refused has changed nothing. On the engine as it is published, but for a limit of 12 MiB.
 */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Store } from "../../../ts/index.js";
import { storeFactory } from "../../../ts/store/factory.js";
import { errorOf } from "../support.js";
import { withMemory } from "./memory.support.js";

const engine = withMemory(await readFile("pkg/holdall_bg.wasm"), 12 * 2 ** 20);
const createStore = storeFactory(() => engine);

interface Held {
  readonly store: Store;
  readonly model: Map<string, string>;
}

let seed = 7;
function random(below: number): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

/** The codes that were met. */
const met = new Set<unknown>();

/** Makes a call; what it does to the model is done when it was not refused. */
function attempt(call: () => unknown, then: () => unknown = () => undefined): void {
  const error = errorOf(call);
  met.add(error === undefined ? "ok" : (error as { code?: unknown }).code);
  if (error === undefined) then();
}

function setAll(model: Map<string, string>, pairs: Iterable<readonly [string, string]>): void {
  for (const [key, value] of pairs) model.set(key, value);
}

function clear(model: Map<string, string>, prefix: string): void {
  for (const key of [...model.keys()]) if (key.startsWith(prefix)) model.delete(key);
}

function step(held: Held[], number: number): void {
  const at = random(held.length);
  const { store, model } = held[at] as Held;
  const key = `${["", "s:"][random(2)]}${random(400)}`;
  const value = `${number}${"x".repeat(1_000 * ([0, 0, 1, 2, 20, 200][random(6)] as number))}`;
  const pairs = Array.from({ length: random(300) }, (_, index) => [`${key}${index}`, value.slice(0, 900)] as [string, string]);
  const other = held[random(held.length)] as Held;
  const remove = () => model.delete(key);
  const addPairs = () => setAll(model, pairs);
  const cloneOrDispose = () => {
    if (held.length < 6) attempt(() => held.push({ store: store.clone(), model: new Map(model) }));
    else for (const gone of held.splice(at, 1)) gone.store.dispose();
  };
  const transact = () =>
    store.transaction((tx) => {
      tx.delete(key);
      for (const [each, text] of pairs) tx.set(each, text);
    });
  const steps = [
    () => attempt(() => store.delete(key), remove),
    () => attempt(() => store.setMany(pairs), addPairs),
    cloneOrDispose,
    // A copy, since it may be the same one.
    () =>
      attempt(
        () => store.merge(other.store, "overwrite"),
        () => setAll(model, new Map(other.model)),
      ),
    () =>
      attempt(
        () => store.scope("s").clear(),
        () => clear(model, "s:"),
      ),
    () => attempt(transact, () => [remove(), addPairs()]),
  ];
  const set = () =>
    attempt(
      () => store.set(key, value),
      () => model.set(key, value),
    );
  (steps[random(2 * steps.length)] ?? set)();
}

test("each store holds what it was told to, whatever was refused", () => {
  const held: Held[] = [{ store: createStore({ memo: false }), model: new Map() }];
  for (let number = 0; number < 6_000; number++) step(held, number);
  expect([...met].sort()).toEqual(["OUT_OF_MEMORY", "ok"]);
  // One after the other, since to list all of them may be too much.
  while (held.length > 0) {
    const { store, model } = held.pop() as Held;
    for (const [key, value] of model) expect(store.get(key) === value, key).toBe(true);
    expect(store.size).toBe(model.size);
    store.dispose();
  }
});
