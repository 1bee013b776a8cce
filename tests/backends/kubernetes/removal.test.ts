/** A store that is removed is deleted with its object: as it was when that was decided, which others who write keep from being so for a while only. */
import { expect, test } from "vitest";
import { Connection } from "../../../ts/backends/kubernetes/connection.js";
import { removeStore } from "../../../ts/index.js";
import { backendIn, makeNamespace, open, pathOf, put, shared } from "./support.js";

const server = shared();

test("the object is deleted, and that of another store stays", async () => {
  const namespace = await makeNamespace(server);
  const backend = backendIn(server, namespace);
  for (const name of ["goes", "stays"]) await (await open(backend, { name })).commit([put("a", "1")]);
  expect(await removeStore({ backend, name: "goes", ifEmpty: true })).toBe(false);
  expect(await removeStore({ backend, name: "goes" })).toBe(true);
  const statuses = await Promise.all(["goes", "stays"].map(async (name) => (await server.request("GET", pathOf(namespace, name))).status));
  expect(statuses).toEqual([404, 200]);
});

// Node's client sent no length with the body of a DELETE, so the server read none, and deleted whatever stood there.
test("an object that has changed since the removal was decided is not deleted", async () => {
  const namespace = await makeNamespace(server);
  const { store } = await open(backendIn(server, namespace));
  const { body } = await server.request("GET", pathOf(namespace, "orders"));
  const { uid, resourceVersion } = (body as { metadata: { uid: string; resourceVersion: string } }).metadata;
  const connection = await Connection.open(server.kubeconfig("holdall", { namespace }), 10_000);
  const remove = (preconditions: object) =>
    connection.send({ method: "DELETE", path: pathOf(namespace, "orders"), body: JSON.stringify({ preconditions }) });
  expect((await remove({ uid, resourceVersion: "1" })).status).toBe(409);
  expect((await remove({ uid: crypto.randomUUID(), resourceVersion })).status).toBe(409);
  expect((await store.head()).number).toBe(0);
  expect((await remove({ uid, resourceVersion })).status).toBe(200);
  connection.close();
});

test("that others write to it at the same time delays the removal, and no write is both acknowledged and lost unseen", async () => {
  const namespace = await makeNamespace(server);
  const backend = backendIn(server, namespace);
  const writers = await Promise.all([1, 2, 3].map(() => open(backendIn(server, namespace))));
  let isOver = false;
  const told = writers.map((): string[] => []);
  const writing = writers.map(async (writer, at) => {
    for (let number = 0; !isOver; number++) {
      const fate = await writer.commit([put(`${at}`, `${number}`)]).then(
        ({ type }) => type,
        ({ code }) => String(code),
      );
      told[at]?.push(fate);
    }
  });
  // All of them are at it.
  await expect.poll(() => told.every((fates) => fates.includes("committed"))).toBe(true);
  const { id } = (writers[0] ?? expect.fail()).store.header;
  expect(await backend.remove({ name: "orders", id })).toBe(true);
  isOver = true;
  await Promise.all(writing);
  for (const fates of told) {
    const committed = fates.lastIndexOf("committed") + 1;
    expect(new Set(fates.slice(committed))).toEqual(new Set(fates.length > committed ? ["UNAVAILABLE"] : []));
  }
  expect((await server.request("GET", pathOf(namespace, "orders"))).status).toBe(404);
});
