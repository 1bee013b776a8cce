/**
 * `node scripts/golden.mjs`: writes the golden files of `tests/golden`, which every later version must read. What is there already is compared and never
 * changed: other bytes mean that a released format has changed, which asks for a new number and a new folder.
 *
 * The JSON lines are written here a second time from the description of the format, not by the code that they test.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { main, Refusal, root, say } from "./lib/run.mjs";
import { build } from "./lib/steps.mjs";

/** The formats that this version writes. */
const formats = { snapshot: 1, lines: 1 };

/** When the entries were written; deadlines are later. */
const now = 1_700_000_000_000;

/** @typedef {import("../dist/index.js").Store} Store */

/** @type {Record<string, { about: string, fill: (store: Store) => void, scope?: string, withoutLines?: boolean }>} */
const contents = {
  empty: { about: "nothing", fill: () => {} },
  encodings: {
    about: "each encoding there is, and values that would betray another reading",
    fill: (store) => {
      const shared = { text: "~d1", list: [1, 2.5, -0.001, 1e21, 1e-7, 5e-324, 123456789012345680000, true, null, "é😀\u2028"] };
      store.setMany([
        ["0 string", "Ada"],
        ["0 string, a byte order mark and a tag", "\ufeff~d1"],
        ["0 string, empty", ""],
        ["1 escaped string", 'a\ud800"\n\udfff'],
        ["2 number", -12.5],
        ["2 number, great", Number.MAX_VALUE],
        ["2 number, safe", Number.MAX_SAFE_INTEGER],
        ["2 number, tiny", 1e-7],
        ["3 boolean", false],
        ["4 null", null],
        ["5 array", [[], {}, ["\ud83d", "\u0000\b\f\n\r\t\u001f\u007f\\/"]]],
        ["6 object", { ...shared, b: 1, 10: 2, 9: 3, "": { ["__proto__"]: "own", "\ud800": 0 } }],
        ["7 date", new Date(-1)],
        ["8 bigint", -123456789012345678901234567890n],
        ["8 bigint, small", 5n],
        ["9 bytes", new Uint8Array([0, 1, 127, 128, 255])],
        ["9 bytes, none", new Uint8Array()],
        ["10 tagged array", ["~", "~~", 2n ** 60n + 1n, { deep: [0n] }]],
        ["11 tagged object", { ...shared, id: 2n ** 64n - 1n }],
        ["12 tagged mutable array", [new Date(8.64e15), new Uint8Array([1]), new Uint8Array([1, 2]), new Uint8Array([1, 2, 3])]],
        ["13 tagged mutable object", { at: new Date(0), id: -1n, "~name": "~" }],
      ]);
    },
  },
  metadata: {
    about: "tags, properties and descriptions, alone and together; keys of every kind",
    fill: (store) => {
      store.set("", "the empty key", { tags: [""] });
      store.set("__proto__", 1, { description: "a key like any other" });
      store.set("https://a.b/c?d=1", 2, { properties: { plain: [1], text: "~" } });
      store.set("user:123", 3, { tags: ["é", "z", "a", "a"], properties: { b: 1, a: { deep: [null] } }, description: "" });
      store.set("user:124", "~", { properties: { at: new Date(1), big: 1n, bytes: new Uint8Array([9]), text: "~x" } });
      store.set("\u{10ffff}", [1n], { tags: ["hot"], description: "~ is nothing here" });
    },
  },
  deadlines: {
    about: "deadlines near and far, and none",
    fill: (store) => {
      store.set("a", 1, { ttl: 1 });
      store.set("b", 2, { ttl: "7d" });
      store.set("c", 3, { ttl: 8.64e15 - now });
      store.set("d", 4);
    },
  },
  scope: {
    about: "the scope `user` of a store, under its short keys",
    scope: "user",
    fill: (store) => {
      store.set("user", "not in the scope");
      store.set("user:", "the empty short key");
      store.set("user:1", { name: "Ada" }, { tags: ["admin"], ttl: 60_000 });
      store.set("user:a:b", [1]);
      store.set("users:1", "nor this");
    },
  },
  thousand: {
    about: "a thousand entries",
    withoutLines: true,
    fill: (store) =>
      store.setMany(Array.from({ length: 1000 }, (_, at) => [`key:${(at * 7919) % 1000}`, at % 2 === 0 ? at : `text ${at}`])),
  },
};

/**
 * A value as tagged JSON (`ts/store/values/encoding.ts`).
 *
 * @param {unknown} value
 * @returns {string}
 */
function tagged(value) {
  if (value instanceof Date) return `"~d${value.getTime()}"`;
  if (typeof value === "bigint") return `"~n${value}"`;
  if (value instanceof Uint8Array) return `"~b${Buffer.from(value).toString("base64")}"`;
  if (typeof value === "string") return JSON.stringify(value.startsWith("~") ? `~${value}` : value);
  if (Array.isArray(value)) return `[${value.map(tagged).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${tagged(inner)}`)}}`;
}

/**
 * What of a value plain JSON cannot hold.
 *
 * @param {unknown} value
 * @returns {"none" | "bigint" | "mutable"}
 */
function tagsOf(value) {
  if (typeof value === "bigint") return "bigint";
  if (value instanceof Date || value instanceof Uint8Array) return "mutable";
  if (typeof value !== "object" || value === null) return "none";
  const inner = Object.values(value).map(tagsOf);
  return inner.find((tags) => tags === "mutable") ?? inner.find((tags) => tags === "bigint") ?? "none";
}

/** Whether a text holds no lone surrogate: under `u`, a paired one is part of another character. */
const isWellFormed = (/** @type {string} */ text) => !/\p{Surrogate}/u.test(text);

/**
 * How a value is stored, told apart from the code that stores it: the number of its encoding, and its bytes as text (those of bytes in base64).
 *
 * @param {unknown} value
 * @returns {{ encoding: number, content: string }}
 */
function stored(value) {
  if (typeof value === "string")
    return isWellFormed(value) ? { encoding: 0, content: value } : { encoding: 1, content: JSON.stringify(value) };
  if (typeof value === "number") return { encoding: 2, content: String(value) };
  if (typeof value === "boolean") return { encoding: 3, content: String(value) };
  if (value === null) return { encoding: 4, content: "null" };
  if (value instanceof Date) return { encoding: 7, content: String(value.getTime()) };
  if (typeof value === "bigint") return { encoding: 8, content: String(value) };
  if (value instanceof Uint8Array) return { encoding: 9, content: Buffer.from(value).toString("base64") };
  const tags = tagsOf(value);
  const encoding = { none: 5, bigint: 10, mutable: 12 }[tags] + (Array.isArray(value) ? 0 : 1);
  return { encoding, content: tags === "none" ? JSON.stringify(value) : tagged(value) };
}

/**
 * What must be read, and the same as JSON lines.
 *
 * @param {Store} view
 */
function describe(view) {
  const entries = [...view.keys()].map((key) => {
    const value = view.get(key);
    const { deadline, tags, properties, description } = /** @type {import("../dist/index.js").Meta} */ (view.meta(key));
    const names = Object.keys(properties);
    const isTagged = [value, ...Object.values(properties)].some((each) => tagsOf(each) !== "none");
    const json = isTagged ? tagged : JSON.stringify;
    const line = [`"key":${JSON.stringify(key)}`, `"value":${json(value)}`];
    const described = [`"key":${JSON.stringify(key)}`, JSON.stringify({ kind: view.kindOf(key), ...stored(value) }).slice(1, -1)];
    if (isTagged) line.push(`"tagged":true`);
    for (const fields of [line, described]) {
      if (deadline !== null) fields.push(`"deadline":${deadline}`);
      if (tags.length > 0) fields.push(`"tags":${JSON.stringify(tags)}`);
    }
    if (names.length > 0) {
      line.push(`"properties":${json(properties)}`);
      described.push(`"properties":${JSON.stringify(Object.fromEntries(names.map((name) => [name, stored(properties[name])])))}`);
    }
    for (const fields of [line, described]) if (description !== null) fields.push(`"description":${JSON.stringify(description)}`);
    return { line: `{${line.join(",")}}\n`, described: `{${described.join(",")}}` };
  });
  return { lines: entries.map(({ line }) => line).join(""), described: entries.map(({ described }) => described) };
}

/**
 * Writes a file that is not there; refuses to change one that is.
 *
 * @param {string} path
 * @param {string | Uint8Array} content
 */
function keep(path, content) {
  const file = join(root, "tests", "golden", path);
  const bytes = Buffer.from(content);
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    say(`${relative(root, file)}: written`);
  } else if (readFileSync(file).equals(bytes)) say(`${relative(root, file)}: the same`);
  else throw new Refusal(`${relative(root, file)} would change. A format that was released never does: give the new one a new number.`);
}

await main(async () => {
  await build();
  const { createStore } = await import("../dist/index.js");
  const { manualClock } = await import("../dist/testing/index.js");
  for (const [name, { about, fill, scope, withoutLines = false }] of Object.entries(contents)) {
    const store = createStore({ clock: manualClock(now) });
    fill(store);
    const view = scope === undefined ? store : store.scope(scope);
    const { lines, described } = describe(view);
    const entries = described.map((entry) => `\n    ${entry}`).join(",");
    keep(`${name}.json`, `{\n  "about": ${JSON.stringify(about)},\n  "now": ${now},\n  "entries": [${entries}${entries && "\n  "}]\n}\n`);
    keep(`snapshot-${formats.snapshot}/${name}.bin`, view.snapshot());
    if (!withoutLines) keep(`lines-${formats.lines}/${name}.jsonl`, lines);
  }
});
