/**
 * A tab of its own: writes pairs of entries to a database until it is removed, and tells of each commit that was acknowledged. Its frame's name says
 * which database, under which name, and from which number on.
 *
 * @module
 */
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { put, Replica } from "../../../ts/testing/suites/backend/trial.js";

const { database, replica, first } = JSON.parse(window.name) as { database: string; replica: string; first: number };
const writer = new Replica(await indexedDb({ database }).open({ name: "s", scope: "", replica }), replica);
for (let at = first; ; at++) {
  const text = `${at}:${"x".repeat((at * 37) % 900)}`;
  await writer.committed([put(`left:${at % 20}`, text), put(`right:${at % 20}`, text)]);
  window.parent.postMessage({ replica, at }, "*");
}
