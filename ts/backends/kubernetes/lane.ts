/**
 * One write at a time for each object, whichever stores of this process are in it: two that were sent together would only come back as "somebody else was
 * first".
 *
 * @module
 */

/** The last write to each object, until it has ended. */
const lanes = new Map<string, Promise<unknown>>();

/** Runs a write when those before it to the same object have ended. */
export function inLane<Result>(object: string, write: () => Promise<Result>): Promise<Result> {
  const running = (lanes.get(object) ?? Promise.resolve()).then(write);
  const ended = running.then(
    () => {},
    () => {},
  );
  lanes.set(object, ended);
  void ended.then(() => {
    if (lanes.get(object) === ended) lanes.delete(object);
  });
  return running;
}
