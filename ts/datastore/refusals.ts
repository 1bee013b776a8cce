/**
 * The refusals that all drivers share.
 *
 * @module
 */
import { HoldallError } from "../errors.js";

/** `CLOSED`: the DataStore, or the connection that a call waited on, was closed. */
export function closed(): HoldallError {
  return new HoldallError("CLOSED", "The DataStore, or its connection, was closed");
}

/** `QUOTA_EXCEEDED`: the queue is full. */
export function overLength(queue: string, maxLength: number): HoldallError {
  return new HoldallError("QUOTA_EXCEEDED", `The queue has ${maxLength} items, as many as it may`, { key: queue });
}

/** `LEASE_LOST`: the reservation ended before. */
export function leaseLost(queue: string): HoldallError {
  const message =
    "The reservation is over: it was acknowledged, given back or rejected, or its time ran out and the item is delivered again";
  return new HoldallError("LEASE_LOST", message, { key: queue });
}
