/**
 * What led to an error of a client of Redis, fit for a log.
 *
 * @module
 */

/** An error without the arguments of its command, keys and values, which ioredis notes on its errors and old servers quote. */
export function causeOf(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const cause = new Error(message.replace(/, with args beginning with[\s\S]*/, ""));
  const { code } = error as { code?: unknown };
  if (typeof code === "string") Object.assign(cause, { code });
  return cause;
}
