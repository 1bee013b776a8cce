/**
 * The cursors of a replica where what led to its contents is not known: it was loaded anew.
 *
 * @module
 */

import type { Hub } from "../store/hub.js";
import type { Loaded } from "./loading.js";

/**
 * Lets cursors and feeds begin anew at what was loaded.
 *
 * No feed from before can go on, though its number may be there still, where the numbers are those of another store, or where something was committed while the
 * store was read: that may have been loaded already, and then it is no change any more when the log tells of it.
 *
 * @param isOther - whether it is another store
 */
export function beginAt(hub: Hub, { head: { id, number }, through }: Pick<Loaded, "head" | "through">, isOther: boolean): void {
  const former = hub.history;
  hub.name = id;
  hub.loadedThrough = through;
  if (former === undefined) return;
  if (!isOther && through === number) {
    former.restart(number);
    return;
  }
  hub.history = undefined;
  hub.record(number);
  former.restart(Number.POSITIVE_INFINITY);
}
