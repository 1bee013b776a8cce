/**
 * Assertions of the suites, which run under any runner and so bring their own.
 *
 * @module
 */

import type { Milliseconds } from "../../store/types/index.js";

/** What is thrown where a promise is not kept. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
}

/** Holds something to be true. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new BrokenPromise(what);
}

/** Holds two things to have the same content. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [describe(actual), describe(expected)];
  if (left !== right) throw new BrokenPromise(`${what}\n  expected ${right}\n  actually ${left}`);
}

/** Holds a promise to reject with an error of a code. */
export async function rejects(promise: Promise<unknown>, code: string, what: string): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason ?? "nothing",
  );
  holds(error !== undefined, `${what}: resolved, instead of rejecting with ${code}`);
  const actual = (error as { code?: unknown }).code;
  if (actual !== code) throw new BrokenPromise(`${what}: rejected with ${String(actual)}, not ${code}: ${String(error)}`);
}

/** The content of plain data as text, in which the order of properties does not count. */
function describe(content: unknown): string {
  if (content instanceof Uint8Array) return `bytes [${Array.from(content)}]`;
  if (Array.isArray(content)) return `[${content.map(describe).join(", ")}]`;
  if (content instanceof Map) return `map ${describe(Object.fromEntries(content))}`;
  if (typeof content !== "object" || content === null) return typeof content === "string" ? JSON.stringify(content) : String(content);
  const fields = Object.entries(content).filter(([, value]) => value !== undefined);
  return `{${fields
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}: ${describe(value)}`)
    .join(", ")}}`;
}

/** How long a suite waits for what must come, on a machine that has little of a processor for it. */
const patience: Milliseconds = 60_000;

/** Waits for what must come, and says what did not. */
export async function arrives<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: unknown;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: did not happen within ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer as ReturnType<typeof setTimeout>);
  }
}
