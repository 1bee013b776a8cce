/**
 * Calling what users registered: nothing that a callback throws, or its promise rejects with, reaches the face or another callback.
 *
 * @module
 */

/** Tells somebody of an error that has no caller to hear it. Never throws. */
export type Report = (error: unknown) => void;

function rethrowUnhandled(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Reports to `onError`; to the platform's unhandled errors without one, or when it throws itself. */
export function reportTo(onError: ((error: unknown) => void) | undefined): Report {
  if (onError === undefined) return rethrowUnhandled;
  return (error) => {
    try {
      onError(error);
    } catch (thrown) {
      rethrowUnhandled(thrown);
    }
  };
}

function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === "object" && result !== null && "then" in result && typeof result.then === "function";
}

/** Calls back and reports what goes wrong. The promise of an asynchronous callback fulfils when it has ended, well or not. */
export function callSafely(callback: () => unknown, report: Report): Promise<void> | undefined {
  try {
    const result = callback();
    if (isThenable(result)) return Promise.resolve(result).then(() => undefined, report);
  } catch (error) {
    report(error);
  }
  return undefined;
}
