/** Promises of contract 13: a run and its store are made in one commit, or not at all. */
import { describe, expect, it } from "vitest";
import type { Commit } from "../../ts/index.js";
import type { MissingKeysError } from "../../ts/workflow/index.js";
import { graph, rejectionOf, setUp, storeKinds } from "./support.js";

const config = { required_keys: ["cursor", "batch", "size"], default_values: { size: "100", mode: "fast" } };

describe.each(storeKinds)("on $kind, a trigger", (kind) => {
  const open = async () => {
    const setting = await setUp(kind, { a: () => ({}) });
    await setting.runner.upsertGraph("g", graph({ a: "" }, {}, config));
    return setting;
  };

  it("makes the run, its template and its store in one commit: given values, then defaults", async () => {
    const { runner, reader } = await open();
    const commits: Commit[] = [];
    reader.subscribe((commit) => commits.push(commit));
    const { id, done } = await runner.trigger("g", { store: { cursor: "5", batch: "b1", mode: "slow", own: "" }, inputs: { user: 7 } });
    expect(commits[0]?.changes.map(({ key }) => key)).toEqual(
      ["run", "store:batch", "store:cursor", "store:mode", "store:own", "store:size", "template"].map((key) => `run:${id}:${key}`),
    );
    expect((await done).store).toEqual({ cursor: "5", batch: "b1", mode: "slow", own: "", size: "100" });
  });

  it("takes objects of properties only, naming the one that is none", async () => {
    const { runner, reader } = await open();
    const cases: [unknown, string][] = [
      [null, "options"],
      ["x", "options"],
      [{ inputs: "abc" }, "inputs"],
      [{ inputs: [1] }, "inputs"],
      [{ store: "ab" }, "store"],
      [{ store: ["x"] }, "store"],
      [{ store: new Map([["cursor", "5"]]) }, "store"],
    ];
    for (const [options, name] of cases) {
      expect((await rejectionOf(runner.trigger("g", options as never), "INVALID_ARGUMENT")).message).toContain(name);
    }
    expect([...reader.keys()]).toEqual(["graph:g"]);
  });

  it("names all required keys that are missing; a default counts, and nothing has changed", async () => {
    const { runner, reader } = await open();
    const before = [...reader.keys()];
    const error = (await rejectionOf(runner.trigger("g"), "MISSING_KEYS")) as MissingKeysError;
    expect(error.keys).toEqual(["cursor", "batch"]);
    expect(((await rejectionOf(runner.trigger("g", { store: { batch: "1" } }))) as MissingKeysError).keys).toEqual(["cursor"]);
    expect([...reader.keys()]).toEqual(before);
  });

  it("takes strings only, under keys that are not empty; inputs may be any values", async () => {
    const { runner, reader } = await open();
    const before = [...reader.keys()];
    for (const value of [5, null, true, {}, undefined, new Date(0)]) {
      const error = await rejectionOf(runner.trigger("g", { store: { cursor: value as never } }), "INVALID_VALUE");
      expect(error.key).toBe("cursor");
    }
    await rejectionOf(runner.trigger("g", { store: { "": "x" } }), "INVALID_KEY");
    const given = { cursor: "1", batch: "2" };
    await rejectionOf(runner.trigger("g", { store: given, inputs: { f: (() => 1) as never } }), "INVALID_VALUE");
    expect([...reader.keys()]).toEqual(before);
    const inputs = { date: new Date(0), big: 5n, bytes: new Uint8Array([1]), "https://a.b": [null] };
    const { id } = await runner.trigger("g", { store: given, inputs });
    expect(runner.inspect(id)?.run.inputs).toEqual(inputs);
  });

  it("keeps inputs out of the store", async () => {
    const { runner, reader } = await open();
    const { id } = await runner.trigger("g", { store: { cursor: "1", batch: "2" }, inputs: { user: "ada" } });
    expect([...reader.scope(`run:${id}`).scope("store").keys()]).not.toContain("user");
  });

  it("takes odd keys as they are", async () => {
    const { runner } = await open();
    const odd = { "https://a.b/c": "1", __proto__x: "2", constructor: "3", "a:b": "4", "🧳": "5" };
    const { done } = await runner.trigger("g", { store: { cursor: "", batch: "", ...odd } });
    expect((await done).store).toMatchObject(odd);
  });

  it("may have an empty store", async () => {
    const { runner } = await open();
    await runner.upsertGraph("plain", graph({ a: "" }));
    expect(await (await runner.trigger("plain")).done).toMatchObject({ outputs: { a: {} }, store: {} });
  });

  it("with an id makes one run, however often it comes", async () => {
    const { runner } = await open();
    const options = { id: "item-7", store: { cursor: "1", batch: "2" } };
    const results = await Promise.allSettled([1, 2, 3].map(() => runner.trigger("g", options)));
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    const { id, done } = await runner.resume("g:item-7");
    expect(id).toBe("g:item-7");
    await done;
    await rejectionOf(runner.trigger("g", options), "CONFLICT");
    for (const id of ["", "a:b", "~a", 5 as never]) await rejectionOf(runner.trigger("g", { ...options, id }), "INVALID_ARGUMENT");
  });

  it("without one makes a new one, which sorts behind those before it", async () => {
    const { runner, clock } = await open();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      ids.push((await runner.trigger("g", { store: { cursor: "1", batch: "2" } })).id);
      clock.advance(1);
    }
    expect(ids).toEqual([...new Set(ids)].sort());
  });
});
