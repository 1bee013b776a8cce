/**
 * Refusals as tests expect them.
 *
 * @module
 */
import { expect } from "vitest";
import { type ErrorCode, HoldallError } from "../ts/index.js";

/** What a promise is rejected with; fails when it is not an error of the family with this code. */
export async function refusal<E extends HoldallError = HoldallError>(promise: Promise<unknown>, code: ErrorCode): Promise<E> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, `nothing was refused, ${code} expected`).toBeInstanceOf(HoldallError);
  expect({ code: (error as E).code, message: (error as E).message }).toEqual({ code, message: expect.any(String) });
  return error as E;
}
