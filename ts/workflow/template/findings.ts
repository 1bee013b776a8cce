/**
 * What a look at a template finds, gathered so that all of it is told at once; and the looks that its parts share.
 *
 * @module
 */
import type { GraphProblem, GraphProblemCode, GraphWarning } from "../types/index.js";
import { isPlain, pathTo } from "./expression.js";

/** What was found in a template. */
export class Findings {
  /** What is wrong. */
  readonly problems: GraphProblem[] = [];
  /** What may be a mistake. */
  readonly warnings: GraphWarning[] = [];

  /** Something is wrong. */
  problem(code: GraphProblemCode, path: string, message: string): void {
    this.problems.push({ code, path, message });
  }

  /** Something may be a mistake. */
  warning(code: GraphWarning["code"], path: string, message: string): void {
    this.warnings.push({ code, path, message });
  }

  /** An object of properties; what is left out counts as an empty one. */
  object(candidate: unknown, path: string): Readonly<Record<string, unknown>> {
    if (isPlain(candidate)) return candidate;
    if (candidate !== undefined && candidate !== null) this.problem("WRONG_TYPE", path, "has to be an object");
    return {};
  }

  /** A list; what is left out counts as an empty one. */
  list(candidate: unknown, path: string): readonly unknown[] {
    if (Array.isArray(candidate)) return candidate;
    if (candidate !== undefined && candidate !== null) this.problem("WRONG_TYPE", path, "has to be an array");
    return [];
  }

  /** Fields that nobody reads. */
  fields(object: Readonly<Record<string, unknown>>, path: string, known: readonly string[]): void {
    for (const name of Object.keys(object)) {
      if (!known.includes(name)) this.warning("UNKNOWN_FIELD", path === "" ? name : pathTo(path, name), "is not read here");
    }
  }

  /** A list of texts, none twice; without those that are none. */
  texts(candidate: unknown, path: string, what: string): { readonly text: string; readonly path: string }[] {
    const found: { readonly text: string; readonly path: string }[] = [];
    for (const [at, text] of this.list(candidate, path).entries()) {
      const place = `${path}[${at}]`;
      if (typeof text !== "string") this.problem("WRONG_TYPE", place, `has to be ${what}, a text`);
      else if (found.some((other) => other.text === text)) this.problem("DUPLICATE", place, `names ${JSON.stringify(text)} a second time`);
      else found.push({ text, path: place });
    }
    return found;
  }

  /** A key of the store as a template declares it. */
  key(key: string, path: string): void {
    if (key.trim() === "") this.problem("EMPTY_KEY", path, "is an empty key");
    else if (key.includes(".")) this.problem("DOTTED_KEY", path, `has a dot in the key ${JSON.stringify(key)}`);
  }
}
