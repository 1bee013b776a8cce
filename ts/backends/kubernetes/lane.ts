/**
 * The stores of this process that are in one object: they write one at a time, since two writes that were sent together would only come back as "somebody
 * else was first", and each hears what another has written before it writes itself.
 *
 * @module
 */

import type { KubernetesObject } from "./layout.js";

/** Hears what another store of this process has made of the object, and how large that is at most. */
export type LaneListener = (object: KubernetesObject, bytes: number) => void;

/** One object's. */
interface Lane {
  readonly listeners: Set<LaneListener>;
  /** Fulfils when the last write has ended. */
  last: Promise<unknown>;
  /** How many have not. */
  writes: number;
}

const lanes = new Map<string, Lane>();

/** Joins the lane of an object; gives how to leave it. */
export function joinLane(object: string, listener: LaneListener): () => void {
  const lane = laneOf(object);
  lane.listeners.add(listener);
  return () => {
    lane.listeners.delete(listener);
    forget(object, lane);
  };
}

/** Runs a write when those before it to the same object have ended. */
export function inLane<Result>(object: string, write: () => Promise<Result>): Promise<Result> {
  const lane = laneOf(object);
  const running = lane.last.then(write);
  const ended = () => {
    lane.writes -= 1;
    forget(object, lane);
  };
  lane.writes += 1;
  lane.last = running.then(ended, ended);
  return running;
}

/** Tells the others in the lane what a write has made of the object. */
export function tellLane(object: string, by: LaneListener, made: KubernetesObject, bytes: number): void {
  for (const listener of lanes.get(object)?.listeners ?? []) if (listener !== by) listener(made, bytes);
}

function laneOf(object: string): Lane {
  const lane = lanes.get(object) ?? { listeners: new Set(), last: Promise.resolve(), writes: 0 };
  lanes.set(object, lane);
  return lane;
}

function forget(object: string, lane: Lane): void {
  if (lane.listeners.size === 0 && lane.writes === 0) lanes.delete(object);
}
