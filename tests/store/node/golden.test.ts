/**
 * The golden files of `tests/golden`: what an earlier version wrote is read for ever, and written again as the same bytes. The crate's own test
 * (`tests/golden.rs`) reads the same files. Here too: damaged snapshots are refused with nothing changed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createStore, type Store } from "../../../ts/index.js";
import { manualClock } from "../../../ts/testing/index.js";
import { errorOf, expectError, picture } from "../support.js";

const golden = new URL("../../golden/", import.meta.url);

/** A value as it is stored: the number of its encoding, and its bytes as text (those of bytes in base64). */
interface Stored {
  readonly encoding: number;
  readonly content: string;
}

interface Described extends Stored {
  readonly key: string;
  readonly kind: string;
  readonly deadline?: number;
  readonly tags?: string[];
  readonly properties?: Record<string, Stored>;
  readonly description?: string;
}

interface Description {
  readonly now: number;
  readonly entries: Described[];
}

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

/** What tagged JSON stands for, read apart from the code under test. */
function untagged(_name: string, value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("~")) return value;
  const content = value.slice(2);
  switch (value[1]) {
    case "d":
      return new Date(Number(content));
    case "n":
      return BigInt(content);
    case "b":
      return bytesOf(content);
    default:
      return value.slice(1);
  }
}

function described({ encoding, content }: Stored): unknown {
  switch (encoding) {
    case 0:
      return content;
    case 7:
      return new Date(Number(content));
    case 8:
      return BigInt(content);
    case 9:
      return bytesOf(content);
    default:
      return JSON.parse(content, encoding >= 10 ? untagged : undefined);
  }
}

/** The files of a folder with their descriptions. */
function filesOf(folder: string): { name: string; bytes: Uint8Array; description: Description }[] {
  return readdirSync(new URL(folder, golden)).map((file) => {
    const name = file.replace(/\.\w+$/, "");
    const description = JSON.parse(readFileSync(new URL(`${name}.json`, golden), "utf8")) as Description;
    return { name, bytes: new Uint8Array(readFileSync(new URL(`${folder}/${file}`, golden))), description };
  });
}

/** Expects a view to hold what is described, and nothing else. */
function expectDescribed(view: Store, { entries }: Description): void {
  expect([...view.keys()]).toEqual(entries.map(({ key }) => key));
  for (const { key, kind, deadline, tags, properties, description, ...stored } of entries) {
    expect(view.kindOf(key), key).toBe(kind);
    const value = view.get(key);
    expect(value, key).toEqual(described(stored));
    // The order of properties, which `toEqual` does not look at; plain JSON shows it.
    if (stored.encoding === 6) expect(JSON.stringify(value), key).toBe(stored.content);
    const expected = Object.fromEntries(Object.entries(properties ?? {}).map(([name, each]) => [name, described(each)]));
    expect(view.meta(key), key).toMatchObject({ deadline: deadline ?? null, tags: tags ?? [], description: description ?? null });
    expect(view.meta(key)?.properties, key).toEqual(expected);
  }
}

describe("snapshots of format 1 are read for ever", () => {
  const files = filesOf("snapshot-1");

  test("they are there", () => {
    expect(files.map(({ name }) => name)).toEqual(["deadlines", "empty", "encodings", "metadata", "scope", "thousand"]);
  });

  test.each(files)("$name: what it holds, and the same bytes again", ({ bytes, description }) => {
    const whole = createStore({ clock: manualClock(description.now) });
    for (const view of [whole, whole.scope("within")]) {
      whole.clear();
      expect(view.restore(bytes)).toBe(description.entries.length);
      expectDescribed(view, description);
      expect(Buffer.from(view.snapshot()).equals(bytes)).toBe(true);
    }
  });

  test.each(files)("$name: values that are read and set again are the same bytes", ({ bytes, description }) => {
    const store = createStore({ clock: manualClock(description.now) });
    store.restore(bytes);
    for (const key of [...store.keys()]) store.set(key, store.getMutable(key) as never, { keepTtl: true });
    expect(Buffer.from(store.snapshot()).equals(bytes)).toBe(true);
  });
});

describe("damaged snapshots", () => {
  const small = filesOf("snapshot-1").find(({ name }) => name === "scope") as { bytes: Uint8Array };
  const { bytes } = small;

  /** A store with something in it, which must be as it was after each refusal. */
  function refusals(damaged: Iterable<Uint8Array>): Set<unknown> {
    const store = createStore({ clock: manualClock(0) });
    store.set("old", "kept", { tags: ["t"] });
    const before = JSON.stringify(picture(store));
    const codes = new Set<unknown>();
    for (const each of damaged) {
      codes.add((errorOf(() => store.restore(each)) as { code?: unknown } | undefined)?.code);
      expect(JSON.stringify(picture(store))).toBe(before);
    }
    return codes;
  }

  test("every truncation is refused, and nothing has changed", () => {
    const truncated = Array.from(bytes, (_, length) => bytes.slice(0, length));
    expect([...refusals(truncated)]).toEqual(["INVALID_SNAPSHOT"]);
  });

  test("every flip of a bit is refused, and nothing has changed", () => {
    const flipped = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const copy = bytes.slice();
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      return copy;
    });
    expect([...refusals(flipped)].sort()).toEqual(["FORMAT_TOO_NEW", "INVALID_SNAPSHOT"]);
  });

  test("a later format is FORMAT_TOO_NEW", () => {
    const newer = bytes.slice();
    newer[8] = 2;
    expectError(() => createStore().restore(newer), "FORMAT_TOO_NEW");
  });
});
