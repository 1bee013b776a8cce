/**
 * What the tests of workflow runs share: the kinds of stores that every promise is kept on, runners on a clock that stands still, and graphs in short.
 *
 * @module
 */
import { expect, inject } from "vitest";
import type { ErrorCode, HoldallError, Reader } from "../../ts/index.js";
import { type ManualClock, manualClock } from "../../ts/testing/index.js";
import {
  createRunner,
  type GraphTemplate,
  type NodeCode,
  type Runner,
  type RunnerOptions,
  type RunStore,
} from "../../ts/workflow/index.js";
import { isAnyBackendBusy, type StoreKind } from "./kinds/kind.js";

export type { StoreKind } from "./kinds/kind.js";

/** Every promise is kept on each of these: the kinds of stores that `kinds/` has for where the tests run. */
export const { storeKinds } = (await import(/* @vite-ignore */ `./kinds/${inject("stores")}.ts`)) as {
  readonly storeKinds: readonly StoreKind[];
};

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

/** A turn of the event loop, of a millisecond or more. Browsers would have a timer that is set by a timer wait for four. */
async function turn(): Promise<void> {
  if (inject("stores") !== "browser") return new Promise((resolve) => setTimeout(resolve));
  const began = performance.now();
  const { port1, port2 } = new MessageChannel();
  do {
    const heard = new Promise((resolve) => {
      port1.onmessage = resolve;
    });
    port2.postMessage(null);
    await heard;
  } while (performance.now() - began < 1);
  port1.close();
}

/** A turn in which no backend is at anything, unless one is for longer than it has reason to. */
async function stillTurn(): Promise<void> {
  const began = performance.now();
  do await turn();
  while (isAnyBackendBusy() && performance.now() - began < 3_000);
}

/** Lets all promises that can settle do so. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await stillTurn();
}

/** Waits until something holds. What a server or a disk tells comes in its time, however many turns that are. */
export async function until(holds: () => boolean): Promise<void> {
  for (const began = performance.now(); performance.now() - began < 60_000; await stillTurn()) if (holds()) return;
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
