/**
 * The model test: generated calls on views of a store and of a naive one, whose results, contents, order, events, numbers and bytes agree
 * after every step. `HOLDALL_MODEL_STEPS=200000 npx vitest run --project node tests/store/model.test.ts` runs it for long;
 * `HOLDALL_MODEL_SEED` repeats a run.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { describeConfig, operations, settings } from "./model.arbitraries.js";
import { Trial } from "./model.trial.js";

const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
const wantedSteps = Number(process?.env.HOLDALL_MODEL_STEPS ?? 8_000);
const seed = process?.env.HOLDALL_MODEL_SEED;
const longest = 200;

it(
  `agrees with a naive store for about ${wantedSteps} steps`,
  () => {
    let steps = 0;
    const property = fc.property(settings, fc.array(operations, { maxLength: longest, size: "max" }), (setting, list) => {
      const trial = new Trial(setting);
      try {
        for (const operation of list) {
          trial.step(operation);
          steps += 1;
        }
        trial.finish();
      } catch (error) {
        throw new Error(`${describeConfig(setting)}: ${(error as Error).message}`, { cause: error });
      } finally {
        trial.dispose();
      }
    });
    fc.assert(property, { numRuns: Math.ceil((wantedSteps / longest) * 2), ...(seed === undefined ? {} : { seed: Number(seed) }) });
    if (process?.env.HOLDALL_MODEL_STEPS) console.log(`${steps} steps of the model test`);
    expect(steps).toBeGreaterThan(wantedSteps / 2);
  },
  Math.max(30_000, wantedSteps * 5),
);
