/**
 * Owns how a place within a value is named in messages: `$.items[3].cb`, `$["odd key"]`. Names of properties appear, values never do.
 *
 * @module
 */

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const longestPath = 240;

/** The place that the names lead to from the root, `undefined` leading nowhere; cut in the middle where it would be long. */
export function formatPath(names: readonly (string | number | undefined)[]): string {
  let path = "$";
  for (const name of names) {
    if (name === undefined) continue;
    if (typeof name === "number") path += `[${name}]`;
    else if (identifier.test(name)) path += `.${name}`;
    else path += `[${JSON.stringify(name)}]`;
  }
  if (path.length <= longestPath) return path;
  // By characters, so that no surrogate pair is cut in two.
  return `${Array.from(path.slice(0, longestPath)).slice(0, 110).join("")} … ${Array.from(path.slice(-longestPath)).slice(-110).join("")}`;
}
