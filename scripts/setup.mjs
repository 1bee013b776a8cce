/**
 * `npm run setup`: everything that building and running needs, and with `--test` what testing needs too. Does nothing that is done.
 *
 * @module
 */
import { main } from "./lib/run.mjs";
import { setUp } from "./lib/steps.mjs";

await main(() => setUp({ forTests: process.argv.includes("--test") }));
