// @ts-check
/**
 * Owns the code of the nodes in batch.json: read a page behind the cursor → convert each reading → sum up → run again behind that page.
 *
 * A page is a run of its own, called after its cursor. What comes of all pages lies in the scope `batch`, which runs share: the cursor behind what is summed up, and
 * the sums by station. Both change in one commit with the node that sums up, so each reading counts once, however often the process is killed.
 */
import { appendFileSync } from "node:fs";
import { HoldallError } from "holdall";
import { defineNode, fanout, prune } from "holdall/workflow";
import { readPage } from "./source.mjs";

/**
 * @import { Run } from "holdall/workflow"
 * @import { Reading } from "./source.mjs"
 */
/** @typedef {{ station: string, celsius: number }} Converted */
/** @typedef {{ count: number, sum: number, least: number, most: number }} Sums What is known of a station, in degrees Celsius. */

/** What a run for the page behind a cursor is called. */
export const pageId = (/** @type {string} */ cursor) => `page-${cursor.padStart(9, "0")}`;

/**
 * The code of the nodes.
 *
 * @param {object} surroundings
 * @param {(cursor: string, source: string) => Promise<Run>} surroundings.trigger Begins the run for the page behind a cursor.
 * @param {(run: Run) => void} surroundings.follow Hears of the run that goes on where this one ends.
 * @param {string | undefined} surroundings.journal Where each conversion leaves a line, for those who want to see how often they were made.
 * @param {() => Promise<unknown>} surroundings.pause How long a conversion takes.
 */
export function batchNodes({ trigger, follow, journal, pause }) {
  const read_page = defineNode({
    exec: (/** @type {{ source: string, cursor: string, limit: string }} */ { source, cursor, limit }) =>
      readPage(source, Number(cursor), Number(limit)),
    post: (store, { exec: { readings, next } }) => {
      store.set("next_cursor", `${next}`);
      // Nothing behind the cursor: this branch ends here, and with it the run.
      return readings.length === 0 ? prune({ cursor: `${next}` }) : fanout(readings);
    },
  });

  const convert = async (
    /** @type {{ reading: Reading }} */ { reading },
    /** @type {{ run: string, instance: string }} */ { run, instance },
  ) => {
    await pause();
    if (journal !== undefined) appendFileSync(journal, `${run}/${instance}\n`);
    const { station, fahrenheit } = reading;
    return { station, celsius: Math.round((fahrenheit - 32) * (50 / 9)) / 10 };
  };

  const sum_up = defineNode({
    post: (_, { input }, { shared }) => {
      const { readings, next_cursor } = /** @type {{ readings: Converted[], next_cursor: string }} */ (input);
      for (const { station, celsius } of readings) {
        shared?.update(`station:${station}`, (/** @type {Sums | undefined} */ known) => ({
          count: (known?.count ?? 0) + 1,
          sum: (known?.sum ?? 0) + celsius,
          least: Math.min(known?.least ?? celsius, celsius),
          most: Math.max(known?.most ?? celsius, celsius),
        }));
      }
      shared?.set("cursor", next_cursor);
      return { readings: readings.length };
    },
  });

  const requeue = async (/** @type {{ source: string, next_cursor: string }} */ { source, next_cursor }) => {
    try {
      follow(await trigger(next_cursor, source));
    } catch (error) {
      // A process before this one got so far, and was killed: the page has its run.
      if (!(error instanceof HoldallError && error.code === "CONFLICT")) throw error;
    }
    return { next: pageId(next_cursor) };
  };

  return { read_page, convert, sum_up, requeue };
}
