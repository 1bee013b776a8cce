/**
 * The cursors of a replica where what led to its contents is not known: it was loaded anew.
 *
 * @module
 */

import type { Head } from "../backends/backend.js";
import type { Hub } from "../store/hub.js";

/**
 * Lets cursors and feeds begin anew at a head.
 *
 * @param isOther - whether the numbers are those of another store: then no feed from before can go on, though its number may be there again
 */
export function beginAt(hub: Hub, { id, number }: Head, isOther: boolean): void {
  const former = hub.history;
  hub.name = id;
  if (!isOther || former === undefined) {
    former?.restart(number);
    return;
  }
  hub.history = undefined;
  hub.record(number);
  former.restart(Number.POSITIVE_INFINITY);
}
