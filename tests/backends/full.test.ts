/** A medium that is full, a disk or what a browser lets a page keep, can still be read. */
import { expect, test } from "vitest";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import type { Outcome, Procedure } from "../../ts/backends/local/shelf.js";
import { memoryCapabilities as capabilities } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { HoldallError, openStore } from "../../ts/index.js";
import { refusal } from "../refusal.js";

/** A medium that may be full. */
class Crowded extends MemoryMedium {
  isFull = false;

  override async write<Result>(name: string, procedure: () => Procedure<Outcome<Result>>): Promise<Result> {
    const refuseWrites = function* (): Procedure<Outcome<Result>> {
      const outcome = yield* procedure();
      if (outcome.writes !== undefined) throw new HoldallError("QUOTA_EXCEEDED", "Nothing more is kept");
      return outcome;
    };
    return super.write(name, this.isFull ? refuseWrites : procedure);
  }
}

// Whoever opens a store is noted in it; there was no room for that, and a page that was loaded anew could not even read what it had kept.
test("a store on a full medium opens, and goes on when there is room again", async () => {
  const medium = new Crowded();
  const backend = new LocalBackend("crowded", capabilities, async () => medium);
  const one = await openStore({ backend });
  await one.setAndWait("a", 1);
  medium.isFull = true;
  const other = await openStore({ backend });
  expect(other.get("a")).toBe(1);
  await refusal(other.setAndWait("b", 1), "QUOTA_EXCEEDED");
  await refusal(openStore({ backend, name: "new" }), "QUOTA_EXCEEDED");
  medium.isFull = false;
  await other.setAndWait("b", 2);
  await one.sync();
  expect([...one.entries()]).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
  await Promise.all([one.close(), other.close()]);
});
