/**
 * Checks what callers pass in, before anything happens; the messages name the argument, never a value.
 *
 * @module
 */
import { HoldallRangeError, HoldallTypeError } from "../errors.js";
import type { Milliseconds } from "../store/types/index.js";
import { isPlain } from "./template/expression.js";
import type { StepOptions } from "./types/index.js";

/** The longest wait: half of what dates reach, so that it ends where they still do. */
const longestWait: Milliseconds = 4.32e15;

/** The units of a span that is written as text, from the larger to the smaller. */
const units: readonly Milliseconds[] = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1];
const writtenSpan = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Checks an object of properties. */
export function checkObject(name: string, given: unknown): void {
  if (!isPlain(given)) throw new HoldallTypeError(`${name} must be an object of properties`);
}

/** Checks an array of texts, or `undefined`. */
export function checkTexts(name: string, given: unknown): void {
  if (given === undefined) return;
  if (!Array.isArray(given) || given.some((text) => typeof text !== "string"))
    throw new HoldallTypeError(`${name} must be an array of texts`);
}

/** Checks a whole number, or `undefined`. */
export function checkCount(name: string, given: unknown, least: number): void {
  if (given === undefined) return;
  if (typeof given !== "number") throw new HoldallTypeError(`${name} must be a number`);
  if (!(Number.isSafeInteger(given) && given >= least)) throw new HoldallRangeError(`${name} must be a whole number from ${least} on`);
}

/** Checks what a step is given beside what a run is triggered with. */
export function checkStep({ cache, ttl, item }: StepOptions): void {
  if (cache !== undefined && (typeof cache?.get !== "function" || typeof cache.set !== "function"))
    throw new HoldallTypeError("cache must have get and set");
  checkNumber("ttl", ttl, Number.MIN_VALUE, longestWait);
  checkCount("item", item, 0);
}

/** Checks a number, or `undefined`. */
export function checkNumber(name: string, given: unknown, least: number, most = Number.MAX_VALUE): void {
  if (given === undefined) return;
  if (typeof given !== "number") throw new HoldallTypeError(`${name} must be a number`);
  if (!(given >= least && given <= most))
    throw new HoldallRangeError(`${name} must be a number from ${least}${most === Number.MAX_VALUE ? " on" : ` to ${most}`}`);
}

/** Checks how long to wait, or `undefined`. */
export function checkWait(name: string, span: unknown): void {
  checkNumber(name, span, 0, longestWait);
}

/** Checks how long something stays, as stores take it, or `undefined`. */
export function checkTtl(name: string, ttl: unknown): void {
  if (ttl === undefined || ttl === null) return;
  if (typeof ttl !== "number" && typeof ttl !== "string") throw new HoldallTypeError(`${name} must be a number, text or null`);
  const span = typeof ttl === "number" ? ttl : readSpan(ttl);
  if (!(span > 0 && span <= longestWait)) {
    throw new HoldallRangeError(`${name} must be a span over 0 such as 1500, "90s", "5m" or "1h30m", and at most ${longestWait} ms`);
  }
}

/** A span as stores read it from a text; `NaN` for what is none. */
function readSpan(text: string): Milliseconds {
  const numbers = writtenSpan.exec(text)?.slice(1) ?? [];
  return text === ""
    ? Number.NaN
    : units.reduce((span, unit, at) => span + unit * Number(numbers[at] ?? 0), numbers.length > 0 ? 0 : Number.NaN);
}
