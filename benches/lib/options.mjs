/**
 * What can be asked of `npm run bench -- …`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Refusal } from "../../scripts/lib/run.mjs";

/**
 * @typedef {object} Options
 * @property {(row: string) => boolean} wants Whether a row is to be run, by the pattern of `--only`.
 * @property {boolean} partial Whether `--only` was given.
 * @property {boolean} quick Small sizes and few rounds.
 * @property {string | undefined} out Where the page goes instead of the repository.
 */

/**
 * @param {string[]} parameters
 * @returns {Options}
 */
export function readOptions(parameters) {
  try {
    const { values } = parseArgs({
      args: parameters,
      options: { only: { type: "string", multiple: true }, quick: { type: "boolean", default: false }, out: { type: "string" } },
    });
    const patterns = values.only?.map((pattern) => new RegExp(pattern, "i"));
    const wants = (/** @type {string} */ row) => patterns?.some((pattern) => pattern.test(row)) ?? true;
    return { wants, partial: patterns !== undefined, quick: values.quick, out: values.out };
  } catch (error) {
    throw new Refusal(
      `${error instanceof Error ? error.message : error}\n  npm run bench -- [--only <row pattern>]… [--quick] [--out <folder>]`,
    );
  }
}
