/**
 * Checks what callers pass in, before anything changes; the messages name the argument, never a value.
 *
 * @module
 */

import type { Engine } from "../engine.js";
import { HoldallError, HoldallRangeError, HoldallTypeError } from "../errors.js";
import type { Bounds, SetOptions, Ttl } from "./types/index.js";

/** How a ttl crosses to the engine, where it is not a span. */
export const ttlNever = 0;
/** The store's default. */
export const ttlDefault = -1;
/** The deadline stays. */
export const ttlKeep = -2;

/** The last deadline, that of a `Date`. */
export const lastDeadline = 8.64e15;

/** Spans of texts seen lately: the same few are used again and again. */
const spans = /* @__PURE__ */ new Map<string, number>();
const mostSpans = 256;

/** No span of time has a longer text, unless it is padded with zeros. */
const longestTtl = 100;

/** Describes what was passed by its type alone. */
export function typeOf(argument: unknown): string {
  if (argument === null) return "null";
  return Array.isArray(argument) ? "an array" : typeof argument;
}

/** A ttl as a number for the engine. */
export function ttlNumber(engine: Engine, ttl: Ttl, name = "ttl"): number {
  if (ttl === null) return ttlNever;
  if (typeof ttl !== "number" && typeof ttl !== "string") {
    throw new HoldallTypeError(`${name} must be a number, text or null, not ${typeOf(ttl)}`);
  }
  const span = typeof ttl === "number" ? Math.ceil(ttl) : parseSpan(engine, ttl);
  // Whether it ends too late is the engine's to say, which knows the time.
  if (!(span > 0 && span <= lastDeadline)) {
    throw new HoldallRangeError(`${name} must be a positive span such as 1500, "90s", "5m" or "1h30m" that ends before the year 275760`);
  }
  return span;
}

function parseSpan(engine: Engine, text: string): number {
  let span = spans.get(text);
  if (span === undefined) {
    // What is so long is none, nor kept; a shorter one needs no memory to speak of.
    if (text.length > longestTtl) return -1;
    if (!engine.hasRoom(0)) throw new HoldallError("OUT_OF_MEMORY", "There is no memory to read a ttl");
    span = engine.parseTtl(text);
    if (spans.size >= mostSpans) spans.clear();
    spans.set(text, span);
  }
  return span;
}

/** The ttl of one write as a number for the engine. */
export function writeTtl(engine: Engine, { ttl, keepTtl }: SetOptions): number {
  if (keepTtl !== undefined && typeof keepTtl !== "boolean") throw new HoldallTypeError("keepTtl must be a boolean");
  if (ttl === undefined) return keepTtl ? ttlKeep : ttlDefault;
  if (keepTtl) throw new HoldallTypeError("ttl and keepTtl exclude each other");
  return ttlNumber(engine, ttl);
}

/** An options object, or `undefined`. */
export function checkOptions(options: unknown, name = "options"): void {
  if (options !== undefined && (typeof options !== "object" || options === null)) {
    throw new HoldallTypeError(`${name} must be an object, not ${typeOf(options)}`);
  }
}

/** A function. */
export function checkFunction(name: string, argument: unknown): void {
  if (typeof argument !== "function") throw new HoldallTypeError(`${name} must be a function, not ${typeOf(argument)}`);
}

/** A signal that can abort, or `undefined`. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = Object(signal) as Partial<AbortSignal>;
  if (aborted === undefined || typeof addEventListener !== "function")
    throw new HoldallTypeError(`signal must be an AbortSignal, not ${typeOf(signal)}`);
}

/** A string. */
export function checkString(name: string, argument: unknown): asserts argument is string {
  if (typeof argument !== "string") throw new HoldallTypeError(`${name} must be a string, not ${typeOf(argument)}`);
}

/** Something to iterate, other than a text. */
export function checkIterable(name: string, argument: unknown): void {
  const isIterable =
    typeof argument === "object" && argument !== null && typeof (argument as Iterable<unknown>)[Symbol.iterator] === "function";
  if (!isIterable) throw new HoldallTypeError(`${name} must be iterable, not ${typeOf(argument)}`);
}

/** A list of strings from an iterable of them. */
export function stringsOf(name: string, argument: Iterable<string>): string[] {
  checkIterable(name, argument);
  const strings = [...argument];
  for (const text of strings) checkString(`each of ${name}`, text);
  return strings;
}

/** A whole number that is not negative, or `undefined`. */
export function checkCount(name: string, argument: unknown, least: 0 | 1): void {
  if (argument === undefined) return;
  if (typeof argument !== "number") throw new HoldallTypeError(`${name} must be a number, not ${typeOf(argument)}`);
  if (!(Number.isSafeInteger(argument) && argument >= least)) {
    throw new HoldallRangeError(`${name} must be a whole number from ${least} to 2⁵³ − 1`);
  }
}

/** Bounds of a store or a scope. */
export function checkBounds(bounds: Bounds): void {
  checkCount("maxEntries", bounds.maxEntries, 1);
  checkCount("maxBytes", bounds.maxBytes, 1);
}
