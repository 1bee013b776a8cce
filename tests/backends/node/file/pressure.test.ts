/** A store in a folder takes more writes than the disk does at once: in step, or not at all, and loses none. */
import { expect, test } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
import { outruns, patience, writes, writesInStep } from "../../pressure.js";
import { newFolder } from "./support.js";

test.each([["a small backlog", { maxBacklogBytes: 256 * 1024 }] as const, ["a larger one", { maxBacklogBytes: 4 * 2 ** 20 }] as const])(
  `${writes} writes in step stay within %s, the event loop goes on, and memory stays as it is`,
  async (_, options) => {
    const backend = file({ path: newFolder() });
    await writesInStep(backend, options);
    await backend.close();
  },
  patience,
);

test(
  "a loop that outruns the disk is refused with BACKLOG_FULL, and loses nothing that was accepted",
  async () => {
    const backend = file({ path: newFolder() });
    await expect(outruns(backend, 64 * 1024)).resolves.toBeUndefined();
    await backend.close();
  },
  patience,
);
