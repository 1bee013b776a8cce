/**
 * Another store in the place of one, on the media that Holdall keeps itself: the header names another.
 *
 * @module
 */

import { ask, type Medium, type Outcome, type Procedure } from "../../ts/backends/local/shelf.js";
import { randomId } from "../../ts/backends/random-id.js";

/** Puts another store in the place of the one of a name. */
export async function replaceOn(medium: Medium, name: string): Promise<void> {
  await medium.write(name, replacement);
}

function* replacement(): Procedure<Outcome<void>> {
  const state = yield* ask((shelf) => shelf.state());
  if (state === undefined) return { result: undefined };
  return { result: undefined, writes: { header: { ...state.header, id: randomId() } } };
}
