// @ts-check
/**
 * Compares what the operator says with what was written to the cluster and with the publisher's books.
 *
 * @module
 */

/**
 * Something that must hold, and where it does not.
 *
 * @typedef {{ promise: string, problems: readonly string[] }} Finding
 */

/** How often a version is tried; see reconciler.mjs. */
const mostTries = 3;

/**
 * @param {import("./demonstration.mjs").Facts} facts
 * @returns {Finding[]}
 */
export function check({ written, removed, books, seen, audit, left, killed }) {
  const named = (/** @type {{ name: string, version: string }} */ { name, version }) => `${name}@${version}`;
  const linesOf = (/** @type {string} */ id, /** @type {string} */ what) =>
    audit.filter((line) => line.what === what && named(line) === id);
  const good = written.filter(({ refusals }) => refusals < mostTries).map(named);
  const bad = written.filter(({ refusals }) => refusals >= mostTries).map(named);
  /** @param {string} promise @param {readonly (string | false)[]} problems */
  const finding = (promise, problems) => ({ promise, problems: problems.filter((problem) => problem !== false) });
  return [
    finding(
      `each of ${good.length} versions was published, and applied once`,
      good.flatMap((id) => [
        books.filter((booking) => named(booking) === id).length !== 1 && `${id} is not in the books once`,
        linesOf(id, "applied").length !== 1 && `${id} was applied ${linesOf(id, "applied").length} times`,
      ]),
    ),
    finding(
      `what was refused was tried again, ${mostTries} times at most`,
      written.map((version) => {
        const failures = linesOf(named(version), "failed").length + linesOf(named(version), "given up").length;
        return failures !== Math.min(version.refusals, mostTries) && `${named(version)} failed ${failures} times`;
      }),
    ),
    finding(
      "what was given up was not published",
      bad.map((id) => (linesOf(id, "given up").length !== 1 || books.some((booking) => named(booking) === id)) && id),
    ),
    finding("the store knows the last version of each ConfigMap, and which is gone", [
      ...written
        .filter(({ name }) => !removed.includes(name))
        .filter(({ name }, at, all) => !all.slice(at + 1).some((later) => later.name === name))
        .map(({ name, version }) => seen[name]?.version !== version && `${name} is at ${seen[name]?.version}`),
      ...removed.map((name) => seen[name]?.result !== "removed" && `${name} is not known to be gone`),
    ]),
    finding("nothing is left undone", [left > 0 && `${left} records of work in the store`]),
    ...(killed === undefined
      ? []
      : [
          finding("what the killed replica had begun was taken over, and published again under the same key", [
            audit.filter(({ what, name }) => what === "taken over" && name === "payment").length !== 1 && "payment was not taken over once",
            books.find(({ name }) => name === "payment")?.repeats !== 1 && "payment was not published again once",
          ]),
        ]),
  ];
}
