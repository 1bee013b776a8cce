/**
 * The errors of the DataStore that say more than their code.
 *
 * @module
 */
import { type ErrorDetails, HoldallError } from "../errors.js";
import type { Reservation, ReservationHandle } from "./types.js";

/** `UNAVAILABLE`: the server could not be reached, did not answer in time, or cannot serve now. */
export class UnavailableError extends HoldallError {
  /**
   * What became of the call: `"not done"` when it had no effect for certain; `"unknown"` when it was sent and its answer did not come, so that it may
   * have had. It is never sent again in either case.
   */
  readonly outcome: "not done" | "unknown";

  constructor(message: string, { outcome, ...details }: ErrorDetails & { readonly outcome: "not done" | "unknown" }) {
    super("UNAVAILABLE", message, details);
    this.outcome = outcome;
    Object.defineProperty(this, "name", { value: "UnavailableError", configurable: true });
  }
}

/** `INVALID_PAYLOAD`: what another client has put there is not JSON. */
export class InvalidPayloadError extends HoldallError {
  /** The payload as text. Not enumerable, so that no log shows it by accident. */
  declare readonly raw: string;
  /** The reservation, where `reserve` met the payload: acknowledge it to be rid of the item, or reject it to keep it where people look. */
  declare readonly reservation?: ReservationHandle & Pick<Reservation, "deliveries">;

  constructor(message: string, { raw, reservation, ...details }: ErrorDetails & Pick<InvalidPayloadError, "raw" | "reservation">) {
    super("INVALID_PAYLOAD", message, details);
    Object.defineProperty(this, "raw", { value: raw });
    if (reservation !== undefined) Object.assign(this, { reservation });
    Object.defineProperty(this, "name", { value: "InvalidPayloadError", configurable: true });
  }
}
