/** The ledger: whatever is committed, in whatever order and however often, what comes of it is what a model comes to that knows no shortcuts. */
import { test } from "vitest";
import { memory } from "../../ts/backends/memory/index.js";
import { tryCommits } from "./ledger.trial.js";

test("random commits come to what the model comes to, answers and contents", async () => {
  await tryCommits((commits) => {
    let now = 0;
    return {
      backend: memory({ clock: { now: () => now }, log: { commits } }),
      setTime(time) {
        now = time;
      },
    };
  }, 500);
});
