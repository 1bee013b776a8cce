/** Promises of contract 2 on `getAs`: it gives a value of a kind or of a schema, and tells NOT_FOUND from TYPE_MISMATCH. */
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createStore, NotFoundError, SchemaError, type StandardSchema, type Value, type ValueKind } from "../../ts/index.js";
import { errorOf, expectError, timedStore } from "./support.js";

const values: Record<ValueKind, Value> = {
  string: "5",
  number: 5,
  boolean: false,
  null: null,
  array: [],
  object: {},
  date: new Date(5),
  bigint: 5n,
  bytes: new Uint8Array([5]),
};
const kinds = Object.keys(values) as ValueKind[];

describe("getAs of a kind", () => {
  it.each(kinds)("gives a value of the kind %s, and refuses those of all others", (kind) => {
    const store = createStore();
    const scope = store.scope("s");
    for (const other of kinds) {
      store.set("s:k", values[other]);
      for (const view of [scope, scope.reader()]) {
        if (other === kind) expect(view.getAs("k", kind)).toEqual(values[kind]);
        else expect(expectError(() => view.getAs("k", kind), "TYPE_MISMATCH", kind)).toMatchObject({ key: "k", scope: "s" });
      }
    }
  });

  it("goes by what is stored, as kindOf does", () => {
    const store = createStore();
    for (const value of [Object.assign([1], {}), { a: 1n }, [new Date(5)], "\ud800", { at: new Date(5) }]) {
      store.set("k", value);
      expect(store.getAs("k", store.kindOf("k") as ValueKind)).toEqual(value);
    }
  });

  it("tells what is missing, or expired, by NOT_FOUND", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 5 });
    clock.advance(5);
    expect(expectError(() => store.getAs("missing", "number"), "NOT_FOUND")).toBeInstanceOf(NotFoundError);
    expect(expectError(() => store.getAs("k", z.number()), "NOT_FOUND")).toMatchObject({ expired: true });
  });

  it("refuses what is neither a kind nor a schema", () => {
    const store = createStore();
    store.set("k", 1);
    for (const kind of ["text", "", "toString", "undefined"])
      expectError(() => store.getAs("k", kind as never), "INVALID_ARGUMENT", "kind");
    for (const schema of [undefined, null, 5, {}, { "~standard": {} }, { "~standard": null }, () => 1])
      expectError(() => store.getAs("k", schema as never), "INVALID_ARGUMENT", "schema");
    expectError(() => store.getAs(5 as never, "number"), "INVALID_KEY");
  });
});

const schemas: [string, StandardSchema<unknown, { name: string; role: string; tags: string[] }>][] = [
  ["zod", z.object({ name: z.string(), role: z.string().default("guest"), tags: z.array(z.string()).default([]) })],
  ["valibot", v.object({ name: v.string(), role: v.optional(v.string(), "guest"), tags: v.optional(v.array(v.string()), () => []) })],
] as never;

describe.each(schemas)("getAs of a schema of %s", (_name, schema) => {
  it("gives the value as the schema does, frozen, and the same until the entry changes", () => {
    const store = createStore();
    store.set("k", { name: "Ada" });
    const value = store.getAs("k", schema);
    expect(value).toEqual({ name: "Ada", role: "guest", tags: [] });
    expect([store.getAs("k", schema), store.reader().getAs("k", schema)].every((again) => again === value)).toBe(true);
    expect([Object.isFrozen(value), Object.isFrozen(value.tags)]).toEqual([true, true]);
    expect(store.get("k")).toEqual({ name: "Ada" });
    store.set("k", { name: "Grace", tags: ["t"] });
    expect(store.getAs("k", schema)).toEqual({ name: "Grace", role: "guest", tags: ["t"] });
  });

  it("refuses what does not pass with TYPE_MISMATCH: the places in the message, what the schema says in issues, no value in sight", () => {
    const store = createStore();
    const secret = "s3cret";
    store.scope("s").set("k", { name: 5, role: [secret], tags: [secret, 1, { secret }] });
    const error = expectError(() => store.scope("s").getAs("k", schema), "TYPE_MISMATCH", "$.name, $.role, $.tags[1]") as SchemaError;
    expect(error).toBeInstanceOf(SchemaError);
    expect([error.key, error.scope, error.issues.length, error.message]).toEqual(["k", "s", 4, expect.stringContaining("1 more")]);
    for (const issue of error.issues) expect(issue.message).toBeTypeOf("string");
    expect(`${error.message} ${JSON.stringify(error)} ${Object.keys(error)}`).not.toContain(secret);
    expect(Object.keys(error)).not.toContain("issues");
    expect(store.getAs("s:k", "object")).toBe(store.get("s:k"));
  });
});

describe("getAs of a schema", () => {
  it("may make another type of it", () => {
    const store = createStore();
    store.set("k", "12");
    store.set("list", [1, 2]);
    expect(store.getAs("k", z.string().transform(Number))).toBe(12);
    const set = z.array(z.number()).transform((list) => new Set(list));
    const [first, second] = [store.getAs("list", set), store.getAs("list", set)];
    expect([first, second]).toEqual([new Set([1, 2]), new Set([1, 2])]);
    expect(first).not.toBe(second);
  });

  it("gives each caller a value of his own where it holds what cannot be frozen", () => {
    const store = createStore();
    const schema = z.object({ at: z.date() });
    store.set("k", { at: new Date(5) });
    store.getAs("k", schema).at.setTime(6);
    expect(store.getAs("k", schema).at.getTime()).toBe(5);
    store.set("text", { at: "1970-01-01T00:00:00.005Z" });
    const parsed = z.object({ at: z.coerce.date() });
    store.getAs("text", parsed).at.setTime(6);
    expect(store.getAs("text", parsed).at.getTime()).toBe(5);
  });

  it("freezes nothing of the schema's own", () => {
    const fallback = { list: [1] };
    const schema = z.object({}).transform(() => ({ a: fallback }));
    const store = createStore();
    store.set("k", {});
    expect(store.getAs("k", schema)).toEqual({ a: { list: [1] } });
    expect([Object.isFrozen(fallback), Object.isFrozen(fallback.list)]).toEqual([false, false]);
  });

  it("asks the schema once for a value, while the memo holds it", () => {
    const store = createStore();
    let calls = 0;
    const schema = z.object({ a: z.number() }).refine(() => {
      calls += 1;
      return true;
    });
    store.set("k", { a: 1 });
    for (let round = 0; round < 5; round++) store.getAs("k", schema);
    expect(calls).toBe(1);
    store.set("k", { a: 1 });
    store.getAs("k", schema);
    expect(calls).toBe(2);
  });

  it("refuses a schema that answers by a promise, and lets pass what one throws", async () => {
    const store = createStore();
    store.set("k", 1);
    const rejecting: StandardSchema = {
      "~standard": { version: 1, vendor: "own", validate: () => Promise.reject(new Error("never heard")) },
    };
    for (const schema of [
      z.number().refine(async () => true),
      v.pipeAsync(
        v.number(),
        v.checkAsync(async () => true),
      ),
      rejecting,
    ]) {
      expectError(() => store.getAs("k", schema), "INVALID_ARGUMENT", "schema");
    }
    const mine = new Error("mine");
    const throwing = v.pipe(
      v.number(),
      v.check(() => {
        throw mine;
      }),
    );
    expect(errorOf(() => store.getAs("k", throwing))).toBe(mine);
    // A rejection that nobody hears would fail this run.
    await new Promise((resolve) => setTimeout(resolve));
  });

  it("takes schemas that are functions, and paths of any kind", () => {
    const store = createStore();
    store.set("k", { a: 1 });
    const issues = [{ message: "m", path: ["a", { key: "odd key" }, 0, Symbol("s")] }, { message: "m" }, { message: "m", path: undefined }];
    const schema = Object.assign(() => 1, { "~standard": { version: 1 as const, vendor: "own", validate: () => ({ issues }) } });
    expect((expectError(() => store.getAs("k", schema), "TYPE_MISMATCH", '$.a["odd key"][0]["Symbol(s)"], $') as SchemaError).issues).toBe(
      issues,
    );
  });

  it("may say of a value that it does not pass, and nothing of use beyond", () => {
    const store = createStore();
    store.set("k", 1);
    const place = { [Symbol.toPrimitive]: () => "place" };
    for (const issues of [[], [null], ["text"], [{ path: 5 }], [{ path: "text" }], [{ path: { a: 1 } }], [{ path: [null, {}] }]]) {
      const schema: unknown = { "~standard": { version: 1, vendor: "own", validate: () => ({ issues }) } };
      expect(expectError(() => store.getAs("k", schema as StandardSchema), "TYPE_MISMATCH").message).toMatch(/ at \$$/);
    }
    const schema: unknown = {
      "~standard": { version: 1, vendor: "own", validate: () => ({ issues: [{ path: [1n, true, { key: place }] }] }) },
    };
    expectError(() => store.getAs("k", schema as StandardSchema), "TYPE_MISMATCH", '$["1"].true.place');
  });
});
