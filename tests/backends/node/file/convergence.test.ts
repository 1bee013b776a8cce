/** Processes whose clocks are off write to one folder at random, and end with one history and one content. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
import { contradictions } from "../../convergence/checker.js";
import { buildWriter, converge, seeds, steps } from "../../convergence/processes.js";
import { newFolder } from "./support.js";

let program: Awaited<ReturnType<typeof buildWriter>>;
beforeAll(async () => {
  program = await buildWriter();
});
afterAll(() => program.remove());

test.each(seeds)(
  "seed %i: what all tell can be true of one store",
  async (seed) => {
    console.log(`convergence on a folder: HOLDALL_CONVERGENCE_SEED=${seed}, ${steps} steps of each writer`);
    const path = newFolder();
    const backend = file({ path });
    try {
      const accounts = await converge(program.path, backend, { path }, seed);
      expect(contradictions(accounts)).toEqual([]);
      // They did meet: of what each decides alone there are some as many; how much of the rest goes together is up to the machine.
      expect(accounts[0]?.commits.length).toBeGreaterThan(steps / 2);
    } finally {
      await backend.close();
    }
  },
  240_000 + steps * 200,
);
