/** Promises of contract 10 for forged snapshots, whose checksum is right: refused, or restored so that what cannot be read is refused by a code. */
import { describe, expect, it } from "vitest";
import { createStore } from "../../ts/index.js";
import { errorOf, expectError, picture, timedStore } from "./support.js";

const mask = (1n << 64n) - 1n;
const primes: readonly bigint[] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];
const [p1, p2, p3, p4, p5] = primes as [bigint, bigint, bigint, bigint, bigint];
const rotate = (value: bigint, by: bigint) => ((value << by) | (value >> (64n - by))) & mask;
const round = (into: bigint, lane: bigint) => (rotate((into + lane * p2) & mask, 31n) * p1) & mask;

/** XXH64 with seed 0, as its specification has it. */
function xxh64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = p5;
  if (bytes.length >= 32) {
    let lanes = [p1 + p2, p2, 0n, -p1].map((lane) => lane & mask);
    for (; at + 32 <= bytes.length; at += 32) lanes = lanes.map((lane, n) => round(lane, view.getBigUint64(at + 8 * n, true)));
    hash = lanes.reduce((sum, lane, n) => sum + rotate(lane, [1n, 7n, 12n, 18n][n] as bigint), 0n) & mask;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * p1 + p4) & mask;
  }
  hash = (hash + BigInt(bytes.length)) & mask;
  for (; at + 8 <= bytes.length; at += 8) hash = (rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4) & mask;
  if (at + 4 <= bytes.length) {
    hash = (rotate(hash ^ ((BigInt(view.getUint32(at, true)) * p1) & mask), 23n) * p2 + p3) & mask;
    at += 4;
  }
  for (; at < bytes.length; at++) hash = (rotate(hash ^ ((BigInt(bytes[at] as number) * p5) & mask), 11n) * p1) & mask;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}

const encoder = new TextEncoder();
const numbers = (size: 1 | 2 | 4 | 8) => (value: number | bigint) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return [...bytes.subarray(0, size)];
};
const [u16, u32, u64] = [numbers(2), numbers(4), numbers(8)];
const bytesOf = (text: string | readonly number[]) => (typeof text === "string" ? [...encoder.encode(text)] : [...text]);
const long = (text: string | readonly number[]) => [...u32(bytesOf(text).length), ...bytesOf(text)];
const never = (1n << 64n) - 1n;

interface Forged {
  readonly key?: string | readonly number[];
  readonly encoding?: number;
  readonly value?: string | readonly number[];
  readonly deadline?: number | bigint;
  readonly tags?: readonly (string | readonly number[])[];
  readonly properties?: readonly (readonly [string, number, string])[];
  readonly description?: readonly number[];
}

const entry = ({ key = "k", encoding = 0, value = "v", deadline = never, tags = [], properties = [], description = [0] }: Forged = {}) => [
  ...u16(bytesOf(key).length),
  ...bytesOf(key),
  encoding,
  ...long(value),
  ...u64(deadline),
  ...u32(tags.length),
  ...tags.flatMap(long),
  ...u32(properties.length),
  ...properties.flatMap(([name, how, content]) => [...long(name), how, ...long(content)]),
  ...description,
];

/** A snapshot with a right checksum. */
function forge(entries: readonly (readonly number[])[], { format = 1, count = entries.length, tail = [] as number[] } = {}): Uint8Array {
  const content = Uint8Array.from([...bytesOf("HOLDALL\0"), ...u32(format), ...u32(count), ...entries.flat(), ...tail]);
  return Uint8Array.from([...content, ...u64(xxh64(content))]);
}

describe("a forged snapshot", () => {
  it("is what a store writes, where it is sound", () => {
    const { store } = timedStore();
    store.set("a", "text", { ttl: 500, tags: ["t", "u"], properties: { p: 1 }, description: "d" });
    store.set("b".repeat(40), "x".repeat(100));
    const a = {
      key: "a",
      value: "text",
      deadline: 1500,
      tags: ["t", "u"],
      properties: [["p", 2, "1"]],
      description: [1, ...long("d")],
    } as const;
    expect(store.snapshot()).toEqual(forge([entry(a), entry({ key: "b".repeat(40), value: "x".repeat(100) })]));
    expect(createStore().snapshot()).toEqual(forge([]));
  });

  const refused: [string, Uint8Array, "INVALID_SNAPSHOT" | "FORMAT_TOO_NEW"][] = [
    ["a later format", forge([entry()], { format: 2 }), "FORMAT_TOO_NEW"],
    ["format zero", forge([entry()], { format: 0 }), "INVALID_SNAPSHOT"],
    ["keys out of order", forge([entry({ key: "b" }), entry({ key: "a" })]), "INVALID_SNAPSHOT"],
    ["a key twice", forge([entry(), entry()]), "INVALID_SNAPSHOT"],
    ["a key that is too long", forge([entry({ key: "k".repeat(1025) })]), "INVALID_SNAPSHOT"],
    ["a key that is no UTF-8", forge([entry({ key: [0xed, 0xa0, 0x80] })]), "INVALID_SNAPSHOT"],
    ["a tag that is no UTF-8", forge([entry({ tags: [[0xff]] })]), "INVALID_SNAPSHOT"],
    ["a deadline beyond the last", forge([entry({ deadline: 8_640_000_000_000_001n })]), "INVALID_SNAPSHOT"],
    ["a description that neither is nor is not", forge([entry({ description: [2] })]), "INVALID_SNAPSHOT"],
    ["fewer entries than it says", forge([entry()], { count: 2 }), "INVALID_SNAPSHOT"],
    ["more entries than it says", forge([entry(), entry({ key: "l" })], { count: 1 }), "INVALID_SNAPSHOT"],
    ["a count that no memory holds", forge([entry()], { count: 2 ** 32 - 1 }), "INVALID_SNAPSHOT"],
    ["a value that goes beyond the end", forge([[...u16(1), 107, 0, ...u32(2 ** 32 - 1)]]), "INVALID_SNAPSHOT"],
    ["tags that no memory holds", forge([[...entry().slice(0, -9), ...u32(2 ** 32 - 1)]]), "INVALID_SNAPSHOT"],
    ["something behind its entries", forge([entry()], { tail: [0] }), "INVALID_SNAPSHOT"],
  ];

  it.each(refused)("with %s is refused with nothing changed", (_, bytes, code) => {
    const { store } = timedStore();
    store.set("here", 1, { tags: ["t"] });
    const before = picture(store);
    expectError(() => store.restore(bytes), code);
    expectError(() => store.scope("s").restore(bytes), code);
    expect(picture(store)).toEqual(before);
  });

  it("with values that nobody can read is refused by a code when they are read, and disturbs nothing else", () => {
    for (const damaged of [
      { encoding: 14 },
      { encoding: 254 },
      { encoding: 255 },
      { encoding: 2, value: "1e999" },
      { encoding: 6, value: "[]" },
      { encoding: 7, value: "soon" },
      { encoding: 0, value: [0xff] },
    ] as Forged[]) {
      const { store } = timedStore();
      expect(store.restore(forge([entry({ key: "a" }), entry({ key: "k", ...damaged }), entry({ key: "z" })]))).toBe(3);
      expect([[...store.keys()], store.get("a"), store.get("z"), store.size]).toEqual([["a", "k", "z"], "v", "v", 3]);
      if (damaged.encoding !== 0) {
        for (const read of [() => store.get("k"), () => [...store.entries()], () => [...store.export()], () => store.getMutable("k")]) {
          expect(errorOf(read)).toMatchObject({ code: "INVALID_VALUE" });
        }
      }
      const told: unknown[] = [];
      store.delete("k");
      store.watch(({ key }) => told.push(key));
      store.set("z", 1);
      expect([told, [...store.export()].length]).toEqual([["z"], 2]);
    }
  });

  it("with tags in disorder, or twice, or properties twice restores them in order, once", () => {
    const { store } = timedStore();
    store.restore(
      forge([
        entry({
          tags: ["b", "a", "b"],
          properties: [
            ["p", 2, "1"],
            ["p", 2, "2"],
          ],
        }),
      ]),
    );
    expect(store.meta("k")).toMatchObject({ tags: ["a", "b"], properties: { p: 2 } });
    expect([...store.find({ allTags: ["a", "b"] })]).toEqual(["k"]);
  });
});
