/**
 * Errors of LMDB and of the disk, brought by hand, since a full disk is not to be had everywhere (`full.test.ts` fills one where mounting is allowed):
 * each is told by its code, and refuses what it came for alone.
 */
import { expect, test, vi } from "vitest";
import * as disk from "../../../../ts/backends/file/disk.js";
import { causeOf, failureOf } from "../../../../ts/backends/file/failures.js";
import { file } from "../../../../ts/backends/file/index.js";
import { put } from "../../../../ts/testing/suites/backend/trial.js";
import { newFolder, openReplica } from "./support.js";

/** What the next transactions fail with; `undefined`: they do not. */
const faults: unknown[] = [];

vi.mock("../../../../ts/backends/file/environment.js", async (original) => {
  const actual = await original<typeof import("../../../../ts/backends/file/environment.js")>();
  return {
    ...actual,
    async openEnvironment(path: string) {
      const environment = await actual.openEnvironment(path);
      const transaction = environment.root.transaction.bind(environment.root);
      environment.root.transaction = (body) => {
        const fault = faults.shift();
        return fault === undefined ? transaction(body) : Promise.reject(fault);
      };
      return environment;
    },
  };
});

/** An error as lmdb rejects a transaction with: what is behind it comes a moment later. */
function failing(code: number): Error {
  const commitError = Promise.reject(Object.assign(new Error("No space left on device"), { code }));
  commitError.catch(() => {});
  return Object.assign(new Error("Commit failed (see commitError for details)"), { commitError });
}

const codeOf = (code: unknown) => failureOf(Object.assign(new Error("what it says"), { code }), "/").code;

test.each([
  ["CORRUPTED", [-30796, -30797, -30793, -30794, -30782]],
  ["QUOTA_EXCEEDED", [28, 122]],
  ["UNAVAILABLE", [-1, 13, -30792, "ENOENT", undefined]],
])("errors that mean %s are told so", (code, numbers) => {
  expect(numbers.map(codeOf)).toEqual(numbers.map(() => code));
});

test("a failure of input or output is a full disk where the disk is as good as full, and none where there is room", () => {
  const free = vi.spyOn(disk, "freeBytes");
  try {
    free.mockReturnValue(2 ** 20);
    expect(codeOf(5)).toBe("QUOTA_EXCEEDED");
    free.mockReturnValue(2 ** 30);
    expect(codeOf(5)).toBe("UNAVAILABLE");
    free.mockImplementation(() => {
      throw new Error("no such folder");
    });
    expect(codeOf(5)).toBe("UNAVAILABLE");
  } finally {
    free.mockRestore();
  }
});

test("what is behind the error of a commit is waited for, and where it does not come, the error is what there is", async () => {
  expect(await causeOf(failing(28))).toMatchObject({ code: 28 });
  const silent = Object.assign(new Error("Commit failed"), { commitError: new Promise(() => {}) });
  expect(await causeOf(silent)).toBe(silent);
});

test("a transaction that the disk cannot take is tried commit by commit: who does not fit is refused alone, and nothing of it is there", async () => {
  const backend = file({ path: newFolder() });
  const [one, other] = [await openReplica(backend), await openReplica(backend)];
  await one.committed([put("kept", "1")]);
  // Both together, then the first alone.
  faults.push(failing(28), failing(28));
  const answers = await Promise.all([one.commit([put("huge", "1")]), other.commit([put("small", "1")])]);
  expect(answers).toMatchObject([{ type: "refused", code: "QUOTA_EXCEEDED" }, { type: "committed" }]);
  expect(await one.texts()).toEqual({ kept: "1", small: "1" });
  faults.push(failing(13));
  await expect(one.commit([put("later", "1")])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await one.commit([put("later", "1")])).toMatchObject({ type: "committed" });
  await backend.close();
});
