/**
 * Middleware that the tests of `use` share.
 *
 * @module
 */
import type { Middleware, Write } from "../../ts/index.js";

/** Middleware that notes what passes, under a name. */
export function noting(log: unknown[], name?: string): Middleware {
  const note = (what: unknown) => log.push(name === undefined ? what : [name, what]);
  return {
    read(call, next) {
      note(call);
      return next();
    },
    write(writes, next) {
      note(writes);
      return next();
    },
  };
}

/** Middleware that puts other writes in place of all. */
export const replacing = (...writes: Write[]): Middleware => ({ write: (_, next) => next(writes) });
