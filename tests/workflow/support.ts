/**
 * What the tests of workflow runs share: the kinds of stores that every promise is kept on, runners on a clock that stands still, and graphs in short.
 *
 * @module
 */
import { expect } from "vitest";
import { memory } from "../../ts/backends/memory/index.js";
import { type Backend, createStore, type ErrorCode, type HoldallError, openStore, type Reader, type Store } from "../../ts/index.js";
import { type ManualClock, manualClock } from "../../ts/testing/index.js";
import {
  createRunner,
  type GraphTemplate,
  type NodeCode,
  type Runner,
  type RunnerOptions,
  type RunStore,
} from "../../ts/workflow/index.js";

/** A kind of store that runs can be kept on. */
export interface StoreKind {
  /** What it is called in the names of tests. */
  readonly kind: string;
  /** Opens a new one. */
  open(clock: ManualClock): RunStore | Promise<RunStore>;
  /** The store as the next process finds it when the one that has it is killed now. */
  crash(store: RunStore): RunStore | Promise<RunStore>;
}

/** The backends of the stores that are open, with the clock that they go by. */
const backends = new WeakMap<RunStore, () => Promise<RunStore>>();

async function replicaOn(backend: Backend, clock: ManualClock): Promise<RunStore> {
  const store = await openStore({ backend, clock });
  backends.set(store, async () => {
    await store.close();
    return replicaOn(backend, clock);
  });
  return store;
}

/** Every promise is kept on each of these. */
export const storeKinds: readonly StoreKind[] = [
  { kind: "a plain store", open: (clock) => createStore({ clock }), crash: (store) => (store as Store).clone() },
  {
    kind: "a backed store",
    open: (clock) => replicaOn(memory({ clock }), clock),
    crash: (store) => backends.get(store)?.() ?? expect.fail("it has no backend"),
  },
];

/** The time at which the clocks of these tests begin. */
export const startTime = 1_000;

/** A runner, and what it runs on. */
export interface Setting {
  readonly store: RunStore;
  readonly reader: Reader;
  readonly clock: ManualClock;
  readonly runner: Runner;
  /** What hooks threw. */
  readonly reported: unknown[];
  /** Another runner on the same store. */
  another(options?: Partial<RunnerOptions>): Runner;
}

/** A runner on a new store. */
export async function setUp({ open }: StoreKind, nodes: Record<string, NodeCode>, options: Partial<RunnerOptions> = {}): Promise<Setting> {
  const clock = manualClock(startTime);
  const store = await open(clock);
  const reported: unknown[] = [];
  const another = (more: Partial<RunnerOptions> = {}) =>
    createRunner({ store, nodes, clock, random: () => 0, onError: (error) => reported.push(error), ...options, ...more });
  return { store, reader: store.reader(), clock, runner: another({ worker: "first" }), reported, another };
}

/** A graph in short: `{ a: "b c", b: "d", c: "d", d: "" }`, each node with the code of its own name. Fields of a node come in by `more`. */
export function graph(
  edges: Record<string, string>,
  more: Record<string, object> = {},
  store_config?: GraphTemplate["store_config"],
): GraphTemplate {
  const nodes = Object.entries(edges).map(([identifier, next]) => ({
    node_name: identifier,
    identifier,
    next_nodes: next.split(" ").filter((name) => name !== ""),
    ...more[identifier],
  }));
  return { nodes, ...(store_config && { store_config }) };
}

/** Lets all promises that can settle do so. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve));
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect.fail(`still not so: ${holds}`);
}

/** Lets time pass, in steps in which everybody has the time to react. */
export async function pass(clock: ManualClock, span: number, step = span): Promise<void> {
  await turns();
  for (let left = span; left > 0; left -= step) {
    clock.advance(Math.min(step, left));
    await turns();
  }
}

/** What a promise rejects with; fails when it is fulfilled. */
export async function rejectionOf(promise: Promise<unknown>, code?: ErrorCode): Promise<HoldallError & { readonly cause?: unknown }> {
  try {
    await promise;
  } catch (error) {
    if (code !== undefined) expect((error as HoldallError).code).toBe(code);
    return error as HoldallError;
  }
  return expect.fail("it was fulfilled");
}

/** A promise, and what settles it. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Where each node of a run stands. */
export function statuses(runner: Runner, run: string): Record<string, string> {
  return Object.fromEntries([...(runner.inspect(run)?.nodes ?? [])].map(([instance, { status }]) => [instance, status]));
}
