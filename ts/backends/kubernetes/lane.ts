/**
 * One write at a time for each object, whichever stores of this process are in it: two that were sent together would only come back as "somebody else was
 * first". Each is given what the one before has left, so that it need not be told that by the server.
 *
 * @module
 */

import type { KubernetesObject } from "./layout.js";

/** What is known of an object after a write. */
export interface Left {
  readonly object: KubernetesObject;
  /** How large it is at most. */
  readonly bytes: number;
}

/** The last write to each object, until it has ended. */
const lanes = new Map<string, Promise<Left | undefined>>();

/**
 * Runs a write when those before it to the same object have ended.
 *
 * @param write - is given what the one before has left, when that is known
 * @param leave - gives what this one leaves
 */
export function inLane<Result>(
  object: string,
  write: (left: Left | undefined) => Promise<Result>,
  leave: () => Left | undefined,
): Promise<Result> {
  const running = (lanes.get(object) ?? Promise.resolve(undefined)).then(write);
  const ended = running.then(leave, () => undefined);
  lanes.set(object, ended);
  void ended.then(() => {
    if (lanes.get(object) === ended) lanes.delete(object);
  });
  return running;
}
