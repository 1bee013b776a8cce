/** Processes whose clocks are off write to one Redis server at random, and end with one history and one content. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { contradictions } from "../convergence/checker.js";
import { buildWriter, converge, seeds, steps } from "../convergence/processes.js";
import { urlOf } from "./support.js";

let server: RedisServer;
let program: Awaited<ReturnType<typeof buildWriter>>;
beforeAll(async () => {
  [server, program] = await Promise.all([startRedis(), buildWriter()]);
});
afterAll(async () => {
  program.remove();
  await server.stop();
});

test.each(seeds)(
  "seed %i: what all tell can be true of one store",
  async (seed) => {
    console.log(`convergence on Redis: HOLDALL_CONVERGENCE_SEED=${seed}, ${steps} steps of each writer`);
    const url = `${urlOf(server)}/${seeds.indexOf(seed) % 16}`;
    const backend = redis({ url });
    try {
      const accounts = await converge(program.path, backend, { url }, seed);
      expect(contradictions(accounts)).toEqual([]);
      // They did meet: of what each decides alone there are some as many; how much of the rest goes together is up to the machine.
      expect(accounts[0]?.commits.length).toBeGreaterThan(steps / 2);
    } finally {
      await backend.close();
    }
  },
  240_000 + steps * 200,
);
