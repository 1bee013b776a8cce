/**
 * What the golden data of the local backends holds: the same commits, made once by the version that the folder is named after.
 *
 * @module
 */
import type { Operation } from "../../ts/backends/operations.js";
import { put, remove, text } from "../../ts/testing/suites/backend/trial.js";

/** When it was written. */
export const goldenTime = 1_700_000_000_000;

/** The limits of the store. */
export const goldenLimits = { maxEntries: 1_000, maxBytes: 1_000_000 };

/** The commits, one after the other, a second apart. */
export const goldenCommits: readonly (readonly Operation[])[] = [
  [put("plain", "value"), put("", "the empty key"), put("__proto__", "1"), put("gone", "1"), put("s:a", "1"), put("s:b", "1")],
  [put("expires", "soon", 86_400_000), put("later", "2", { deadline: 9_000_000_000_000 }), remove("gone")],
  [
    {
      type: "put",
      key: "😀",
      value: { encoding: 9, bytes: Uint8Array.of(0, 1, 127, 128, 255) },
      ttl: null,
      metadata: { tags: ["a", "é"] },
    },
  ],
  [
    {
      type: "annotate",
      key: "plain",
      metadata: {
        tags: ["t"],
        properties: [
          ["p", text("1")],
          ["q", { encoding: 2, bytes: text("2").bytes }],
        ],
        description: "told",
      },
    },
  ],
  [{ type: "touch", key: "plain", ttl: 172_800_000 }, { type: "clear", prefix: "s:" }, put("s:c", "2")],
];
