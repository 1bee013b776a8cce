/** Promises of section 2: what is refused, and that the refusal names the place and never the value. */
import { describe, expect, it } from "vitest";
import { HoldallError } from "../../ts/errors.js";
import { encodeValue } from "../../ts/store/values/encode.js";
import { throughBytes } from "./values.support.js";

function refusalOf(value: unknown): HoldallError {
  try {
    encodeValue(value);
  } catch (error) {
    if (error instanceof HoldallError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

class Plain {
  a = 1;
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();

const refused: readonly (readonly [title: string, value: unknown, what: string])[] = [
  ["NaN", Number.NaN, "is not a finite number"],
  ["Infinity", Number.POSITIVE_INFINITY, "is not a finite number"],
  ["-Infinity", Number.NEGATIVE_INFINITY, "is not a finite number"],
  ["a function", () => 1, "is a function"],
  ["a class", Plain, "is a function"],
  ["a symbol", Symbol("secret"), "is a symbol"],
  ["an invalid date", new Date(Number.NaN), "is an invalid date"],
  ["a typed array", new Uint16Array(2), "is a view of bytes other than Uint8Array"],
  ["clamped bytes", new Uint8ClampedArray(2), "is a view of bytes other than Uint8Array"],
  ["a DataView", new DataView(new ArrayBuffer(2)), "is a view of bytes other than Uint8Array"],
  ["an ArrayBuffer", new ArrayBuffer(2), "is an ArrayBuffer, not a Uint8Array"],
  ["a Map", new Map(), "is a Map"],
  ["a Set", new Set(), "is a Set"],
  ["a WeakMap", new WeakMap(), "is an instance of a class without toJSON"],
  ["a boxed number", Object(1), "is an instance of a class without toJSON"],
  ["a boxed string", Object("secret"), "is an instance of a class without toJSON"],
  ["a boxed bigint", Object(1n), "is an instance of a class without toJSON"],
  ["a regular expression", /secret/, "is an instance of a class without toJSON"],
  ["an error", new Error("secret"), "is an instance of a class without toJSON"],
  ["a promise", Promise.resolve(), "is a Promise"],
  ["a class instance", new Plain(), "is an instance of a class without toJSON"],
  ["an heir of a plain object", Object.create({ a: 1 }), "is an instance of a class without toJSON"],
  ["an heir of a bare object", Object.create(Object.create(null)), "is an instance of a class without toJSON"],
  ["a forged date", Object.create(Date.prototype, { toJSON: { value: undefined } }), "is an instance of a class without toJSON"],
  [
    "a forged tag",
    new (class {
      get [Symbol.toStringTag]() {
        return "Date";
      }
    })(),
    "is an instance of a class without toJSON",
  ],
  [
    "a module-like object of a class without a prototype",
    new (class {
      constructor() {
        Object.setPrototypeOf(this, Object.create(null, { constructor: { value: Plain } }));
      }
    })(),
    "is an instance of a class without toJSON",
  ],
  [
    "a throwing getter",
    {
      get toJSON() {
        throw new Error("boom");
      },
    },
    "could not be read",
  ],
  [
    "a throwing toJSON",
    {
      toJSON() {
        throw new Error("boom");
      },
    },
    "could not be read",
  ],
  [
    "a throwing Proxy",
    new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error("boom");
        },
      },
    ),
    "could not be read",
  ],
  ["a revoked Proxy", revoked.proxy, "could not be read"],
  ["a Proxy of a date", new Proxy(new Date(0), {}), "could not be read"],
];

describe("a refusal", () => {
  it.each(refused)("is what %s gets, at the root and below, with its path", (_title, value, what) => {
    for (const [place, path] of [
      [value, "$"],
      [{ items: [0, { n: 1n }, "~", { cb: value }] }, "$.items[3].cb"],
      [[{ "odd key": value }], '$[0]["odd key"]'],
    ] as const) {
      const refusal = refusalOf(place);
      expect(refusal.code).toBe("INVALID_VALUE");
      expect(refusal.message).toBe(`Cannot store this value: ${path} ${what}`);
    }
    expect(encodeValue({ a: ["~"] })).toEqual({ encoding: 6, content: '{"a":["~"]}' });
  });

  it("is what undefined gets at the root, also by toJSON", () => {
    expect(refusalOf(undefined).message).toContain("$ is undefined");
    expect(refusalOf({ toJSON: () => undefined }).message).toContain("$ is undefined");
  });

  it("checks what toJSON gives, and calls no toJSON of that", () => {
    expect(refusalOf([{ toJSON: () => ({ deep: Number.NaN }) }]).message).toContain("$[0].deep is not");
    expect(refusalOf({ toJSON: () => new Map() }).message).toContain("$ is a Map");
    class Same {
      toJSON() {
        return this;
      }
    }
    expect(refusalOf({ a: new Same() }).message).toContain("$.a is an instance");
    expect(refusalOf({ toJSON: () => ({ toJSON: () => 1 }) }).message).toContain("$.toJSON is a function");
    class Endless {
      toJSON() {
        return { more: new Endless() };
      }
    }
    expect(refusalOf(new Endless()).message).toContain("is nested more than 500 deep");
  });

  it("carries as its cause what the value's own code threw, even one of ours", () => {
    const boom = new HoldallError("INVALID_VALUE", "boom");
    const getter = {
      get a() {
        throw boom;
      },
    };
    const refusal = refusalOf({ list: [getter] });
    expect(refusal.message).toContain("$.list[0].a could not be read");
    expect(refusal.cause).toBe(boom);
    const proxy = new Proxy([], {
      get(_target, name) {
        if (name === "length") throw boom;
      },
    });
    expect(refusalOf({ first: [[1]], proxy })).toMatchObject({
      message: expect.stringContaining("$.proxy could not be read"),
      cause: boom,
    });
    const names = new Proxy(
      {},
      {
        ownKeys: () => {
          throw boom;
        },
      },
    );
    expect(refusalOf([{ a: { b: 1 } }, names])).toMatchObject({ message: expect.stringContaining("$[1] could not be read"), cause: boom });
  });

  it("is what thrown nothing gets, too", () => {
    const getter = {
      get a() {
        throw undefined;
      },
    };
    expect(refusalOf(getter).message).toContain("$.a could not be read");
  });

  it("names a cycle's place and its end", () => {
    const root: Record<string, unknown> = { list: [1] };
    const inner: Record<string, unknown> = { root };
    root.list = [1, { inner }];
    expect(refusalOf(root).message).toContain("$.list[1].inner.root is a cycle: it is $ again");
    root.list = [inner];
    inner.root = undefined;
    inner.self = [inner];
    expect(refusalOf(root).message).toContain("$.list[0].self[0] is a cycle: it is $.list[0] again");
    const array: unknown[] = [];
    array.push(array);
    expect(refusalOf(array).message).toContain("$[0] is a cycle: it is $ again");
  });

  it("meets what is nested more than 500 deep, and a hundred thousand, but not 500", () => {
    const nest = (depth: number, wrap: (inner: unknown) => unknown) => {
      let value: unknown = wrap(undefined);
      for (let index = 1; index < depth; index++) value = wrap(value);
      return value;
    };
    for (const wrap of [(inner: unknown) => [inner ?? 1n], (inner: unknown) => ({ a: inner })]) {
      expect(typeof throughBytes(nest(500, wrap))).toBe("object");
      expect(refusalOf(nest(501, wrap)).message).toContain("is nested more than 500 deep");
      expect(refusalOf(nest(100_000, wrap)).message.length).toBeLessThan(600);
    }
  });

  it("meets an array that no text can hold, at once", () => {
    const sparse: unknown[] = [];
    sparse.length = 2 ** 32 - 1;
    expect(refusalOf({ sparse }).message).toContain("$.sparse is too long");
  });

  it("meets detached bytes", () => {
    const bytes = new Uint8Array(4);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(refusalOf(bytes).message).toContain("$ could not be read");
    expect(refusalOf([bytes]).message).toContain("$[0] could not be read");
  });

  it("cuts a long path in the middle, and keeps lone surrogates out", () => {
    const { message } = refusalOf({ start: { [`\ud800${"😀".repeat(5000)}`]: { end: Number.NaN } } });
    expect(message).toMatch(/\$\.start\["\\ud800😀+ … 😀+"\]\.end is not a finite number$/u);
    expect(message.length).toBeLessThan(600);
  });

  it("holds no reference to the value once it is over", () => {
    const cyclic: unknown[] = [];
    cyclic.push([cyclic]);
    refusalOf(cyclic);
    // The next value may contain the last: were its ancestors kept, this would read as a cycle.
    expect(refusalOf([cyclic]).message).toContain("$[0][0][0] is a cycle: it is $[0] again");
    cyclic.length = 0;
    expect(throughBytes([cyclic])).toStrictEqual([[]]);
  });
});
