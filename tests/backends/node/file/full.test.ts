/** A full disk is a refusal to whose commit it cannot take; nothing that was acknowledged is lost, and what still fits is taken. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
import { put, remove } from "../../../../ts/testing/suites/backend/trial.js";
import { newFolder, openReplica } from "./support.js";

/** A disk of a few megabytes, where mounting is allowed. */
function smallDisk(): string | undefined {
  const path = join(newFolder(), "disk");
  mkdirSync(path);
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", path]).status === 0 ? path : undefined;
}

const path = smallDisk();

test.skipIf(path === undefined)("a full disk refuses, keeps what it acknowledged, and goes on when there is room", async () => {
  if (path === undefined) return;
  try {
    const backend = file({ path });
    const [one, other] = [await openReplica(backend), await openReplica(backend)];
    const expected: Record<string, string> = {};
    let refusal: unknown;
    for (let at = 0; at < 200 && refusal === undefined; at++) {
      const text = `${at}:${"x".repeat(40_000)}`;
      const answer = await one.commit([put(`large:${at}`, text), put(`twin:${at}`, text)]);
      if (answer.type === "committed") Object.assign(expected, { [`large:${at}`]: text, [`twin:${at}`]: text });
      else refusal = answer;
    }
    expect(refusal).toMatchObject({ type: "refused", code: "QUOTA_EXCEEDED" });
    expect(Object.keys(expected).length).toBeGreaterThan(10);
    expect(await one.texts()).toEqual(expected);

    // Together in one transaction: the large one alone is refused.
    const answers = await Promise.all([one.commit([put("huge", "x".repeat(2 ** 20))]), other.commit([remove("large:0")])]);
    expect(answers).toMatchObject([{ type: "refused", code: "QUOTA_EXCEEDED" }, { type: "committed" }]);
    delete expected["large:0"];
    expect(await other.texts()).toEqual(expected);
    await backend.close();

    const again = file({ path });
    expect(await (await openReplica(again)).texts()).toEqual(expected);
    await again.close();
  } finally {
    execFileSync("umount", [path]);
  }
});
