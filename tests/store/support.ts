/**
 * What the tests of the store share: stores on a clock that stands still, errors as values, and recorders of what listeners hear.
 *
 * @module
 */
import { expect } from "vitest";
import { startEngine } from "../../ts/engine.js";
import {
  type Change,
  type Commit,
  createStore,
  type ErrorCode,
  HoldallError,
  type Reader,
  type Store,
  type StoreOptions,
  type StoreReader,
  type Value,
  type Watchable,
} from "../../ts/index.js";
import { inlinedEngine } from "../../ts/inlined.js";
import { type ManualClock, manualClock } from "../../ts/testing/index.js";

/** The engine that the stores of these tests run on: the classes that its calls can be counted by belong to it. */
export const runningEngine = () => startEngine(inlinedEngine);

/** The time at which the clocks of these tests begin. */
export const startTime = 1_000;

/** A store and the clock that it goes by. */
export interface Timed {
  readonly store: Store;
  readonly clock: ManualClock;
}

/** A store whose time moves by hand. */
export function timedStore(options: StoreOptions = {}): Timed {
  const clock = manualClock(startTime);
  return { store: createStore({ clock, ...options }), clock };
}

/** What a call throws; `undefined` when it throws nothing. */
export function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Expects a call to throw an error of the family with a code; the message names what is given. Returns the error. */
export function expectError(call: () => unknown, code: ErrorCode, naming = ""): HoldallError {
  const error = errorOf(call) as HoldallError;
  expect(error, `nothing was thrown, ${code} expected`).toBeInstanceOf(HoldallError);
  expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.stringContaining(naming) });
  return error;
}

/** All entries of a view, in its order. */
export function contentsOf(view: StoreReader): [string, unknown][] {
  return [...view.entries()];
}

/** Keys of a view, in its order. */
export const keysOf = (view: StoreReader): string[] => [...view.keys()];

/** A change without its commit's number and origin, as short as a test can write it: type, key, previous value, value. */
export type Told = [type: string, key: string, previous: unknown, value: unknown];

/** A change in short. */
export const inShort = ({ type, key, previous, value }: Change): Told => [type, key, previous, value];

/** Collects the changes that a view's watchers hear. */
export function watched(view: Watchable): Told[] {
  const told: Told[] = [];
  view.watch((change) => told.push(inShort(change)));
  return told;
}

/** Collects the commits that a view's subscribers hear. */
export function subscribed(view: Watchable): Commit[] {
  const commits: Commit[] = [];
  view.subscribe((commit) => commits.push(commit));
  return commits;
}

/** Fills a store with keys that are their own values. */
export function fill(store: Store, ...keys: string[]): void {
  for (const key of keys) store.set(key, key);
}

/** Everything that a view shows of its entries but their times of change: to see that nothing changed. */
export function picture(view: Store | Reader): unknown {
  return [...view.entries()].map(([key, value]) => [key, value as Value, view.meta(key), view.kindOf(key)]);
}

const encoder = new TextEncoder();

/** The length of a text in UTF-8. */
export const utf8Length = (text: string): number => encoder.encode(text).length;
