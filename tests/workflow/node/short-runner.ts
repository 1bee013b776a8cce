/**
 * A runner of one short node, whose runs each have a store of their own that is kept for a moment.
 *
 * @module
 */
import type { Backend } from "../../../ts/backends/backend.js";
import { openStore } from "../../../ts/index.js";
import { createRunner } from "../../../ts/workflow/index.js";

/** Opens a runner on a backend, and its store. */
export async function openShortRunner(backend: Backend) {
  const store = await openStore({ backend });
  const runner = createRunner({
    store,
    openRun: (name) => openStore({ backend, name }),
    // Longer than a busy machine has a living one stand still: who opens a store behind its removal makes it anew, and leaves it when it is killed then.
    lease: 3_000,
    retention: { completed: 3_000 },
    nodes: { one: () => 1 },
  });
  return { store, runner };
}
