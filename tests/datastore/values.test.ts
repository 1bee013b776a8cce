/** Promises of contract 14: values travel as plain JSON; what is not is refused with its place, and what comes from others is read or shown. */
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deserialize, HoldallError, InvalidPayloadError, serialize } from "../../ts/datastore/index.js";

function errorOf(call: () => unknown): HoldallError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(HoldallError);
    return error as HoldallError;
  }
  throw new Error("nothing was thrown");
}

describe("serialize", () => {
  it("writes any JSON as JSON.stringify does, and deserialize reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = serialize(value);
        expect(text).toBe(JSON.stringify(value));
        expect(deserialize(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("leaves out and fills in undefined as JSON does, and takes objects of other realms", () => {
    // biome-ignore lint/suspicious/noSparseArray: a place without an element is what this is about
    expect(serialize({ a: undefined, b: [undefined, , 1] })).toBe('{"b":[null,null,1]}');
    expect(serialize(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
    expect(serialize(runInNewContext("({ a: [1] })"))).toBe('{"a":[1]}');
    expect(serialize(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
    expect(serialize(-0)).toBe("0");
  });

  const cycle: unknown[] = [];
  cycle.push({ cycle });
  const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
  class Order {}
  it.each<[unknown, string]>([
    [undefined, "$ is undefined"],
    [() => 1, "$ is a function"],
    [{ cb: () => 1 }, "$.cb is a function"],
    [[Symbol("s")], "$[0] is a symbol"],
    [{ a: { b: 1n } }, "$.a.b is a bigint"],
    [[1, Number.NaN], "$[1] is NaN"],
    [{ "odd key": Number.NEGATIVE_INFINITY }, '$["odd key"] is -Infinity'],
    [{ at: new Date(0) }, "$.at has a toJSON"],
    [new Map(), "$ is a Map"],
    [[new Set()], "$[0] is a Set"],
    [new Uint8Array(2), "$ is a Uint8Array"],
    [new Order(), "$ is an instance of a class"],
    [{ toJSON: () => 1 }, "$ has a toJSON"],
    [new Number(1), "$ is a Number"],
    [/x/, "$ is a RegExp"],
    [cycle, "contains itself"],
    [deep(501), "lies deeper than 500"],
  ])("refuses what is not plain JSON: %#", (value, message) => {
    const error = errorOf(() => serialize(value));
    expect([error.code, error.message]).toEqual(["INVALID_VALUE", expect.stringContaining(message)]);
  });

  it("takes what lies as deep as it may", () => {
    expect(deserialize(serialize(deep(500)))).toEqual(deep(500));
  });
});

describe("deserialize", () => {
  it.each(["", "{", "undefined", "NaN", "plain text", "{'a':1}", '{"a":1}x'])("refuses %j, and shows it as raw only", (text) => {
    const error = errorOf(() => deserialize(text)) as InvalidPayloadError;
    expect(error).toBeInstanceOf(InvalidPayloadError);
    expect([error.code, error.name, error.raw]).toEqual(["INVALID_PAYLOAD", "InvalidPayloadError", text]);
    if (text.length > 3) expect(`${inspect(error)} ${error.message}`).not.toContain(text);
  });
});
