/**
 * Whether what is in a store of runs, at any moment, is whole, and agrees with what was executed.
 *
 * @module
 */
import { expect } from "vitest";
import type { Backend } from "../../../ts/backends/backend.js";
import { openStore, type Reader } from "../../../ts/index.js";
import type { NodeRecord, RunRecord } from "../../../ts/workflow/index.js";
import { backendAt, type Place } from "./place.js";
import { readJournal } from "./processes.js";
import { completes, hooks, skips } from "./thirty.js";

/** What is known of one run. */
export interface Trail {
  /** The run's record. */
  readonly status: RunRecord["status"];
  /** The marks of what has completed, by instance. */
  readonly marks: ReadonlyMap<string, string>;
}

/** Opens the store at a place as a bystander, and looks at it. */
export async function lookingAt<T>(place: Place, look: (reader: Reader) => T, backend: Backend = backendAt(place)): Promise<T> {
  try {
    const store = await openStore({ backend });
    const seen = look(store.reader());
    await store.close();
    return seen;
  } finally {
    await backend.close();
  }
}

/** The ids of the runs that there are. */
export function runsIn(reader: Reader): string[] {
  return [...reader.keys({ prefix: "run:thirty:" })].flatMap((key) => /^run:thirty:([^:]+):run$/.exec(key)?.[1] ?? []);
}

/** Checks that a run is whole as it stands: a node has completed with its output and all of its writes, or has left nothing. */
export function expectWhole(reader: Reader, id: string): Trail {
  const run = reader.scope("run").scope("thirty").scope(id);
  const { status } = run.getOrThrow<RunRecord>("run");
  const store = run.scope("store");
  const marks = new Map<string, string>();
  const seen = new Set<string>();
  for (const [instance, record] of run.scope("node").entries<NodeRecord>()) {
    if (record.status !== "completed") continue;
    seen.add(instance);
    const output = run.getOrThrow(`${instance}_output`);
    marks.set(instance, String(Array.isArray(output) ? output[0] : output));
  }
  expect(new Set([...run.keys()].flatMap((key) => /^(.+)_output$/.exec(key)?.[1] ?? []))).toEqual(seen);
  // With its last commit a run gives up its store.
  if (status === "completed") return { status, marks };
  for (const side of ["left", "right"]) {
    const written = [...store.entries({ prefix: `${side} ` })].map(([key, mark]) => [key.slice(side.length + 1), mark]);
    expect(new Map(written as [string, string][]), `what is on the ${side} of ${id}`).toEqual(marks);
  }
  expect(store.get("completed") ?? 0).toBe(marks.size);
  for (const [key, count] of store.entries({ prefix: "hook " })) expect([hooks.includes(key.slice(5)), count]).toEqual([true, 1]);
  return { status, marks };
}

/** Checks a run that has come to its end: all is there, and each node was executed for the last time when it completed. */
export function expectDone(reader: Reader, id: string, journal: string): void {
  const { status, marks } = expectWhole(reader, id);
  expect([id, status]).toEqual([id, "completed"]);
  expect(new Set(marks.keys())).toEqual(new Set(completes));
  const records = new Map(reader.scope("run").scope("thirty").scope(id).scope("node").entries<NodeRecord>());
  expect(skips.map((node) => records.get(node)?.status)).toEqual(skips.map(() => "skipped"));
  expect(records.size).toBe(completes.length + skips.length);
  for (const { hooks: left } of records.values()) expect(left).toBeUndefined();
  expectLast(id, marks, journal);
}

/** Checks that no node was executed again after the execution that counted. */
export function expectLast(id: string, marks: ReadonlyMap<string, string>, journal: string): void {
  const last = new Map<string, string>();
  for (const { run, instance, mark } of readJournal(journal)) if (run === `thirty:${id}`) last.set(instance, mark);
  for (const [instance, mark] of marks) expect([instance, last.get(instance)]).toEqual([instance, mark]);
}
